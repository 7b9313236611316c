"""The made-up city goes on: filings, transfers, rounds, points."""
