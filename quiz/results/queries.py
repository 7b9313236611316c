"""Attempts in lists and results; key, explanation and article only after release."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from core import clock
from core.db import table_of
from core.errors import NotFound
from question_bank.laws.queries import ArticleView, quoted_articles
from question_bank.questions.rules import QuestionType
from quiz.attempts.models import Answer, Attempt, AttemptState, Score
from quiz.attempts.rules import GRACE
from quiz.grading.rules import to_letters
from quiz.keys.queries import as_corrected
from quiz.keys.rules import Verdict
from quiz.marking.queries import marks_of
from quiz.occasions.models import Occasion, ReleaseRule
from quiz.papers.queries import Version, items_of, shown, versions_of
from quiz.papers.rules import Item
from quiz.results.rules import Line, blank_lines, judgement_lines, option_lines


def newest_score() -> ColumnElement[bool]:
    """The newest score of the attempt in the surrounding statement."""
    later = aliased(Score)
    return and_(
        Score.attempt_id == Attempt.id,
        Score.number
        == select(func.max(later.number)).where(later.attempt_id == Attempt.id).scalar_subquery(),
    )


def newest_marks(session: Session, attempt_id: int) -> tuple[int | None, int | None, bool | None]:
    """Marks, most marks (both in hundredths) and whether it is a pass; None where unscored."""
    score = table_of(Score).c
    row = (
        session.connection()
        .execute(
            select(score.marks, score.max_marks, score.is_pass)
            .where(score.attempt_id == attempt_id)
            .order_by(score.number.desc())
            .limit(1)
        )
        .first()
    )
    return (None, None, None) if row is None else (row[0], row[1], row[2])


def newest_key_digest(session: Session, attempt_id: int) -> str:
    """Which keys the newest score of a scored attempt was marked by."""
    return session.execute(
        select(Score.key_digest)
        .where(Score.attempt_id == attempt_id)
        .order_by(Score.number.desc())
        .limit(1)
    ).scalar_one()


def newest_rights(session: Session, attempt_ids: Collection[int]) -> dict[int, list[bool]]:
    """Attempt id → whether each position was answered rightly, by its newest score."""
    score = table_of(Score).c
    rows = session.connection().execute(
        select(score.attempt_id, score.detail)
        .where(score.attempt_id.in_(attempt_ids))
        .order_by(score.attempt_id, score.number)
    )
    return {row[0]: [is_right for _marks, is_right in row[1]] for row in rows}


@dataclass(frozen=True)
class AttemptRow:
    """One attempt in a list. Marks in hundredths; None where not scored."""

    id: int
    occasion_id: int
    person_id: int
    number: int
    state: AttemptState
    started_at: datetime
    deadline_at: datetime
    submitted_at: datetime | None
    marks: int | None
    max_marks: int | None
    is_pass: bool | None

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be worked on."""
        return self.state is AttemptState.IN_PROGRESS and now <= self.deadline_at + GRACE


