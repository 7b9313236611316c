"""Keys that were corrected after a version had been used: two people decide, the version stays."""
