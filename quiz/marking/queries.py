"""What waits for people to mark, without a word about whose it is, and what they gave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from core.db import table_of
from core.errors import NotFound
from core.richtext import plain
from question_bank.laws.queries import ArticleView, articles_by_id
from quiz.attempts.models import Answer, Attempt, AttemptState
from quiz.corrections.rules import MARKED_STATES
from quiz.marking.models import AnswerMark, AnswerToMark
from quiz.occasions.models import Occasion
from quiz.papers.queries import Version, versions_of


@dataclass(frozen=True)
class GivenMark:
    """The newest mark of one answer, in hundredths; ``number`` counts the marks that it had."""

    number: int
    marks: int
    comment: str
    by_id: int


_mark = table_of(AnswerMark).c


def marks_of(session: Session, attempt_id: int) -> dict[int, GivenMark]:
    """What people gave the short answers of an attempt by now, by position; one statement."""
    rows = session.connection().execute(
        select(_mark.position, _mark.number, _mark.marks, _mark.comment, _mark.by_id)
        .where(_mark.attempt_id == attempt_id)
        .order_by(_mark.number)
    )
    return {row.position: GivenMark(row.number, row.marks, row.comment, row.by_id) for row in rows}


# --- what waits -------------------------------------------------------------------


def _is_marked() -> ColumnElement[bool]:
    """Whether the answer in the surrounding statement has a mark."""
    return exists().where(
        AnswerMark.attempt_id == AnswerToMark.attempt_id,
        AnswerMark.position == AnswerToMark.position,
    )


def _open_to(person_id: int) -> ColumnElement[bool]:
    """Answers of attempts that wait for their marks, but for this person's own."""
    return and_(Attempt.state == AttemptState.SUBMITTED, Attempt.person_id != person_id)


def unmarked(session: Session, attempt_id: int) -> int:
    """How many short answers of an attempt have no mark yet."""
    query = select(func.count(AnswerToMark.id)).where(
        AnswerToMark.attempt_id == attempt_id, ~_is_marked()
    )
    return session.scalar(query) or 0


@dataclass(frozen=True)
class Waiting:
    """How many answers wait for one marker, in how many papers, and since when."""

    answers: int
    papers: int
    since: datetime | None


def waiting(session: Session, person_id: int) -> Waiting:
    """What waits for this marker in all; one statement."""
    row = session.execute(
        select(
            func.count(AnswerToMark.id), func.count(AnswerToMark.attempt_id.distinct()),
            func.min(Attempt.submitted_at),
        )
        .join(Attempt, Attempt.id == AnswerToMark.attempt_id)
        .where(_open_to(person_id), ~_is_marked())
    ).one()  # fmt: skip
    return Waiting(*row)


@dataclass(frozen=True)
class QuestionRow:
    """One question of one occasion with answers that wait. ``most``: marks it may earn."""

    occasion_id: int
    version_id: int
    title: str
    stem: str
    most: int
    answers: int
    marked: int
    since: datetime | None


def stem_of(version: Version) -> str:
    """The stem without markup, for lists."""
    return plain(version.stem, version.is_rich)


def questions_to_mark(session: Session, person_id: int) -> list[QuestionRow]:
    """Questions that this marker can mark answers to, the longest waiting first; two statements."""
    counted = func.count(AnswerToMark.id)
    marked = func.count(AnswerToMark.id).filter(_is_marked())
    rows = session.execute(
        select(
            AnswerToMark.occasion_id, AnswerToMark.version_id, Occasion.title,
            func.max(AnswerToMark.most), counted, marked,
            func.min(Attempt.submitted_at).label("since"),
        )
        .join(Attempt, Attempt.id == AnswerToMark.attempt_id)
        .join(Occasion, Occasion.id == AnswerToMark.occasion_id)
        .where(_open_to(person_id))
        .group_by(AnswerToMark.occasion_id, AnswerToMark.version_id, Occasion.title)
        .having(counted > marked)
        .order_by("since", AnswerToMark.occasion_id, AnswerToMark.version_id)
    ).all()  # fmt: skip
    versions = versions_of(session, (row.version_id for row in rows))
    return [
        QuestionRow(
            row[0], row[1], row[2], stem_of(versions[row[1]]), row[3], row[4], row[5], row[6]
        )
        for row in rows
    ]


# --- one question -----------------------------------------------------------------


@dataclass(frozen=True)
class QuestionToMark:
    """One question as a marker sees it. ``waiting``: ids of the answers that have no mark yet."""

    occasion_id: int
    version: Version
    title: str
    most: int
    answers: int
    waiting: tuple[int, ...]
    article: ArticleView | None


