"""Pictures in questions: uploaded, made anew, and shown to those who may see a question with them."""
