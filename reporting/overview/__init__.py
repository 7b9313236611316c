"""The city by unit: who is qualified, registered, on target."""
