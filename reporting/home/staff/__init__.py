"""What staff find on their first page."""
