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
