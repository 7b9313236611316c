"""The rows of a sitting as writing requests hold them: fetched, authorised and locked at once."""
