"""The office decides on filings: recorded, or returned with a reason."""
