"""What every step of a transfer tests, states, claims and notes."""
