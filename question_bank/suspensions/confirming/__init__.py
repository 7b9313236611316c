"""What people decide about questions in doubt: they hold, with which basis, or go out of use."""
