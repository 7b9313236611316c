"""What a member of staff sees of exams before sitting: which, when, and whether they may start."""
