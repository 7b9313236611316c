"""The last step of setting an exam: checked, then published once."""
