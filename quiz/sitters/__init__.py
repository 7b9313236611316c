"""Who sits a round, how far each has come, and voiding a try at it."""
