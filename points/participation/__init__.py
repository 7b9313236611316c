"""Who counts in a period, with what they earned for it."""
