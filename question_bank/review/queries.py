"""Finding what waits for a person's review: the queue as a list, and one by one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from core.listing import Listing, listing
from question_bank.imports.models import QuestionImport
from question_bank.questions.models import Question, QuestionVersion, ReviewEvent, Topic
from question_bank.questions.queries import VersionView, version
from question_bank.questions.rules import QuestionType, VersionState
from question_bank.review.rules import FieldChange, Line, field_changes, marked_lines

PER_PAGE = 50


def is_foreign_to(person_id: int) -> list[ColumnElement[bool]]:
    """Conditions under which a version is not this person's own work.

    Own is what one wrote, what one changed while it was a draft, and what one sent to review.
    """
    took_part = aliased(ReviewEvent)
    return [
        QuestionVersion.author_id != person_id,
        ~exists().where(
            took_part.version_id == QuestionVersion.id,
            took_part.by_id == person_id,
            took_part.to_state.in_([VersionState.DRAFT, VersionState.IN_REVIEW]),
        ),
    ]


def _queue(reviewer_id: int) -> Select[int, int]:
    """(version id, id of the event that sent it) of what a person may review, oldest first."""
    return (
        select(QuestionVersion.id, ReviewEvent.id)
        .join(
            ReviewEvent,
            (ReviewEvent.version_id == QuestionVersion.id)
            & (ReviewEvent.to_state == VersionState.IN_REVIEW),
        )
        .where(QuestionVersion.state == VersionState.IN_REVIEW, *is_foreign_to(reviewer_id))
        .order_by(ReviewEvent.id)
    )


def waiting_for_review(session: Session, reviewer_id: int) -> int:
    """How many versions wait for this person's review."""
    return session.scalar(select(func.count()).select_from(_queue(reviewer_id).subquery())) or 0


def next_to_review(
    session: Session, reviewer_id: int, *, after: int = 0
) -> tuple[VersionView, int] | None:
    """The version that has waited longest after an event id, and its own event id; None if none."""
    row = session.execute(_queue(reviewer_id).where(ReviewEvent.id > after).limit(1)).first()
    return None if row is None else (version(session, row[0]), row[1])


# --- the queue as a list ---------------------------------------------------------


@dataclass(frozen=True)
class QueueFilters:
    """What the queue is narrowed by; None is anything."""

    topic_id: int | None = None
    type: QuestionType | None = None
    author_id: int | None = None
    import_id: int | None = None


def queue_page(session: Session, reviewer_id: int, filters: QueueFilters) -> Listing:
    """The page of the queue that the address asks for, oldest first; two statements.

    Rows: id, event_id, question_id, code, number, type, stem, key_changed, replaces_id, created by
    (author) and sent_at, comment, topic.
    """
    sent = ReviewEvent.id.label("event_id")
    query: Select[*tuple[Any, ...]] = (
        _queue(reviewer_id)
        .with_only_columns(
            QuestionVersion.id, sent, QuestionVersion.question_id, Question.code,
            QuestionVersion.number, QuestionVersion.type, QuestionVersion.stem,
            QuestionVersion.key_changed, QuestionVersion.replaces_id, Topic.name.label("topic"),
            Person.name.label("author"), ReviewEvent.at.label("sent_at"), ReviewEvent.comment,
            QuestionVersion.is_rich,
        )
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .join(Person, Person.id == QuestionVersion.author_id)
    )  # fmt: skip
    for column, value in (
        (QuestionVersion.topic_id, filters.topic_id),
        (QuestionVersion.type, filters.type),
        (QuestionVersion.author_id, filters.author_id),
        (QuestionVersion.import_id, filters.import_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return listing(
        session, query, sorts={"sent": ReviewEvent.id}, default="sent", per_page=PER_PAGE,
        scalars=False,
    )  # fmt: skip


@dataclass(frozen=True)
class QueueChoices:
    """What the queue can be narrowed by: (id, name) of what is in it."""

    topics: Sequence[tuple[int, str]]
    authors: Sequence[tuple[int, str]]
    imports: Sequence[tuple[int, str]]


def queue_choices(session: Session, reviewer_id: int) -> QueueChoices:
    """Topics, authors and imports that occur in a person's queue; one statement."""
    rows = session.execute(
        _queue(reviewer_id)
        .with_only_columns(
            Topic.ordinal, Topic.id, Topic.name, Person.id, Person.name,
            QuestionImport.id, QuestionImport.filename,
        )
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .join(Person, Person.id == QuestionVersion.author_id)
        .outerjoin(QuestionImport, QuestionImport.id == QuestionVersion.import_id)
        .order_by(None)
        .distinct()
    ).all()  # fmt: skip
    topics = sorted({(row[0], row[1], row[2]) for row in rows})
    imports: set[tuple[int, str]] = {(row[5], row[6]) for row in rows} - {(None, None)}
    return QueueChoices(
        [(id_, name) for _place, id_, name in topics],
        sorted({(row[3], row[4]) for row in rows}, key=lambda pair: pair[1]),
        sorted(imports, reverse=True),
    )


# --- two versions side by side ----------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """Two versions: what changed, and the lines of both with the differing words marked."""

    before: VersionView
    after: VersionView
    changes: Sequence[FieldChange]
    left: Sequence[Line]
    right: Sequence[Line]

    @property
    def key_changed(self) -> bool:
        return any(change.field in {"key", "type"} for change in self.changes)


def compared(before: VersionView, after: VersionView) -> Comparison:
    """Two versions of a question beside one another."""
    changes = field_changes(before.draft, after.draft, before.topic, after.topic)
    return Comparison(before, after, changes, *marked_lines(before.draft, after.draft))


# --- for decisions on many at once -----------------------------------------------


def codes_of(session: Session, version_ids: Collection[int]) -> dict[int, str]:
    """Version id → code of its question, in order of id; unknown ids are left out."""
    rows = session.execute(
        select(QuestionVersion.id, Question.code)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(QuestionVersion.id.in_(version_ids))
        .order_by(QuestionVersion.id)
    )
    return {row.id: row.code for row in rows}


def waiting_of_own(session: Session, version_ids: Collection[int], person_id: int) -> set[int]:
    """Those of these that wait for review and are this person's own work."""
    if not version_ids:
        return set()
    waiting = select(QuestionVersion.id).where(
        QuestionVersion.id.in_(version_ids), QuestionVersion.state == VersionState.IN_REVIEW
    )
    foreign = set(session.scalars(waiting.where(*is_foreign_to(person_id))))
    return set(session.scalars(waiting)) - foreign
