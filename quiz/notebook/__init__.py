"""The notebook of wrong answers, which come back when they are about to be forgotten."""
