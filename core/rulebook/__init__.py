"""The figures that the office may change from a date on; a change never rewrites the past."""
