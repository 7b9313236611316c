"""Who sits an exam as the office sees it, and what the office decides about them."""