def question_to_mark(
    session: Session, occasion_id: int, version_id: int, person_id: int
) -> QuestionToMark:
    """A question of an occasion with its answers; NotFound where none can be marked any more."""
    rows = session.execute(
        select(AnswerToMark.id, AnswerToMark.most, Occasion.title, _is_marked().label("is_marked"))
        .join(Attempt, Attempt.id == AnswerToMark.attempt_id)
        .join(Occasion, Occasion.id == AnswerToMark.occasion_id)
        .where(
            AnswerToMark.occasion_id == occasion_id, AnswerToMark.version_id == version_id,
            _open_to(person_id),
        )
    ).all()  # fmt: skip
    if not rows:
        raise NotFound(_("这道题没有要评的答卷，或者都已经评完。"))
    version = versions_of(session, [version_id])[version_id]
    article_id = version.article_id or 0
    return QuestionToMark(
        occasion_id, version, rows[0].title, max(row.most for row in rows), len(rows),
        tuple(row.id for row in rows if not row.is_marked),
        articles_by_id(session, [version.article_id]).get(article_id),
    )  # fmt: skip


def question_of(session: Session, answer: AnswerView) -> QuestionToMark:
    """The question of an answer that no longer waits."""
    title = session.scalar(select(Occasion.title).where(Occasion.id == answer.occasion_id)) or ""
    version = versions_of(session, [answer.version_id])[answer.version_id]
    article = articles_by_id(session, [version.article_id]).get(version.article_id or 0)
    return QuestionToMark(answer.occasion_id, version, title, answer.most, 0, (), article)


def _newest_mark(later: Any) -> ColumnElement[bool]:
    """The newest mark of the answer in the surrounding statement."""
    return and_(
        AnswerMark.attempt_id == AnswerToMark.attempt_id,
        AnswerMark.position == AnswerToMark.position,
        AnswerMark.number
        == select(func.max(later.number))
        .where(later.attempt_id == AnswerToMark.attempt_id, later.position == AnswerToMark.position)
        .scalar_subquery(),
    )


def _answers(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Answers under this condition, with their newest marks: columns of AnswerView."""
    return (
        select(
            AnswerToMark.id, AnswerToMark.attempt_id, AnswerToMark.position,
            AnswerToMark.occasion_id, AnswerToMark.version_id, AnswerToMark.most, Answer.value,
            AnswerMark.number, AnswerMark.marks, AnswerMark.comment, Person.name,
            Person.id,
        )
        .join(Attempt, Attempt.id == AnswerToMark.attempt_id)
        .join(
            Answer,
            and_(
                Answer.attempt_id == AnswerToMark.attempt_id,
                Answer.position == AnswerToMark.position,
            ),
        )
        .outerjoin(AnswerMark, _newest_mark(aliased(AnswerMark)))
        .outerjoin(Person, Person.id == AnswerMark.by_id)
        .where(condition)
    )  # fmt: skip


@dataclass(frozen=True)
class AnswerView:
    """One answer without its author. ``number`` 0: not marked yet; ``marks`` in hundredths."""

    id: int
    attempt_id: int
    position: int
    occasion_id: int
    version_id: int
    most: int
    text: str
    number: int
    marks: int | None
    comment: str
    marker: str
    marker_id: int | None


def _view(row: Sequence[Any]) -> AnswerView:
    return AnswerView(
        row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6]), row[7] or 0, row[8],
        row[9] or "", row[10] or "", row[11],
    )  # fmt: skip


def answers_to(occasion_id: int, version_id: int, person_id: int) -> Select[*tuple[Any, ...]]:
    """Answers to one question, for a list; rows for ``as_views``."""
    return (
        _answers(_open_to(person_id))
        .where(AnswerToMark.occasion_id == occasion_id, AnswerToMark.version_id == version_id)
        .order_by(AnswerToMark.id)
    )


def as_views(rows: Sequence[Sequence[Any]]) -> list[AnswerView]:
    """Rows of ``answers_to`` as values."""
    return [_view(row) for row in rows]


def answer_of(session: Session, answer_id: int, person_id: int) -> AnswerView:
    """One answer for this marker; NotFound where it is their own, or no longer to be marked."""
    row = session.execute(_answers(_open_to(person_id)).where(AnswerToMark.id == answer_id)).first()
    if row is None:
        raise NotFound(_("这份答卷已经评完、作废，或者不由您评。"))
    return _view(row)


# --- once it is scored --------------------------------------------------------------


def scored_answer(session: Session, attempt_id: int, position: int, person_id: int) -> AnswerView:
    """A marked answer of a scored attempt of somebody else; NotFound where there is none."""
    is_scored = and_(Attempt.state.in_(MARKED_STATES), Attempt.person_id != person_id)
    row = session.execute(
        _answers(is_scored).where(
            AnswerToMark.attempt_id == attempt_id, AnswerToMark.position == position
        )
    ).first()
    if row is None:
        raise NotFound(_("没有这样一份评过分的答案，或者它是您自己的。"))
    return _view(row)


def marked_positions(session: Session, attempt_id: int) -> list[int]:
    """Where an attempt has answers that people marked, in order."""
    return list(
        session.scalars(
            select(AnswerToMark.position)
            .where(AnswerToMark.attempt_id == attempt_id)
            .order_by(AnswerToMark.position)
        )
    )
