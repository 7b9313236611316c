"""Exams and the certificates they lead to."""
