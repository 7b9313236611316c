"""The starter bank: questions of our own on the law of government openness."""
