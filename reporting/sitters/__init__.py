"""Made-up people who sit papers."""
