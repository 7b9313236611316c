"""What the list of questions is narrowed by, and filters that are kept under a name."""
