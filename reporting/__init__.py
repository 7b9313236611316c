"""Pages that only read: home pages."""
