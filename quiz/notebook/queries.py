"""What a person's notebook holds, as far as it may be practised today."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.richtext import plain
from question_bank.questions.models import QuestionVersion, Topic, VersionState
from question_bank.questions.rules import MARKED_BY_KEY, PRACTICE_POOLS, QuestionType
from quiz.notebook.models import NotebookEntry
from quiz.notebook.rules import due_before


@dataclass(frozen=True)
class TopicCount:
    """How many questions of one topic are in a notebook, and how many of them are due today."""

    topic_id: int
    topic: str
    wrong: int
    due: int


@dataclass(frozen=True)
class NotebookSummary:
    """A notebook in figures. ``by_topic``: (topic, questions, due today) in the topics' order."""

    all: int
    due: int
    by_topic: list[tuple[str, int, int]]


@dataclass(frozen=True)
class EntryRow:
    """One question of a notebook as it reads today."""

    question_id: int
    type: QuestionType
    stem: str
    topic: str
    wrong_count: int
    last_wrong_at: datetime
    due_at: datetime
    is_rich: bool = False

    @property
    def words(self) -> str:
        """The stem without markup."""
        return plain(self.stem, self.is_rich)

    def is_due(self, now: datetime) -> bool:
        """Whether today is the day to practise it."""
        return self.due_at < due_before(now)


def practisable() -> ColumnElement[bool]:
    """Condition: the approved version of a question, open to practice and marked by its key."""
    return and_(
        QuestionVersion.state == VersionState.APPROVED,
        QuestionVersion.pool.in_(PRACTICE_POOLS),
        QuestionVersion.type.in_(MARKED_BY_KEY),
    )


def _held(query: Select[*tuple[Any, ...]], person_id: int) -> Select[*tuple[Any, ...]]:
    """Entries that their person keeps, with the version that is practised now.

    A question that was retired, or is reserved for exams by now, is not shown.
    """
    return query.join(
        QuestionVersion, QuestionVersion.question_id == NotebookEntry.question_id
    ).where(NotebookEntry.person_id == person_id, NotebookEntry.removed_at.is_(None), practisable())


def topic_counts(session: Session, person_id: int, now: datetime) -> list[TopicCount]:
    """The notebook by topic, in one statement."""
    is_due = NotebookEntry.due_at < due_before(now)
    query = _held(
        select(Topic.id, Topic.name, func.count(), func.count().filter(is_due)).select_from(
            NotebookEntry
        ),
        person_id,
    ).join(Topic, Topic.id == QuestionVersion.topic_id)
    query = query.group_by(Topic.id, Topic.name, Topic.ordinal).order_by(Topic.ordinal, Topic.id)
    return [TopicCount(*row) for row in session.execute(query)]


def summary(counts: Collection[TopicCount]) -> NotebookSummary:
    """The figures of ``topic_counts`` together."""
    return NotebookSummary(
        sum(one.wrong for one in counts), sum(one.due for one in counts),
        [(one.topic, one.wrong, one.due) for one in counts],
    )  # fmt: skip


def due(session: Session, person_id: int, now: datetime) -> NotebookSummary:
    """How much there is, and what to practise today; in one statement."""
    return summary(topic_counts(session, person_id, now))


def entries_of(person_id: int, topic_id: int | None = None) -> Select[*tuple[Any, ...]]:
    """The notebook as columns of EntryRow, soonest due first; for lists."""
    query = _held(
        select(
            NotebookEntry.question_id, QuestionVersion.type, QuestionVersion.stem, Topic.name,
            NotebookEntry.wrong_count, NotebookEntry.last_wrong_at, NotebookEntry.due_at,
            QuestionVersion.is_rich,
        ).select_from(NotebookEntry),
        person_id,
    ).join(Topic, Topic.id == QuestionVersion.topic_id)  # fmt: skip
    if topic_id is not None:
        query = query.where(QuestionVersion.topic_id == topic_id)
    return query.order_by(NotebookEntry.due_at, NotebookEntry.question_id)


def entry_of(session: Session, person_id: int, question_id: int) -> EntryRow:
    """One question of the person's notebook; NotFound where it is not in it."""
    row = session.execute(
        entries_of(person_id).where(NotebookEntry.question_id == question_id)
    ).first()
    if row is None:
        raise NotFound
    return EntryRow(*row)


def versions_to_practise(
    session: Session,
    person_id: int,
    *,
    topic_id: int | None = None,
    question_ids: Collection[int] | None = None,
    limit: int,
) -> list[int]:
    """Ids of the versions to practise: what is due first, then the rest in the order of its turn."""
    query = _held(select(QuestionVersion.id).select_from(NotebookEntry), person_id)
    if topic_id is not None:
        query = query.where(QuestionVersion.topic_id == topic_id)
    if question_ids is not None:
        query = query.where(NotebookEntry.question_id.in_(question_ids))
    query = query.order_by(NotebookEntry.due_at, NotebookEntry.question_id).limit(limit)
    return list(session.scalars(query))
