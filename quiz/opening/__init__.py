"""Plans of rounds, and the rounds that they open."""
