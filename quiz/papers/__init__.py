"""Papers drawn from a frozen pool by a stored seed."""
