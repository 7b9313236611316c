"""Questions on their way out of the bank."""
