"""How sittings end: closing, scoring, releasing, voiding."""
