"""The story of the made-up city: bank, training, exams and certificates."""
