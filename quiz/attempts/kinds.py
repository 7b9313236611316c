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


@dataclass(frozen=True)
class ReleasedAttempt:
    """An attempt whose key may be seen from now on. ``wrong``: versions not answered rightly."""

    attempt_id: int
    occasion_id: int
    person_id: int
    wrong: tuple[int, ...]


Handler = Callable[[Session, ScoredAttempt, datetime], None]
ReleaseHandler = Callable[[Session, ReleasedAttempt, datetime], None]


def _nothing(session: Session, scored: ScoredAttempt, now: datetime) -> None:
    """Nothing follows."""


def _nothing_released(session: Session, released: ReleasedAttempt, now: datetime) -> None:
    """Nothing follows."""


@dataclass(frozen=True)
class Kind:
    """What one kind of occasion does next. ``result_endpoint``: the page that shows a result.

    ``on_rescored`` follows every further score of an attempt, after ``on_scored`` where it became
    a pass.
    """

    on_scored: Handler = _nothing
    on_voided: Handler = _nothing
    result_endpoint: str = ""
    on_rescored: Handler = _nothing
    on_released: ReleaseHandler = _nothing_released


_kinds: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    """Say what follows at occasions of this kind; the last word counts."""
    _kinds[name] = kind


def kind_of(name: str) -> Kind:
    """What follows at occasions of this kind; nothing where nobody registered it."""
    return _kinds.get(name, Kind())
