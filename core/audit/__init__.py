"""The audit trail: who did what, when, from where; in the same transaction, hash-chained."""
