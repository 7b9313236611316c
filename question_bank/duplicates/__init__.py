"""Questions that say the same, nearly the same, or contradict each other (查重)."""
