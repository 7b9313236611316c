"""Attempts that a corrected key touches, and marking them anew, each once for a correction."""
