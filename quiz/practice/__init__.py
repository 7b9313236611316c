"""Practice: by topic and from the notebook, explained after each answer."""
