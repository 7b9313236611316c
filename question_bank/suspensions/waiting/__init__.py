"""The list of questions in doubt, as reviewers and editors see it."""
