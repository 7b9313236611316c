"""Statistics of questions and exams over first tries."""
