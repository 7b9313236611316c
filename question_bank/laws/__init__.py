"""Law sources, their versions and articles."""
