"""The city at a glance, and what waits for the office."""
