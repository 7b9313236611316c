"""What a unit is left with, as pure decisions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Left:
    """How many certified, registered people a unit has: now, and on the day of the move.

    ``without``: with nobody in the place of the one who goes; ``filled``: with the successor, None
    where none is named.
    """

    now: int
    without: int
    filled: int | None

    @property
    def after(self) -> int:
        """What the unit is left with, as the transfer is put forward."""
        return self.without if self.filled is None else self.filled


def must_acknowledge(left: Left, warn_below: int) -> bool:
    """Whether who approves must say that they know how few are left."""
    return left.after < warn_below
