"""What home pages are made of: things to do with the days left, queues, and scores as bars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SOON = 3  # days before a hard deadline from which the plate is red
HUNDREDTHS = 100
BARS = 20  # of a score distribution, over the whole scale


@dataclass(frozen=True)
class Todo:
    """One thing to do. ``plate``: words above, figure, words below; ``action``: word and address."""

    title: str
    plate: tuple[str, str, str]
    action: tuple[str, str]
    text: str = ""
    kind: str = ""  # '' can wait, now, soon
    facts: list[tuple[str | None, str]] = field(default_factory=list)


# what a role adds to the page: things to do, and what its cards show
Part = tuple[list[Todo], dict[str, Any]]


@dataclass(frozen=True)
class Waiting:
    """One line of a queue: what waits, how much of it, since or until when."""

    title: str
    text: str
    when: str
    url: str
    is_deadline: bool = False


def urgency(days_left: int, *, is_hard: bool = True) -> str:
    """Kind of the plate for something that can be done now and ends in so many days."""
    return "soon" if is_hard and days_left <= SOON else "now"


def share(part: int, whole: int) -> str:
    """A share in per cent with one decimal: 94.4; 0 of nothing."""
    return f"{100 * part / whole:.1f}".removesuffix(".0") if whole else "0"


@dataclass(frozen=True)
class Bar:
    """How many scored at least ``low`` and less than the next bar; marks."""

    low: int
    high: int
    number: int
    is_pass: bool


@dataclass(frozen=True)
class Distribution:
    """Best scores at one exam. ``line``: before which bar the pass mark stands; marks."""

    bars: list[Bar]
    line: int
    sat: int
    passed: int
    median: float

    @property
    def pass_share(self) -> str:
        return share(self.passed, self.sat)


def distribution(scores: Mapping[int, int], *, full: int, pass_mark: int) -> Distribution | None:
    """Scores (hundredths → people) as bars of a twentieth of the scale; None for none.

    Bars are laid from the pass mark, so that none has people on both sides of it; empty ones at the
    lower end are left out, but for the last before the pass mark. ``full``, ``pass_mark``: marks.
    """
    if not scores:
        return None
    step = max(1, full // BARS)
    lows = sorted({max(0, low) for low in range(pass_mark, -step, -step)} | set(range(pass_mark, full, step)))  # fmt: skip
    edges = [*lows[1:], full]
    counts = [0] * len(lows)
    for marks, people in scores.items():
        place = max((n for n, low in enumerate(lows) if low * HUNDREDTHS <= marks), default=0)
        counts[place] += people
    line = lows.index(pass_mark) if pass_mark in lows else len(lows)
    first = min(next(n for n, number in enumerate(counts) if number), max(line - 1, 0))
    bars = [
        Bar(low, high, number, low >= pass_mark)
        for low, high, number in zip(lows, edges, counts, strict=True)
    ]
    return Distribution(
        bars[first:], line - first, sum(counts),
        sum(people for marks, people in scores.items() if marks >= pass_mark * HUNDREDTHS),
        _median(scores) / HUNDREDTHS,
    )  # fmt: skip


def _median(scores: Mapping[int, int]) -> float:
    """The middle score; between two, half way."""
    total = sum(scores.values())

    def at(place: int) -> int:
        passed = 0
        for marks in sorted(scores):
            passed += scores[marks]
            if passed > place:
                return marks
        raise IndexError(place)

    return (at((total - 1) // 2) + at(total // 2)) / 2
