"""Acts that need two people."""
