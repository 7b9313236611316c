"""Answers as they are stored, and what was refused, kept as evidence."""
