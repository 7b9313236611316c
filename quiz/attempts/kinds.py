"""What must follow a score or a void in the same transaction, by kind of occasion.

``app.py`` registers the handlers; this room knows no certificate and no points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class ScoredAttempt:
    """An attempt that was just scored or voided. Marks in hundredths; voided ones may have none."""

    attempt_id: int
    occasion_id: int
    person_id: int
    marks: int
    max_marks: int
    is_pass: bool


Handler = Callable[[Session, ScoredAttempt, datetime], None]


def _nothing(session: Session, scored: ScoredAttempt, now: datetime) -> None:
    """Nothing follows."""


@dataclass(frozen=True)
class Kind:
    """What one kind of occasion does next. ``result_endpoint``: the page that shows a result."""

    on_scored: Handler = _nothing
    on_voided: Handler = _nothing
    result_endpoint: str = ""


_kinds: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    """Say what follows at occasions of this kind; the last word counts."""
    _kinds[name] = kind


def kind_of(name: str) -> Kind:
    """What follows at occasions of this kind; nothing where nobody registered it."""
    return _kinds.get(name, Kind())
