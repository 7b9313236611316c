"""Questions, their versions and review."""
