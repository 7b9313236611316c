"""What happens by itself: jobs declared in code, each slot claimed once in the database."""
