"""What may be reported, one's own reports, and the queue: many reports of a version are one matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person, Posting
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on
from core.errors import NotFound
from core.richtext import plain
from question_bank.questions.models import Question, QuestionVersion, Topic, VersionState
from question_bank.questions.rules import QuestionType
from quiz.attempts.models import Attempt, AttemptState
from quiz.errata.models import Erratum
from quiz.errata.rules import ErratumKind, ErratumState
from quiz.occasions.models import Occasion
from quiz.papers.queries import items_of, versions_of
from quiz.practice.models import PracticeCheck

# --- what may be reported -------------------------------------------------------------


@dataclass(frozen=True)
class Reportable:
    """A question that the person has answered and whose key they may see."""

    attempt_id: int
    position: int
    version_id: int
    stem: str
    type: QuestionType
    title: str
    kind: str  # of the occasion
    is_released: bool
    epoch: int


def reportable(session: Session, attempt_id: int, position: int, person_id: int) -> Reportable:
    """The question at a position of the person's own attempt; NotFound before its key may be seen.

    That is after release, or in practice once its answer was explained.
    """
    row = session.execute(
        select(
            Attempt.paper_id, Attempt.started_at, Attempt.state, Attempt.epoch, Occasion.title,
            Occasion.kind,
        )
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .outerjoin(
            PracticeCheck,
            and_(PracticeCheck.attempt_id == Attempt.id, PracticeCheck.position == position),
        )
        .where(
            Attempt.id == attempt_id, Attempt.person_id == person_id,
            or_(
                Attempt.state == AttemptState.RELEASED,
                and_(
                    Attempt.state != AttemptState.VOIDED, PracticeCheck.position.is_not(None)
                ),
            ),
        )
    ).first()  # fmt: skip
    items = items_of(session, (row.paper_id, row.started_at)) if row else ()
    if row is None or not 1 <= position <= len(items):
        raise NotFound(_("找不到这道题，或者它的答案还没有公布。"))
    version_id = items[position - 1].version_id
    version = versions_of(session, [version_id])[version_id]
    return Reportable(
        attempt_id, position, version_id, plain(version.stem, version.is_rich), version.type, row.title, row.kind,
        row.state is AttemptState.RELEASED, row.epoch,
    )  # fmt: skip


def open_of(session: Session, person_id: int, version_id: int) -> Erratum | None:
    """The person's report of a version that still waits."""
    return session.scalar(
        select(Erratum).where(
            Erratum.person_id == person_id, Erratum.version_id == version_id,
            Erratum.state == ErratumState.OPEN,
        )
    )  # fmt: skip


def open_count(session: Session, person_id: int) -> int:
    """How many reports of a person wait, the person's row locked: of two at once one waits here."""
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    return (
        session.scalar(
            select(func.count()).where(
                Erratum.person_id == person_id, Erratum.state == ErratumState.OPEN
            )
        )
        or 0
    )


# --- one's own ------------------------------------------------------------------------


@dataclass(frozen=True)
class OwnReport:
    """A report as its author sees it: where the question stood, not what it says."""

    id: int
    title: str
    occasion_kind: str
    attempt_id: int
    attempt_state: AttemptState
    position: int
    kind: ErratumKind
    text: str
    at: datetime
    state: ErratumState
    answer: str
    handled_at: datetime | None
    seen_at: datetime | None


def reports_of(person_id: int) -> Select[*tuple[Any, ...]]:
    """A person's reports as columns of OwnReport, newest first; for lists."""
    return (
        select(
            Erratum.id, Occasion.title, Occasion.kind, Erratum.attempt_id, Attempt.state,
            Erratum.position, Erratum.kind, Erratum.text, Erratum.at, Erratum.state,
            Erratum.answer, Erratum.handled_at, Erratum.seen_at,
        )
        .join(Attempt, Attempt.id == Erratum.attempt_id)
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .where(Erratum.person_id == person_id)
        .order_by(Erratum.id.desc())
    )  # fmt: skip


def is_unread(person_id: int) -> ColumnElement[bool]:
    """Condition: an answered report whose author has not read the answer."""
    return and_(
        Erratum.person_id == person_id, Erratum.state != ErratumState.OPEN,
        Erratum.seen_at.is_(None),
    )  # fmt: skip


