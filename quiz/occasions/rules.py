"""What an occasion may be, and the digest of its frozen pool."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from core.audit.rules import canonical

EXAM = "exam"  # the one kind of occasion that may use questions reserved for exams


@dataclass(frozen=True)
class RowSpec:
    """One row of a pool: ``count`` questions of ``marks`` marks each out of these versions."""

    label: str
    count: int
    marks: int
    version_ids: Sequence[int]


def pool_digest(rows: Sequence[RowSpec]) -> str:
    """SHA-256 (hex) over the canonical JSON of the rows in their frozen order."""
    frozen = [[row.label, row.count, row.marks, sorted(set(row.version_ids))] for row in rows]
    return hashlib.sha256(canonical(frozen).encode()).hexdigest()


def too_small(rows: Sequence[RowSpec]) -> list[str]:
    """Labels of the rows that offer fewer versions than they must give, or give nothing."""
    return [
        row.label
        for row in rows
        if row.count < 1 or row.marks < 1 or len(set(row.version_ids)) < row.count
    ]


@dataclass(frozen=True)
class PoolState:
    """One row of a frozen pool: how many it must give, out of what is left of it."""

    count: int
    versions: frozenset[int]


def can_fill(rows: Sequence[PoolState]) -> bool:
    """Whether every draw fills all rows: a row has enough, whatever earlier rows took of it.

    Rows draw in the order of ``papers.rules.draw``: those with the least to spare first.
    """
    order = sorted(range(len(rows)), key=lambda n: (len(rows[n].versions) - rows[n].count, n))
    for place, number in enumerate(order):
        row = rows[number]
        taken = sum(
            min(rows[other].count, len(rows[other].versions & row.versions))
            for other in order[:place]
        )
        if len(row.versions) - taken < row.count:
            return False
    return True


def left_out(rows: Sequence[PoolState], wanted: Sequence[int]) -> list[int]:
    """Those of the wanted versions that a pool can do without, in the order given."""
    if sum(len(row.versions) for row in rows) == len(
        frozenset().union(*(r.versions for r in rows))
    ):
        return _of_separate(rows, wanted)
    found: list[int] = []
    for version in wanted:
        without = frozenset([*found, version])
        if can_fill([PoolState(row.count, row.versions - without) for row in rows]):
            found.append(version)
    return found


def _of_separate(rows: Sequence[PoolState], wanted: Sequence[int]) -> list[int]:
    """The same where no version is in two rows, as in every exam: each row stands alone."""
    home = {version: number for number, row in enumerate(rows) for version in row.versions}
    spare = [len(row.versions) - row.count for row in rows]
    found: list[int] = []
    for version in wanted:
        number = home.get(version)
        if number is not None and spare[number] > 0:
            spare[number] -= 1
            found.append(version)
    return found
