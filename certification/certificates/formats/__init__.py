"""Certificates as files."""
