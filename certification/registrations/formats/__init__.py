"""The form of the notice as files."""
