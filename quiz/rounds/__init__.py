"""Quiz rounds that open by themselves."""
