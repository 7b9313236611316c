"""Spans of a period in civil days, and the digest of what closed it, as pure decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from core import clock
from core.audit.rules import canonical
from points.standing.rules import Standing

_INSTANT = timedelta(microseconds=1)


class SnapshotRow(NamedTuple):
    """Where one person stood when a period closed."""

    person_id: int
    unit_id: int | None
    earned: int
    standing: Standing


def counted_days(starts_at: datetime, settles_at: datetime) -> tuple[date, date]:
    """First and last civil day of a round: "to the 5th" settles on the 6th at 00:00."""
    return clock.civil_date(starts_at), clock.civil_date(settles_at - _INSTANT)


def snapshot_digest(rows: Iterable[SnapshotRow]) -> str:
    """SHA-256 (hex) of the rows as canonical JSON, in order of person id."""
    ordered = sorted(rows, key=lambda row: row.person_id)
    text = canonical([[*row[:3], row.standing.value] for row in ordered])
    return hashlib.sha256(text.encode()).hexdigest()
