"""Who of the made-up city was filed, recorded, moved, and who sat which round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

ROUNDS = 3  # the last of them is open
EVERY_MONTHS = 2
WAITING, RETURNED, DRAFTS = 3, 1, 1
SITTERS = 110
EARLY_BIRDS = 30  # of the open round
MONTHS = 12


@dataclass(frozen=True)
class Filings:
    """What became of those who passed an exam, by number."""

    recorded: Sequence[int]
    waiting: Sequence[int] = ()
    returned: Sequence[int] = ()
    drafts: Sequence[int] = ()


def filings(passed: Sequence[int], *, is_newest: bool) -> Filings:
    """All of an older exam are recorded; of the newest one half, and some are under way."""
    if not is_newest:
        return Filings(passed)
    half = len(passed) // 2
    ends = [half, half + WAITING, half + WAITING + RETURNED, half + WAITING + RETURNED + DRAFTS]
    return Filings(
        passed[:half], passed[ends[0] : ends[1]], passed[ends[1] : ends[2]],
        passed[ends[2] : ends[3]],
    )  # fmt: skip


def first_month(today: date) -> date:
    """The month of the plan's first round: so that the last of the rounds opened this month."""
    count = today.year * MONTHS + today.month - 1 - EVERY_MONTHS * (ROUNDS - 1)
    return date(count // MONTHS, count % MONTHS + 1, 1)


def sitters(numbers: Sequence[int], round_: int) -> list[int]:
    """Who (by number) sat a round (1, 2, …): most of them; of the open one the early birds."""
    most = [number for number in numbers if (number * 7 + round_) % 10 != 3][:SITTERS]  # noqa: PLR2004
    return most[-EARLY_BIRDS:] if round_ == ROUNDS else most


def did_well(number: int, round_: int) -> bool:
    """Whether a person answers a round well enough; most do."""
    return (number * 13 + round_ * 5) % 8 != 0
