"""Attempts as pages and programs read them; nothing of a key before release."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import NotFound
from core.viewer import Viewer
from quiz.attempts.models import Answer, Attempt, AttemptState, Score
from quiz.attempts.rules import GRACE, Try
from quiz.occasions.models import Occasion, PoolItem, ReleaseRule
from quiz.papers.queries import PaperQuestion, items_of, shown, versions_of
from quiz.practice.rules import KIND as PRACTICE
from quiz.results.queries import (
    AttemptRow,
    ResultQuestion,
    ResultView,
    attempt_rows,
    attempts_at,
    attempts_of,
    newest_score,
    result_of,
)

__all__ = [
    "AttemptRow", "AttemptView", "Entry", "PaperQuestion", "ResultQuestion", "ResultView",
    "attempt_of", "attempt_rows", "attempts_at", "attempts_of", "entry_of", "is_unsettled",
    "may_meet", "paper_view", "result_of",
]  # fmt: skip


def may_meet(person_id: int, version_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether the person has an attempt, open or over, whose paper was drawn from among such versions.

    For practice and exam alike: each attempt belongs to an occasion with a frozen pool.
    """
    return exists().where(
        Attempt.person_id == person_id,
        PoolItem.occasion_id == Attempt.occasion_id,
        PoolItem.version_id == version_id,
    )


# --- before a start ---------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """An occasion as one person finds it: its rules and the person's attempts so far."""

    opens_at: datetime
    closes_at: datetime
    minutes: int
    tries_allowed: int
    pool_digest: str
    pool_revision: int
    tries: tuple[Try, ...]
    in_progress: Attempt | None

    @property
    def next_number(self) -> int:
        return max((one.number for one in self.tries), default=0) + 1


def entry_of(session: Session, occasion_id: int, person_id: int) -> Entry:
    """What a start needs to know, in one statement; NotFound where there is no such occasion."""
    rows = session.execute(
        select(Occasion, Attempt, Score.is_pass)
        .outerjoin(
            Attempt, and_(Attempt.occasion_id == Occasion.id, Attempt.person_id == person_id)
        )
        .outerjoin(Score, newest_score())
        .where(Occasion.id == occasion_id)
        .order_by(Attempt.number)
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        raise NotFound()
    occasion: Occasion = rows[0][0]
    found: list[tuple[Attempt | None, bool | None]] = [(row[1], row[2]) for row in rows]
    attempts = [(one, is_pass) for one, is_pass in found if one is not None]
    live = [one for one, _pass in attempts if one.state is AttemptState.IN_PROGRESS]
    return Entry(
        occasion.opens_at, occasion.closes_at, occasion.minutes, occasion.tries,
        occasion.pool_digest, occasion.pool_revision,
        tuple(Try(one.state, one.number, is_pass) for one, is_pass in attempts),
        live[0] if live else None,
    )  # fmt: skip


# --- one's own attempt --------------------------------------------------------------


@dataclass(frozen=True)
class AttemptView:
    """An attempt as its owner may see it. ``questions``: how many; ``marked``: to come back to."""

    id: int
    occasion_id: int
    kind: str
    title: str
    number: int
    state: AttemptState
    epoch: int
    started_at: datetime
    deadline_at: datetime
    submitted_at: datetime | None
    closed_by: str
    marked: tuple[int, ...]
    receipt: dict[str, Any] | None
    paper_id: int
    questions: int
    minutes: int
    pass_mark: int

    @property
    def is_open(self) -> bool:
        return self.state is AttemptState.IN_PROGRESS

    @property
    def is_practice(self) -> bool:
        """Whether each answer is explained at once."""
        return self.kind == PRACTICE


def attempt_of(session: Session, attempt_id: int, viewer: Viewer) -> AttemptView:
    """The viewer's own attempt; NotFound for everybody else's. ``settle`` it before."""
    row = session.execute(
        select(Attempt, Occasion)
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .where(Attempt.id == attempt_id, Attempt.person_id == viewer.person_id)
    ).first()
    if row is None:
        raise NotFound()
    attempt, occasion = row
    items = items_of(session, (attempt.paper_id, attempt.started_at))
    return AttemptView(
        attempt.id, occasion.id, occasion.kind, occasion.title, attempt.number, attempt.state,
        attempt.epoch, attempt.started_at, attempt.deadline_at, attempt.submitted_at,
        attempt.closed_by, tuple(attempt.marked), attempt.receipt, attempt.paper_id, len(items),
        occasion.minutes, occasion.pass_mark,
    )  # fmt: skip


def is_unsettled(session: Session, attempt_id: int, now: datetime) -> bool:
    """Whether a read must first close the attempt, or release its result."""
    before = now - GRACE
    found = session.execute(
        select(Attempt.id)
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .where(
            Attempt.id == attempt_id,
            or_(
                and_(Attempt.state == AttemptState.IN_PROGRESS, Attempt.deadline_at < before),
                and_(
                    Attempt.state == AttemptState.SCORED,
                    or_(
                        Occasion.released_at.is_not(None),
                        Occasion.release_rule == ReleaseRule.AT_ONCE,
                        and_(
                            Occasion.release_rule == ReleaseRule.AFTER_WINDOW,
                            Occasion.closes_at < before,
                        ),
                    ),
                ),
            ),
        )
    ).first()
    return found is not None


# --- the paper, without its key -----------------------------------------------------


def paper_view(session: Session, attempt: AttemptView) -> tuple[PaperQuestion, ...]:
    """All questions of an open attempt with the saved answers, by position."""
    items = items_of(session, (attempt.paper_id, attempt.started_at))
    versions = versions_of(session, (item.version_id for item in items))
    answers = {
        row.position: row
        for row in session.execute(
            select(Answer.position, Answer.value, Answer.epoch, Answer.seq).where(
                Answer.attempt_id == attempt.id
            )
        )
    }
    questions = []
    for position, item in enumerate(items, start=1):
        held = answers.get(position)
        saved = (json.loads(held.value), held.epoch, held.seq) if held else (None, 0, 0)
        questions.append(shown(position, item, versions[item.version_id], *saved))
    return tuple(questions)
