"""Exams: blueprint, audience, publishing."""
