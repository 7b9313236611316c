"""One version of a law after another: what became of each article."""
