"""Names of entries, and whether totals say what the entries say, as pure decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

REVERSAL = "reverse:"  # begins the source of an entry that takes another back


class TotalRow(NamedTuple):
    """One person and period: the total as kept, and as the entries say. ``entries``: how many."""

    person_id: int
    period_id: int
    kept_earned: int
    kept_posted: int
    earned: int
    posted: int
    entries: int

    @property
    def differs(self) -> bool:
        return (self.kept_earned, self.kept_posted) != (self.earned, self.posted)

    @property
    def is_empty(self) -> bool:
        """A total of nothing says the same as no total."""
        return not (self.kept_earned or self.kept_posted)


@dataclass(frozen=True)
class Proof:
    """What a comparison of all totals found. ``wrong``: the first that differs."""

    entries: int
    persons: int
    totals: int
    digest: str
    wrong: TotalRow | None = None
    wrong_count: int = 0


def numbered(stem: str, number: int) -> str:
    """The source of a stem's entry: ``round:12/first#1``."""
    return f"{stem}#{number}"


def number_of(source: str) -> int:
    """Which number of its stem an entry is."""
    return int(source.rpartition("#")[2])


def reversal_of(entry_id: int) -> str:
    """The source of the entry that takes another back."""
    return f"{REVERSAL}{entry_id}"


def total_line(row: TotalRow) -> bytes:
    """The one spelling of a total: person, period, earned, posted."""
    return f"{row.person_id},{row.period_id},{row.kept_earned},{row.kept_posted}\n".encode()


def proof_of(rows: Iterable[TotalRow]) -> Proof:
    """Compare totals, in order of person and period; SHA-256 (hex) over those that are kept."""
    digest = hashlib.sha256()
    persons: set[int] = set()
    entries = totals = wrong_count = 0
    wrong: TotalRow | None = None
    for row in rows:
        entries += row.entries
        if row.entries:
            persons.add(row.person_id)
        if not row.is_empty:
            totals += 1
            digest.update(total_line(row))
        if row.differs:
            wrong_count += 1
            wrong = wrong or row
    return Proof(entries, len(persons), totals, digest.hexdigest(), wrong, wrong_count)
