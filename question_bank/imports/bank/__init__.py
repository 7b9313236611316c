"""What the bank holds of the questions of a file."""
