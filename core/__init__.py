"""What every feature stands on: database, clock, errors, permissions, forms, audit, jobs."""
