"""What an exam's papers are drawn from: the blueprint, its totals and whether the bank can fill it."""
