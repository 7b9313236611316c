"""Exams as the office sees them: lists, drafts, audiences."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.roles.models import RoleGrant
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on
from certification.certificates.models import Certificate
from certification.exams.models import Exam, ExamPerson, ExamState, ExamUnit
from certification.exams.rules import Phase
from core.audit.queries import events
from core.errors import Conflict, NotFound
from core.permissions import KEY_ROLES
from core.rulebook.queries import values_on
from quiz.attempts.models import Attempt
from quiz.occasions.models import MultipleRule


@dataclass(frozen=True)
class Defaults:
    """What the rulebook says on a day for exams that are defined anew."""

    minutes: int
    questions: int
    marks: int
    pass_mark: int
    tries: int
    multiple_rule: MultipleRule


@dataclass(frozen=True)
class NamedPerson:
    """A person admitted by name."""

    person_id: int
    staff_no: str
    name: str
    reason: str


@dataclass(frozen=True)
class Audience:
    """Who may sit: units with all below them, and people by name."""

    units: tuple[tuple[int, str], ...]
    people: tuple[NamedPerson, ...]

    @property
    def staff_nos(self) -> list[str]:
        """Of those named without a reason, as the form lists them."""
        return [person.staff_no for person in self.people if not person.reason]

    @property
    def is_empty(self) -> bool:
        return not self.units and not self.people


@dataclass(frozen=True)
class Change:
    """Who changed an exam last, and when."""

    by: str
    at: datetime


def defaults(session: Session, day: date) -> Defaults:
    """The figures in force on a civil day; one statement."""
    values = values_on(session, day)
    return Defaults(
        minutes=values["exam.minutes"], questions=values["exam.questions"],
        marks=values["exam.marks"], pass_mark=values["exam.pass_mark"],
        tries=values["exam.tries"], multiple_rule=MultipleRule(values["exam.multiple_rule"]),
    )  # fmt: skip


def exam_by_id(session: Session, exam_id: int) -> Exam:
    """One exam for readers of exams; NotFound if there is none."""
    found = session.get(Exam, exam_id)
    if found is None:
        raise NotFound(_("找不到这场考试"))
    return found


def draft(session: Session, exam_id: int) -> Exam:
    """An exam that may still be changed; Conflict once it is published or cancelled."""
    found = exam_by_id(session, exam_id)
    if found.state is not ExamState.DRAFT:
        raise Conflict(_("“%(title)s”已经发布或取消，不能再改。", title=found.title))
    return found


def audience(session: Session, exam_id: int, day: date) -> Audience:
    """Who may sit an exam, with the names that hold on a day; two statements."""
    units = session.execute(
        select(ExamUnit.unit_id, UnitVersion.name)
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == ExamUnit.unit_id, is_valid_on(day)))
        .where(ExamUnit.exam_id == exam_id)
        .order_by(ExamUnit.unit_id)
    )
    people = session.execute(
        select(ExamPerson.person_id, Person.staff_no, Person.name, ExamPerson.reason)
        .join(Person, Person.id == ExamPerson.person_id)
        .where(ExamPerson.exam_id == exam_id)
        .order_by(Person.staff_no)
    )
    return Audience(
        tuple((row.unit_id, row.name or "") for row in units),
        tuple(NamedPerson(*row) for row in people),
    )


def audience_units(session: Session, exam_id: int) -> list[int]:
    """Ids of the units whose people may sit an exam."""
    return list(session.scalars(select(ExamUnit.unit_id).where(ExamUnit.exam_id == exam_id)))


def held_key_role(
    person_id: ColumnElement[int] | Any, since: ColumnElement[datetime] | Any
) -> ColumnElement[bool]:
    """Condition: the person held a role that sees keys at some time from ``since`` on."""
    return exists().where(
        RoleGrant.person_id == person_id,
        RoleGrant.role.in_(KEY_ROLES),
        or_(RoleGrant.revoked_at.is_(None), RoleGrant.revoked_at > since),
        or_(RoleGrant.expires_at.is_(None), RoleGrant.expires_at > since),
    )


@dataclass(frozen=True)
class Hit:
    """A person behind a staff number; ``sees_keys`` now."""

    person_id: int
    name: str
    sees_keys: bool


def people_by_staff_no(
    session: Session, staff_nos: Collection[str], now: datetime
) -> dict[str, Hit]:
    """Who is behind staff numbers (upper case); unknown ones are missing."""
    rows = session.execute(
        select(Person.staff_no, Person.id, Person.name, held_key_role(Person.id, now)).where(
            Person.staff_no.in_(staff_nos)
        )
    )
    return {row[0]: Hit(row[1], row[2], bool(row[3])) for row in rows}


def in_phase(phase: Phase, now: datetime) -> ColumnElement[bool]:
    """The same decision as ``rules.phase``, for filters."""
    published = Exam.state == ExamState.PUBLISHED
    return {
        Phase.DRAFT: Exam.state == ExamState.DRAFT,
        Phase.CANCELLED: Exam.state == ExamState.CANCELLED,
        Phase.COMING: and_(published, Exam.opens_at > now),
        Phase.OPEN: and_(published, Exam.opens_at <= now, Exam.closes_at > now),
        Phase.PAST: and_(published, Exam.closes_at <= now),
    }[phase]


def _listed(drafts: bool) -> ColumnElement[bool]:
    return true() if drafts else Exam.state != ExamState.DRAFT


def exams(
    now: datetime, *, text: str = "", phase: Phase | None = None, drafts: bool = True
) -> Select[Any]:
    """Rows (exam, people who started, people who passed) that match."""
    started = (
        select(func.count(func.distinct(Attempt.person_id)))
        .where(Attempt.occasion_id == Exam.occasion_id)
        .correlate(Exam)
        .scalar_subquery()
    )
    passed = (
        select(func.count(func.distinct(Certificate.person_id)))
        .where(Certificate.exam_id == Exam.id)
        .correlate(Exam)
        .scalar_subquery()
    )
    query = select(Exam, started.label("started"), passed.label("passed")).where(_listed(drafts))
    if text:
        query = query.where(Exam.title.contains(text, autoescape=True))
    return query.where(in_phase(phase, now)) if phase else query


def phase_counts(session: Session, now: datetime, *, drafts: bool = True) -> dict[Phase, int]:
    """How many exams stand in each phase, in one statement."""
    row = session.execute(
        select(*(func.count().filter(in_phase(phase, now)) for phase in Phase))
        .select_from(Exam)
        .where(_listed(drafts))
    ).one()
    return dict(zip(Phase, row, strict=True))


SORTS: dict[str, Any] = {"title": Exam.title, "opens": Exam.opens_at, "closes": Exam.closes_at}


def last_change(session: Session, exam_id: int) -> Change | None:
    """Who changed an exam last, from the audit trail."""
    found = session.scalars(
        events(subject_kind="exam", subject_id=str(exam_id)).limit(1)
    ).one_or_none()
    return Change(found.actor, found.at) if found else None
