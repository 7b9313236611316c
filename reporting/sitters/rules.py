"""Who of the made-up people answers how well."""

from __future__ import annotations

import random


def wrong_positions(number: int, total: int, *, passes: bool) -> frozenset[int]:
    """Positions (from 1) that the n-th person answers wrongly; always the same, and no secret."""
    chance = random.Random(f"demo-{number}")  # nosec B311
    share = chance.uniform(0.0, 0.16) if passes else chance.uniform(0.26, 0.5)
    return frozenset(chance.sample(range(1, total + 1), round(share * total)))
