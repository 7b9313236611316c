"""How far people have come with rounds."""
