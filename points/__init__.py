"""Points: a ledger, its periods, what they come to."""
