"""Training sessions and attendance."""