def attempt_rows(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Attempts that match the conditions with their newest scores, as columns of AttemptRow."""
    return (
        select(
            Attempt.id, Attempt.occasion_id, Attempt.person_id, Attempt.number, Attempt.state,
            Attempt.started_at, Attempt.deadline_at, Attempt.submitted_at, Score.marks,
            Score.max_marks, Score.is_pass,
        )
        .outerjoin(Score, newest_score())
        .where(*conditions)
        .order_by(Attempt.occasion_id, Attempt.person_id, Attempt.number)
    )  # fmt: skip


def attempts_of(
    session: Session, occasion_ids: Collection[int], person_id: int
) -> list[AttemptRow]:
    """One person's attempts at these occasions, oldest first, in one statement."""
    query = attempt_rows(Attempt.occasion_id.in_(occasion_ids), Attempt.person_id == person_id)
    return [AttemptRow(*row) for row in session.execute(query)]


def attempts_at(session: Session, occasion_ids: Collection[int]) -> list[AttemptRow]:
    """All attempts at these occasions; whoever calls has decided what the viewer may see."""
    return [
        AttemptRow(*row)
        for row in session.execute(attempt_rows(Attempt.occasion_id.in_(occasion_ids)))
    ]


@dataclass(frozen=True)
class ResultQuestion:
    """One question after release. Letters are those of the paper; ``earned`` in hundredths.

    ``key`` has the shape of a value; of a fill-in, the accepted texts of each blank. ``comment``: of
    whoever marked a short answer. ``corrected``: how its key was corrected after papers had been
    drawn, None where it was not.
    """

    position: int
    type: QuestionType
    stem: str
    options: tuple[tuple[str, str], ...]
    blanks: int
    marks: int
    value: Any
    key: Any
    earned: int
    is_right: bool
    explanation: str
    article_id: int | None
    basis: str
    passage: str = ""
    is_rich: bool = False
    comment: str = ""
    corrected: Verdict | None = None


@dataclass(frozen=True)
class ResultView:
    """What a result page shows. ``questions`` is empty until release; marks in hundredths."""

    attempt_id: int
    occasion_id: int
    person_id: int
    kind: str
    title: str
    number: int
    state: AttemptState
    started_at: datetime
    submitted_at: datetime | None
    deadline_at: datetime
    closed_by: str
    closes_at: datetime
    release_rule: ReleaseRule
    marks: int | None
    max_marks: int | None
    is_pass: bool | None
    pass_mark: int  # marks
    receipt: dict[str, Any] | None
    questions: tuple[ResultQuestion, ...]

    @property
    def is_released(self) -> bool:
        return self.state is AttemptState.RELEASED


def result_of(session: Session, attempt_id: int, person_id: int | None) -> ResultView:
    """The result of an attempt; NotFound unless it is this person's.

    ``person_id`` None: the caller has decided that the viewer may see it. ``settle`` it before.
    """
    query = (
        select(Attempt, Occasion, Score)
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .outerjoin(Score, newest_score())
        .where(Attempt.id == attempt_id)
    )
    if person_id is not None:
        query = query.where(Attempt.person_id == person_id)
    row = session.execute(query).first()
    if row is None:
        raise NotFound()
    attempt, occasion = row[0], row[1]
    score: Score | None = row[2]
    questions: tuple[ResultQuestion, ...] = ()
    if score is not None and attempt.state is AttemptState.RELEASED:
        questions = _explained(session, attempt, score)
    return ResultView(
        attempt.id, occasion.id, attempt.person_id, occasion.kind, occasion.title, attempt.number,
        attempt.state, attempt.started_at, attempt.submitted_at, attempt.deadline_at,
        attempt.closed_by, occasion.closes_at, occasion.release_rule,
        score.marks if score else None, score.max_marks if score else None,
        score.is_pass if score else None, occasion.pass_mark, attempt.receipt,
        questions,
    )  # fmt: skip


def _explained(session: Session, attempt: Attempt, score: Score) -> tuple[ResultQuestion, ...]:
    items = items_of(session, (attempt.paper_id, attempt.started_at))
    versions, corrected = as_corrected(
        session, versions_of(session, (item.version_id for item in items))
    )
    values = {
        position: json.loads(value)
        for position, value in session.execute(
            select(Answer.position, Answer.value).where(Answer.attempt_id == attempt.id)
        )
    }
    by_people = any(item.type is QuestionType.SHORT_ANSWER for item in items)
    given = marks_of(session, attempt.id) if by_people else {}
    questions = []
    for position, item in enumerate(items, start=1):
        version = versions[item.version_id]
        earned, is_right = score.detail[position - 1]
        seen = shown(position, item, version)
        questions.append(
            ResultQuestion(
                position, item.type, version.stem, seen.options, item.blanks, item.marks,
                values.get(position), shown_key(item, version), earned, is_right,
                version.explanation, version.article_id, version.basis, version.passage,
                version.is_rich, given[position].comment if position in given else "",
                corrected.get(version.id),
            )
        )  # fmt: skip
    return tuple(questions)


def shown_key(item: Item, version: Version) -> Any:
    """The key in the shape of a value, in the letters of the paper; texts as in the version."""
    if item.type is QuestionType.SINGLE:
        return to_letters(version.key, item.order)[0]
    if item.type is QuestionType.MULTIPLE:
        return to_letters(version.key, item.order)
    return version.key


# --- one question after another ------------------------------------------------------


@dataclass(frozen=True)
class ReviewedQuestion:
    """One question after release, line by line, with the article that it rests on."""

    question: ResultQuestion
    lines: tuple[Line, ...]
    accepted: tuple[str, ...]  # of a fill-in: what would have been right, blank by blank
    article: ArticleView | None


def reviewed(session: Session, questions: Sequence[ResultQuestion]) -> tuple[ReviewedQuestion, ...]:
    """Questions as a review shows them; one statement for all articles."""
    articles = quoted_articles(
        session, [question.article_id for question in questions], clock.today()
    )
    return tuple(
        ReviewedQuestion(
            question, _lines(question),
            tuple(_("或").join(texts) for texts in question.key)
            if question.type is QuestionType.FILL_IN else (),
            articles.get(question.article_id) if question.article_id else None,
        )
        for question in questions
    )  # fmt: skip


def _lines(question: ResultQuestion) -> tuple[Line, ...]:
    if question.type is QuestionType.TRUE_FALSE:
        return judgement_lines(question.key, question.value, (_("正确"), _("错误")))
    if question.type is QuestionType.SHORT_ANSWER:
        return ()  # what people said of it stands beside it
    if question.type is QuestionType.FILL_IN:
        return blank_lines(question.key, question.value, question.is_right)
    return option_lines(question.options, question.key, question.value)
