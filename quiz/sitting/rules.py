"""How a request of a candidate ended, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from quiz.attempts.rules import AttemptState, Stored
from quiz.papers.rules import Item


class Outcome(StrEnum):
    """How a request of a candidate ended; all but DONE are refusals, with the code they have."""

    DONE = "done"
    STALE_EPOCH = "stale_epoch"
    CLOSED = "closed"
    CONFLICT = "conflict"
    MISSING = "missing"


RawOperation = tuple[int, int, Any]  # position, seq, value as sent
Pair = tuple[int, int]  # position, seq


@dataclass(frozen=True)
class Opened:
    """An opening. ``items`` by position; ``stored`` answers; ``marked`` positions to come back to."""

    outcome: Outcome
    state: AttemptState
    epoch: int
    deadline_at: datetime
    items: tuple[Item, ...] = ()
    stored: Mapping[int, Stored] = field(default_factory=dict)
    marked: Sequence[int] = ()


@dataclass(frozen=True)
class Saved:
    """What became of a save. ``acked``: what is in the final answers, in itself or a later one."""

    outcome: Outcome
    acked: tuple[Pair, ...]
    epoch: int
    deadline_at: datetime
    positions: tuple[int, ...] = ()  # in conflict


@dataclass(frozen=True)
class Submitted:
    """What became of a submission. Marks in hundredths; None where nothing was scored."""

    outcome: Outcome
    acked: tuple[Pair, ...]
    epoch: int
    deadline_at: datetime
    state: AttemptState
    positions: tuple[int, ...] = ()  # missing or in conflict
    receipt: dict[str, Any] | None = None
    marks: int | None = None
    max_marks: int | None = None
    is_pass: bool | None = None