def unread(session: Session, person_id: int) -> int:
    """How many answers wait to be read."""
    return session.scalar(select(func.count()).where(is_unread(person_id))) or 0


# --- the queue ------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """What the queue is narrowed by; None is anything. ``state`` None: every state."""

    state: ErratumState | None = ErratumState.OPEN
    kind: ErratumKind | None = None
    topic_id: int | None = None


@dataclass(frozen=True)
class Matter:
    """One version with its reports. ``kinds``: how many reports say what."""

    version_id: int
    code: str
    number: int
    state: VersionState
    type: QuestionType
    stem: str
    topic: str
    reports: int
    first_at: datetime
    last_at: datetime
    kinds: tuple[tuple[ErratumKind, int], ...]


_COUNTS = [
    func.count(case((Erratum.kind == kind, 1))).label(f"kind_{kind.value}") for kind in ErratumKind
]
SORTS: dict[str, Any] = {
    "last": func.max(Erratum.id),
    "first": func.min(Erratum.id),
    "reports": func.count(Erratum.id),
    "code": Question.code,
}


def matters(filters: Filters) -> Select[*tuple[Any, ...]]:
    """Rows for ``matter_of``: versions with reports that match."""
    query: Select[*tuple[Any, ...]] = (
        select(
            QuestionVersion.id, Question.code, QuestionVersion.number, QuestionVersion.state,
            QuestionVersion.type, QuestionVersion.stem, QuestionVersion.is_rich,
            Topic.name.label("topic"),
            func.count(Erratum.id).label("reports"), func.min(Erratum.at).label("first_at"),
            func.max(Erratum.at).label("last_at"), *_COUNTS,
        )
        .select_from(Erratum)
        .join(QuestionVersion, QuestionVersion.id == Erratum.version_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .group_by(QuestionVersion.id, Question.code, Topic.name)
    )  # fmt: skip
    for column, value in (
        (Erratum.state, filters.state),
        (Erratum.kind, filters.kind),
        (QuestionVersion.topic_id, filters.topic_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return query


def matter_of(row: Any) -> Matter:
    """A row of ``matters`` as a value."""
    kinds = ((kind, row._mapping[f"kind_{kind.value}"]) for kind in ErratumKind)
    return Matter(
        row.id, row.code, row.number, row.state, row.type, plain(row.stem, row.is_rich), row.topic,
        row.reports, row.first_at, row.last_at, tuple((kind, number) for kind, number in kinds if number),
    )  # fmt: skip


def matters_waiting(session: Session) -> tuple[int, datetime | None]:
    """How many versions have open reports, and when the oldest was made."""
    row = session.execute(
        select(func.count(Erratum.version_id.distinct()), func.min(Erratum.at)).where(
            Erratum.state == ErratumState.OPEN
        )
    ).one()
    return row[0], row[1]


Handler = aliased(Person)


@dataclass(frozen=True)
class ReportView:
    """One report on the page of its matter."""

    id: int
    person_id: int
    person: str
    unit: str
    title: str
    position: int
    kind: ErratumKind
    text: str
    at: datetime
    state: ErratumState
    answer: str
    handled_at: datetime | None
    handled_by: str


def reports_about(session: Session, version_id: int, day: date) -> list[ReportView]:
    """All reports of a version, open ones first, then the newest; one statement.

    ``day``: on which the unit's name is valid.
    """
    is_decided = case((Erratum.state == ErratumState.OPEN, 0), else_=1)
    query: Select[*tuple[Any, ...]] = (
        select(
            Erratum.id, Erratum.person_id, Person.name, func.coalesce(UnitVersion.name, ""),
            Occasion.title, Erratum.position, Erratum.kind, Erratum.text, Erratum.at,
            Erratum.state, Erratum.answer, Erratum.handled_at, func.coalesce(Handler.name, ""),
        )
        .join(Person, Person.id == Erratum.person_id)
        .join(Attempt, Attempt.id == Erratum.attempt_id)
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .outerjoin(Posting, and_(Posting.person_id == Person.id, Posting.valid_to.is_(None)))
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(day)))
        .outerjoin(Handler, Handler.id == Erratum.handled_by)
        .where(Erratum.version_id == version_id)
        .order_by(is_decided, Erratum.id.desc())
    )  # fmt: skip
    return [ReportView(*row) for row in session.execute(query)]
