"""One change to many questions: topic, difficulty, pool."""
