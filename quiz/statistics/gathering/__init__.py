"""Reading attempts for the nightly figures."""
