"""The ledger of points: entries, never a counter."""
