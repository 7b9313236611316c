"""Sittings: occasions, papers, attempts, grading."""
