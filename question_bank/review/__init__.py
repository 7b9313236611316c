"""Review: how a version of a question moves from draft to approved, and who may decide."""
