"""Guessed passwords: counted, and slowed down."""
