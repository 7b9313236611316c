"""Questions, their topics and legal basis, review, import and export."""
