"""Whether points suffice: targets, standings and shares, as pure decisions."""

from __future__ import annotations

from enum import StrEnum

PERCENT = 100
IN_A_ROW = (2, 3)  # periods short in a row of which coordinators, and the office, are told


class Standing(StrEnum):
    """Where a person stands in one period."""

    ON_TARGET = "on_target"  # 达标
    SHORT = "short"  # 未达标
    PENDING = "pending"  # the round is still open, and the target not reached
    NOT_COUNTED = "not_counted"  # 不计: not on post during the whole round


def target_of(max_points: int, percent: int) -> int:
    """Points that are on target: this share of what a round gives, rounded up."""
    return -(-max_points * percent // PERCENT)


def standing_of(earned: int, target: int, *, is_counted: bool, is_settled: bool) -> Standing:
    """Standing with so many points. ``is_settled``: the round is over for everyone."""
    if not is_counted:
        return Standing.NOT_COUNTED
    if earned >= target:
        return Standing.ON_TARGET
    return Standing.SHORT if is_settled else Standing.PENDING


def share_of(part: int, whole: int) -> int | None:
    """Whole percent, rounded down, so that 100 means everybody; None where nobody counts."""
    return part * PERCENT // whole if whole else None


class Shares:
    """What follows from how many count and how many of them are on target: as closed, and now."""

    counted: int
    on_target: int
    now_on_target: int

    @property
    def share(self) -> int | None:
        """Whole percent on target."""
        return share_of(self.on_target, self.counted)

    @property
    def now_share(self) -> int | None:
        """Whole percent on target with what was posted since."""
        return share_of(self.now_on_target, self.counted)
