"""Attempts that are to be voided, and voids that wait for a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Person
from core.errors import NotFound
from quiz.attempts.models import Attempt, AttemptState
from quiz.corrections.rules import VOID
from quiz.occasions.models import Occasion


@dataclass(frozen=True)
class AttemptHead:
    """An attempt with who made it and where. ``place_id``: of the exam or round."""

    attempt_id: int
    number: int
    state: AttemptState
    person_id: int
    person: str
    staff_no: str
    place_id: int
    title: str


def attempt_head(session: Session, attempt_id: int, place: Any) -> AttemptHead:
    """An attempt at a place, for those who see the whole city; NotFound if there is none.

    ``place``: a model whose rows have an ``occasion_id``: exams, rounds.
    """
    row = session.execute(
        select(
            Attempt.id, Attempt.number, Attempt.state, Person.id, Person.name, Person.staff_no,
            place.id, Occasion.title,
        )
        .join(place, place.occasion_id == Attempt.occasion_id)
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .join(Person, Person.id == Attempt.person_id)
        .where(Attempt.id == attempt_id)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound(_("找不到这次作答"))
    return AttemptHead(*row)


@dataclass(frozen=True)
class AskedVoid:
    """A void that waits for a second person. ``place_id``: of the exam or round."""

    act_id: int
    attempt_id: int
    person_id: int
    person: str
    staff_no: str
    place_id: int
    title: str
    number: int
    reason: str
    asked_by: int
    asked_by_name: str
    asked_at: datetime


def asked_voids(
    session: Session,
    place: Any,
    *,
    place_id: int | None = None,
    person_id: int | None = None,
    act_id: int | None = None,
) -> list[AskedVoid]:
    """Voids that wait for a decision, oldest first; of one place, one person, or one by its id.

    ``place``: a model whose rows have an ``occasion_id``: exams, rounds.
    """
    asker = aliased(Person)
    query = (
        select(
            TwoPersonAct.id, Attempt.id, Person.id, Person.name, Person.staff_no, place.id,
            Occasion.title, Attempt.number, TwoPersonAct.reason, TwoPersonAct.asked_by, asker.name,
            TwoPersonAct.asked_at,
        )
        .join(Attempt, Attempt.id == TwoPersonAct.subject_id)
        .join(place, place.occasion_id == Attempt.occasion_id)
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .join(Person, Person.id == Attempt.person_id)
        .join(asker, asker.id == TwoPersonAct.asked_by)
        .where(TwoPersonAct.kind == VOID, TwoPersonAct.decided_at.is_(None))
        .order_by(TwoPersonAct.id)
    )  # fmt: skip
    if place_id is not None:
        query = query.where(place.id == place_id)
    if person_id is not None:
        query = query.where(Person.id == person_id)
    if act_id is not None:
        query = query.where(TwoPersonAct.id == act_id)
    return [AskedVoid(*row) for row in session.execute(query)]


def asked_void(session: Session, place: Any, act_id: int) -> AskedVoid:
    """One void that waits for a decision; NotFound where there is none, or no longer."""
    found = asked_voids(session, place, act_id=act_id)
    if not found:
        raise NotFound(_("这份申请不在，或者已经有了决定。"))
    return found[0]
