"""Short answers marked by people: the queue, the marks, and the score that follows the last one."""
