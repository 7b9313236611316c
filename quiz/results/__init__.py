"""Results, with key and explanation once they are released."""
