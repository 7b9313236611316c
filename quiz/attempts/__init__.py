"""One person working on one paper: the protocol of a sitting."""
