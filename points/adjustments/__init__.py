"""Corrections by the office, which take two people."""
