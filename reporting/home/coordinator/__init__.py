"""What coordinators find on their first page."""
