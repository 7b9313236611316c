"""Everything about one person, in time order."""
