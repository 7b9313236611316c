"""Pure decisions on the tree of units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Placed:
    """A unit and the unit that it belongs to."""

    id: int
    parent_id: int | None


def flattened(units: Sequence[Placed]) -> list[tuple[int, int]]:
    """(id, depth) of all units, depth first, siblings in the order given.

    A unit whose parent is not among them stands at the top. Every unit comes once.
    """
    known = {unit.id for unit in units}
    below: dict[int | None, list[int]] = {}
    for unit in units:
        parent = unit.parent_id if unit.parent_id in known else None
        below.setdefault(parent, []).append(unit.id)
    order: list[tuple[int, int]] = []
    waiting = [(unit_id, 0) for unit_id in reversed(below.get(None, []))]
    while waiting:
        unit_id, depth = waiting.pop()
        order.append((unit_id, depth))
        waiting.extend((child, depth + 1) for child in reversed(below.get(unit_id, [])))
    return order


def makes_cycle(unit_id: int, parent_id: int | None, parents: Mapping[int, int | None]) -> bool:
    """Whether a unit would stand below itself, were it moved under ``parent_id``."""
    above = parent_id
    seen: set[int] = set()
    while above is not None and above not in seen:
        if above == unit_id:
            return True
        seen.add(above)
        above = parents.get(above)
    return False


def change_days(since: date, starts: Iterable[date]) -> list[date]:
    """The days from ``since`` on at which the tree changes: that day, and later beginnings."""
    return [since, *sorted({start for start in starts if start > since})]


def with_all_below(units: Sequence[tuple[int, int]], numbers: Mapping[int, int]) -> dict[int, int]:
    """Sum of a number over every unit and all below it; ``units``: (id, depth), depth first."""
    totals = {unit_id: numbers.get(unit_id, 0) for unit_id, _depth in units}
    path: list[tuple[int, int]] = []
    for unit_id, depth in units:
        while path and path[-1][1] >= depth:
            path.pop()
        for above, _depth in path:
            totals[above] += numbers.get(unit_id, 0)
        path.append((unit_id, depth))
    return totals
