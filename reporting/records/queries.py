"""What is told of one person; the rooms below say the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.people.queries import PersonView, people, person_view
from certification.exams.models import Exam
from certification.registry.models import RegistryEvent
from core.errors import NotFound
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.occasions.models import Occasion
from quiz.results.queries import newest_score


@dataclass(frozen=True)
class RegistryRow:
    """A dated fact of a certificate, a registration or a transfer. ``by``: '' for the system."""

    subject: str
    subject_id: int
    kind: str
    effective_on: date
    entered_at: datetime
    by: str
    reason: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class ExamTry:
    """A try at an exam that is over. ``marks``, ``is_pass``: None until released; hundredths."""

    attempt_id: int
    title: str
    number: int
    ended_at: datetime
    is_voided: bool
    marks: int | None
    is_pass: bool | None
    pass_mark: int


def own(session: Session, person_id: int, day: date) -> PersonView:
    """A person's own facts, whatever post they hold."""
    row = session.execute(people(None, day).where(Person.id == person_id)).first()
    if row is None:
        raise NotFound(_("找不到这名人员"))
    return person_view(row)


def registry_events(session: Session, person_id: int) -> list[RegistryRow]:
    """Everything in the registry's ledger about a person, in the order it was entered."""
    rows = session.execute(
        select(
            RegistryEvent.subject_kind, RegistryEvent.subject_id, RegistryEvent.kind,
            RegistryEvent.effective_on, RegistryEvent.entered_at, Person.name,
            RegistryEvent.reason, RegistryEvent.facts,
        )
        .outerjoin(Person, Person.id == RegistryEvent.by_id)
        .where(RegistryEvent.person_id == person_id)
        .order_by(RegistryEvent.id)
    )  # fmt: skip
    return [
        RegistryRow(
            row.subject_kind, row.subject_id, row.kind, row.effective_on, row.entered_at,
            row.name or "", row.reason, row.facts,
        )
        for row in rows
    ]  # fmt: skip


def exam_tries(session: Session, person_id: int) -> list[ExamTry]:
    """A person's tries at exams that are over; what they came to only once that is released."""
    rows = session.execute(
        select(
            Attempt.id, Exam.title, Attempt.number, Attempt.submitted_at, Attempt.deadline_at,
            Attempt.state, Score.marks, Score.is_pass, Occasion.pass_mark,
        )
        .join(Exam, Exam.occasion_id == Attempt.occasion_id)
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .outerjoin(Score, and_(newest_score(), Attempt.state == AttemptState.RELEASED))
        .where(Attempt.person_id == person_id, Attempt.state != AttemptState.IN_PROGRESS)
        .order_by(Attempt.id)
    )  # fmt: skip
    return [
        ExamTry(
            attempt_id=row.id, title=row.title, number=row.number,
            ended_at=row.submitted_at or row.deadline_at,
            is_voided=row.state is AttemptState.VOIDED, marks=row.marks, is_pass=row.is_pass,
            pass_mark=row.pass_mark,
        )
        for row in rows
    ]  # fmt: skip
