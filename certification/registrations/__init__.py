"""Registrations with the leading office, and the one-year hold."""
