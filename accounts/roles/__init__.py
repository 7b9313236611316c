"""Roles that people hold, scoped to units."""
