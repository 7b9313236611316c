"""Finding questions: the list, one question with its history, the review queue, what exams may draw."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.errors import NotFound
from core.listing import PER_PAGE, Listing, Sort, long_listing
from question_bank.filters.queries import matching
from question_bank.filters.rules import Filters
from question_bank.laws.queries import ArticleView, quoted_articles
from question_bank.measures.queries import difficulty_in_use
from question_bank.questions.models import Question, QuestionVersion, ReviewEvent, Topic
from question_bank.questions.rules import (
    EXAM_POOLS,
    OPEN_STATES,
    Difficulty,
    Draft,
    QuestionType,
    VersionState,
)
from question_bank.topics.queries import topic, topic_ids, topic_rows, topics

__all__ = [
    "SORTS",
    "EventView",
    "Filters",
    "QuestionView",
    "VersionView",
    "availability",
    "draft_of",
    "eligible",
    "question",
    "question_list",
    "question_page",
    "same_content",
    "topic",
    "topic_ids",
    "topic_rows",
    "topics",
    "version",
]  # fmt: skip

# --- what exams may draw ----------------------------------------------


def eligible(
    topic_id: int | None, type_: QuestionType, difficulty: Difficulty | None
) -> Select[int]:
    """Ids of the approved versions that an exam may use (pool exam or both), in order of id.

    ``topic_id`` and ``difficulty``: None is any. Difficulty is the measured one where there is one.
    """
    query = select(QuestionVersion.id).where(
        QuestionVersion.state == VersionState.APPROVED,
        QuestionVersion.pool.in_(EXAM_POOLS),
        QuestionVersion.type == type_,
    )
    if topic_id is not None:
        query = query.where(QuestionVersion.topic_id == topic_id)
    if difficulty is not None:
        query = query.where(difficulty_in_use() == difficulty)
    return query.order_by(QuestionVersion.id)


def availability(session: Session) -> dict[tuple[int, QuestionType, Difficulty], int]:
    """(topic id, type, difficulty) → how many versions an exam may draw; in one statement."""
    rows = session.execute(
        select(QuestionVersion.topic_id, QuestionVersion.type, difficulty_in_use(), func.count())
        .where(QuestionVersion.state == VersionState.APPROVED, QuestionVersion.pool.in_(EXAM_POOLS))
        .group_by(QuestionVersion.topic_id, QuestionVersion.type, difficulty_in_use())
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


# --- the list --------------------------------------------------------------------


_LISTED = (
    QuestionVersion.id, QuestionVersion.question_id, Question.code, QuestionVersion.number,
    QuestionVersion.state, QuestionVersion.type, QuestionVersion.stem, QuestionVersion.difficulty,
    QuestionVersion.pool, QuestionVersion.may_shuffle, QuestionVersion.basis,
    Topic.name.label("topic"), QuestionVersion.created_at, QuestionVersion.is_rich,
)  # fmt: skip


def _with_names(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return query.join(Question, Question.id == QuestionVersion.question_id).join(
        Topic, Topic.id == QuestionVersion.topic_id
    )


def question_list(filters: Filters) -> Select[*tuple[Any, ...]]:
    """Rows (version and question columns, topic name) of the questions that match."""
    return _with_names(matching(filters).with_only_columns(*_LISTED, maintain_column_froms=True))


SORTS = {
    "code": Sort(Question.code, (Question, Question.id == QuestionVersion.question_id)),
    "type": Sort(QuestionVersion.type),
    "topic": Sort(Topic.name, (Topic, Topic.id == QuestionVersion.topic_id)),
    "created": Sort(QuestionVersion.id),
}


def question_page(session: Session, filters: Filters, per_page: int = PER_PAGE) -> Listing:
    """The page of the list that the address of this request asks for: two statements."""
    return long_listing(
        session, matching(filters), _with_names(select(*_LISTED)), sorts=SORTS, default="-created",
        per_page=per_page, is_costly=bool(filters.words),
    )  # fmt: skip


# --- one question ----------------------------------------------------------------


@dataclass(frozen=True)
class EventView:
    """One step of a version's review. ``by_name`` '': it followed by itself."""

    from_state: VersionState | None
    to_state: VersionState
    by_name: str
    at: datetime
    comment: str


@dataclass(frozen=True)
class VersionView:
    """A version with everything that a page about it shows."""

    id: int
    question_id: int
    code: str
    number: int
    state: VersionState
    draft: Draft
    topic_id: int
    topic: str
    author_id: int
    author: str
    created_at: datetime
    revision: int
    import_id: int | None
    article: ArticleView | None = None
    events: Sequence[EventView] = ()
    replaces_id: int | None = None
    key_changed: bool | None = None

    @property
    def submitted(self) -> EventView | None:
        """When it was sent to review, with what was said."""
        found = [event for event in self.events if event.to_state is VersionState.IN_REVIEW]
        return found[-1] if found else None

    @property
    def was_approved(self) -> bool:
        """Whether it is in use, or was."""
        return any(event.to_state is VersionState.APPROVED for event in self.events)

    @property
    def returned(self) -> EventView | None:
        """When a reviewer gave it back, with the reason; also where it has been rewritten since."""
        found = [event for event in self.events if event.to_state is VersionState.RETURNED]
        return found[-1] if found else None

    @property
    def decided(self) -> EventView | None:
        """The last decision on it."""
        decisions = {VersionState.APPROVED, VersionState.RETURNED, VersionState.RETIRED}
        found = [event for event in self.events if event.to_state in decisions]
        return found[-1] if found else None


