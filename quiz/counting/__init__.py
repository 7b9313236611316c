"""Which try of a round counts, and what it posts to the ledger of points."""
