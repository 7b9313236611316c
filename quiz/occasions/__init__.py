"""What people sit: window, rules, frozen pool."""
