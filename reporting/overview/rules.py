"""What the figures of one unit say: shares, and whether its post is safely held."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from points.standing.rules import share_of

FREED_DAYS = 90  # how far ahead ends of holds are counted


class Cover(StrEnum):
    """How safely a unit is covered by people who are certified and registered; worst first."""

    BARE = "bare"  # nobody
    SHORT = "short"  # fewer than the minimum
    LOW = "low"  # below the reminder line
    FINE = "fine"


def cover_of(covered: int, *, minimum: int, warn_below: int) -> Cover:
    """Cover by so many people. ``minimum``, ``warn_below``: rules coverage.minimum, .warn_below."""
    if covered < minimum:
        return Cover.SHORT if covered else Cover.BARE
    return Cover.LOW if covered < warn_below else Cover.FINE


@dataclass(frozen=True)
class UnitRow:
    """The staff on post of one unit itself, without those of units below it.

    ``covered``: certified and registered. ``held``: inside the hold; ``freed``: of these, whose hold
    ends within FREED_DAYS. ``expiring``: certificates. ``counted``, ``on_target``: last settled period.
    """

    unit_id: int
    name: str
    kind: str
    cover: Cover
    on_post: int = 0
    trained: int = 0
    certified: int = 0
    registered: int = 0
    covered: int = 0
    held: int = 0
    freed: int = 0
    expiring: int = 0
    counted: int = 0
    on_target: int = 0

    @property
    def uncertified(self) -> int:
        return self.on_post - self.certified

    @property
    def trained_percent(self) -> int | None:
        return share_of(self.trained, self.on_post)

    @property
    def target_percent(self) -> int | None:
        return share_of(self.on_target, self.counted)


# what the overview may be sorted by: key in the address → value; nothing counted stands first
SORTS: dict[str, Callable[[UnitRow], Any]] = {
    "unit": lambda row: row.name,
    "on_post": lambda row: row.on_post,
    "certified": lambda row: row.certified,
    "registered": lambda row: row.registered,
    "held": lambda row: row.held,
    "freed": lambda row: row.freed,
    "expiring": lambda row: row.expiring,
    "trained": lambda row: -1 if row.trained_percent is None else row.trained_percent,
    "target": lambda row: -1 if row.target_percent is None else row.target_percent,
    "state": lambda row: (list(Cover).index(row.cover), row.covered, -row.on_post),
}


def matching(rows: Iterable[UnitRow], *, text: str = "", kind: str = "") -> list[UnitRow]:
    """Units of a kind whose name holds a text; '' for any."""
    return [
        row
        for row in rows
        if (not kind or row.kind == kind) and text.casefold() in row.name.casefold()
    ]


@dataclass(frozen=True)
class Totals:
    """The same figures over many units."""

    units: int
    bare: int  # units below the minimum
    on_post: int
    trained: int
    certified: int
    registered: int
    held: int
    freed: int
    expiring: int
    counted: int
    on_target: int

    @property
    def target_percent(self) -> int | None:
        return share_of(self.on_target, self.counted)


def totals(rows: Iterable[UnitRow]) -> Totals:
    """Sums over units; nobody is on post in two of them on one day."""
    units = list(rows)

    def total(name: str) -> int:
        return sum(getattr(unit, name) for unit in units)

    names = ("on_post", "trained", "certified", "registered", "held", "freed", "expiring",
             "counted", "on_target")  # fmt: skip
    bare = sum(unit.cover in {Cover.BARE, Cover.SHORT} for unit in units)
    return Totals(len(units), bare, **{name: total(name) for name in names})


@dataclass(frozen=True)
class KindShare:
    """Units of one kind together in the last settled period, and the share in the one before."""

    kind: str
    counted: int
    on_target: int
    before: int | None  # per cent

    @property
    def percent(self) -> int | None:
        return share_of(self.on_target, self.counted)


def by_kind(
    latest: Iterable[tuple[str, int, int]], before: Iterable[tuple[str, int, int]]
) -> list[KindShare]:
    """Units' (kind, counted, on target) of two periods, summed by kind; best share first."""

    def summed(units: Iterable[tuple[str, int, int]]) -> dict[str, tuple[int, int]]:
        sums: dict[str, tuple[int, int]] = {}
        for kind, counted, on_target in units:
            held = sums.get(kind, (0, 0))
            sums[kind] = (held[0] + counted, held[1] + on_target)
        return sums

    past = {kind: share_of(good, all_) for kind, (all_, good) in summed(before).items()}
    shares = [
        KindShare(kind, all_, good, past.get(kind))
        for kind, (all_, good) in summed(latest).items()
        if all_
    ]
    return sorted(shares, key=lambda share: (-(share.percent or 0), share.kind))
