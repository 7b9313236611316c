"""Remarks of reviewers on a line of a question, and what became of them."""
