"""Standing by unit: shares, the people of a unit, who is behind."""
