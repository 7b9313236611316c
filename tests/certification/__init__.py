"""Tests of exams and certificates."""
