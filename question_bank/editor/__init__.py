"""Writing and changing a question, with a preview as the candidate will see it."""
