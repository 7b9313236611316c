"""The made-up city of the demo: units and people."""
