"""On target or short, per person, unit and period."""
