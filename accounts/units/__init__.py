"""The unit tree, versioned by date."""
