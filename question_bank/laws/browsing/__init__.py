"""Laws as pages list them: versions, articles, the questions on each, and the gaps."""
