"""Home pages that answer: what now?."""
