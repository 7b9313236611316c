"""Tools for those who work on Shanggang."""
