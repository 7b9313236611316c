"""Letting key, explanation and article be seen."""
