"""待复核: questions whose basis has changed or whose key is in doubt, until somebody decides."""