@dataclass(frozen=True)
class QuestionView:
    """A question with all its versions, newest first."""

    id: int
    code: str
    versions: Sequence[VersionView]

    @property
    def newest(self) -> VersionView:
        return self.versions[0]

    @property
    def open(self) -> VersionView | None:
        """The version that is being written or reviewed."""
        return next((each for each in self.versions if each.state in OPEN_STATES), None)

    def numbered(self, number: int | None) -> VersionView | None:
        """The version of this number."""
        return next((each for each in self.versions if each.number == number), None)

    def replaced_by(self, version: VersionView) -> VersionView | None:
        """The version that was in use when this one was begun."""
        return next((each for each in self.versions if each.id == version.replaces_id), None)

    def returned_before(self, version: VersionView) -> VersionView | None:
        """The version right before this one, if it was returned: this one is the answer to that."""
        before = self.numbered(version.number - 1)
        return before if before is not None and before.returned else None

    def successor_of(self, version: VersionView) -> VersionView | None:
        """The version that has come into use in place of this one."""
        return next(
            (
                each
                for each in self.versions
                if each.replaces_id == version.id and each.was_approved
            ),
            None,
        )

    @property
    def suspended(self) -> VersionView | None:
        """The version that waits for somebody to confirm its basis or key (待复核)."""
        return next(
            (each for each in self.versions if each.state is VersionState.NEEDS_REVIEW), None
        )

    @property
    def approved(self) -> VersionView | None:
        return next((each for each in self.versions if each.state is VersionState.APPROVED), None)


def draft_of(version: QuestionVersion) -> Draft:
    """The content of a stored version."""
    return Draft(
        version.type, version.stem, tuple(version.options), version.key, version.explanation,
        version.difficulty, version.pool, version.may_shuffle, version.basis, version.passage,
        version.is_rich,
    )  # fmt: skip


def _views(session: Session, *conditions: ColumnElement[bool]) -> list[VersionView]:
    """Versions, newest first, with review events and articles: three statements."""
    rows = session.execute(
        select(QuestionVersion, Question.code, Topic.name, Person.name)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .join(Person, Person.id == QuestionVersion.author_id)
        .where(*conditions)
        .order_by(QuestionVersion.number.desc())
    ).all()
    versions = [row[0] for row in rows]
    events = _events(session, [version.id for version in versions])
    articles = quoted_articles(session, [version.article_id for version in versions], clock.today())
    return [
        VersionView(
            version.id, version.question_id, code, version.number, version.state,
            draft_of(version), version.topic_id, topic_name, version.author_id, author,
            version.created_at, version.revision, version.import_id,
            articles.get(version.article_id) if version.article_id else None,
            events.get(version.id, []), version.replaces_id, version.key_changed,
        )
        for version, code, topic_name, author in rows
    ]  # fmt: skip


def _events(session: Session, version_ids: Collection[int]) -> dict[int, list[EventView]]:
    found: dict[int, list[EventView]] = {}
    for row in session.execute(
        select(ReviewEvent, Person.name)
        .outerjoin(Person, Person.id == ReviewEvent.by_id)
        .where(ReviewEvent.version_id.in_(version_ids))
        .order_by(ReviewEvent.id)
    ):
        event, name = row
        found.setdefault(event.version_id, []).append(
            EventView(event.from_state, event.to_state, name or "", event.at, event.comment)
        )
    return found


def question(session: Session, question_id: int) -> QuestionView:
    """A question with all versions, their review and their articles; NotFound if there is none."""
    versions = _views(session, QuestionVersion.question_id == question_id)
    if not versions:
        raise NotFound
    return QuestionView(question_id, versions[0].code, versions)


def version(session: Session, version_id: int) -> VersionView:
    """One version; NotFound if there is none."""
    found = _views(session, QuestionVersion.id == version_id)
    if not found:
        raise NotFound
    return found[0]


def same_content(session: Session, digest: str, question_id: int | None) -> str | None:
    """Code of another question with a version (not retired) of exactly this content."""
    query = (
        select(Question.code)
        .join(QuestionVersion, QuestionVersion.question_id == Question.id)
        .where(QuestionVersion.digest == digest, QuestionVersion.state != VersionState.RETIRED)
        .limit(1)
    )
    if question_id is not None:
        query = query.where(Question.id != question_id)
    return session.scalar(query)
