"""Which of a person's tries at a round counts, and what the round posted for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from core import clock
from points.ledger.models import PointsEntry
from points.ledger.queries import EntryView, entry_views
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.occasions.models import Occasion
from quiz.results.queries import newest_score
from quiz.rounds.models import QuizRound

MARKED = (AttemptState.SCORED, AttemptState.RELEASED)


def source_stem(round_id: int) -> str:
    """Under which stem a round posts points."""
    return f"round:{round_id}/first"


@dataclass(frozen=True)
class Counting:
    """A round and the first submitted try of a person that counts; None where there is none."""

    round_id: int
    title: str
    period_id: int
    attempt_id: int | None
    submitted_on: date | None
    right: int
    total: int


def hold_person(session: Session, person_id: int) -> None:
    """Lock a person for what decides which of their tries counts, until the transaction ends.

    Tries are locked one by one; of two that change at once, each would else see the other as it was.
    """
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def counting(session: Session, occasion_id: int, person_id: int) -> Counting | None:
    """The round at an occasion with the person's first try that counts; None: no round's occasion."""
    row = session.execute(
        select(
            QuizRound.id, Occasion.title, QuizRound.period_id, Attempt.id.label("attempt_id"),
            Attempt.submitted_at, Score.detail,
        )
        .select_from(QuizRound)
        .join(Occasion, Occasion.id == QuizRound.occasion_id)
        .outerjoin(
            Attempt,
            (Attempt.occasion_id == QuizRound.occasion_id)
            & (Attempt.person_id == person_id)
            & Attempt.state.in_(MARKED),
        )
        .outerjoin(Score, newest_score())
        .where(QuizRound.occasion_id == occasion_id)
        .order_by(Attempt.number)
        .limit(1)
    ).first()  # fmt: skip
    if row is None:
        return None
    detail = row.detail or []
    return Counting(
        row.id, row.title, row.period_id, row.attempt_id,
        clock.civil_date(row.submitted_at) if row.submitted_at else None,
        sum(bool(is_right) for _earned, is_right in detail), len(detail),
    )  # fmt: skip


def is_under_way(session: Session, period_id: int) -> bool:
    """Whether somebody still works on the round that a period began with."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    QuizRound.period_id == period_id,
                    Attempt.occasion_id == QuizRound.occasion_id,
                    Attempt.state == AttemptState.IN_PROGRESS,
                )
            )
        )
    )


def lines_of(session: Session, round_id: int, person_id: int) -> list[EntryView]:
    """Everything that a round posted for a person, reversals included, oldest first."""
    reversed_ = aliased(PointsEntry)
    of_round = f"{source_stem(round_id)}#%"
    rows = session.scalars(
        select(PointsEntry)
        .outerjoin(reversed_, reversed_.id == PointsEntry.reverses_id)
        .where(
            PointsEntry.person_id == person_id,
            or_(PointsEntry.source.like(of_round), reversed_.source.like(of_round)),
        )
        .order_by(PointsEntry.id)
    )
    return entry_views(session, rows)


def standing_entries(round_id: int, period_id: int) -> Select[*tuple[Any, ...]]:
    """Rows (person_id, facts) of what a round posted and nobody took back: one for each person.

    ``period_id``: the period that the round belongs to, by which entries are found.
    """
    reversal = aliased(PointsEntry)
    return select(PointsEntry.person_id, PointsEntry.facts).where(
        PointsEntry.origin_period_id == period_id,
        PointsEntry.source.like(f"{source_stem(round_id)}#%"),
        ~exists().where(reversal.reverses_id == PointsEntry.id),
    )
