"""Uploaded question files: preview, then all or nothing."""
