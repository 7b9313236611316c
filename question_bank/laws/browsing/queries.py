"""Law versions with their articles, the questions that rest on each, and how much is covered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.richtext import plain
from question_bank.laws.models import Article, LawSource, LawVersion
from question_bank.laws.queries import newest_in_force
from question_bank.questions.models import Question, QuestionVersion, VersionState

SHOWN_OF_ONE = 50  # questions listed under one article


@dataclass(frozen=True)
class LawRow:
    """One version of a law in the list. ``covered``: articles that some question rests on."""

    version_id: int
    title: str
    promulgated_on: date
    in_force_on: date
    articles: int
    covered: int
    is_current: bool  # the newest version in force on the day asked about

    @property
    def percent(self) -> int:
        return self.covered * 100 // self.articles if self.articles else 0


@dataclass(frozen=True)
class CitingQuestion:
    """A question that rests on an article, whatever version of the law it was written on."""

    question_id: int
    code: str
    state: VersionState
    stem: str


@dataclass(frozen=True)
class ArticleRow:
    """One article, how many questions (not retired) rest on it or what it was, and the first of them."""

    id: int
    label: str
    text: str
    questions: int
    listed: Sequence[CitingQuestion] = ()

    @property
    def paragraphs(self) -> list[str]:
        return self.text.split("\n")


@dataclass(frozen=True)
class LawView:
    """A version of a law with its articles. ``former_id``: the version it was compared with."""

    version_id: int
    title: str
    promulgated_on: date
    in_force_on: date
    former_id: int | None
    is_current: bool
    articles: Sequence[ArticleRow]

    @property
    def unasked(self) -> list[ArticleRow]:
        return [article for article in self.articles if not article.questions]


def _resting() -> Subquery:
    """(line, number): how many questions, not retired, rest on each line of articles."""
    number = func.count(QuestionVersion.question_id.distinct())
    return (
        select(Article.line_id, number.label("questions"))
        .join(QuestionVersion, QuestionVersion.article_id == Article.id)
        .where(QuestionVersion.state != VersionState.RETIRED)
        .group_by(Article.line_id)
        .subquery()
    )


def laws(session: Session, day: date) -> list[LawRow]:
    """All versions of all laws, newest version first within a law; in one statement."""
    current, resting = newest_in_force(day).subquery(), _resting()
    rows = session.execute(
        select(
            LawVersion.id, LawSource.title, LawVersion.promulgated_on, LawVersion.in_force_on,
            func.count(Article.id), func.count(resting.c.line_id), current.c.id.is_not(None),
        )
        .join(LawSource, LawSource.id == LawVersion.source_id)
        .outerjoin(Article, Article.law_version_id == LawVersion.id)
        .outerjoin(resting, resting.c.line_id == Article.line_id)
        .outerjoin(current, current.c.id == LawVersion.id)
        .group_by(
            LawVersion.id, LawSource.title, LawVersion.promulgated_on, LawVersion.in_force_on,
            current.c.id,
        )
        .order_by(LawSource.title, LawVersion.in_force_on.desc(), LawVersion.id.desc())
    )  # fmt: skip
    return [LawRow(*row) for row in rows]


def law(session: Session, version_id: int, day: date) -> LawView:
    """A version with its articles and the questions that rest on each; two statements.

    NotFound if there is none.
    """
    resting, current = _resting(), newest_in_force(day).subquery()
    rows = session.execute(
        select(
            LawSource.title, LawVersion.promulgated_on, LawVersion.in_force_on,
            LawVersion.former_id, current.c.id.is_not(None).label("current"),
            Article.id, Article.label, Article.text, Article.line_id,
            func.coalesce(resting.c.questions, 0).label("questions"),
        )
        .join(LawSource, LawSource.id == LawVersion.source_id)
        .join(Article, Article.law_version_id == LawVersion.id)
        .outerjoin(resting, resting.c.line_id == Article.line_id)
        .outerjoin(current, current.c.id == LawVersion.id)
        .where(LawVersion.id == version_id)
        .order_by(Article.ordinal)
    ).all()  # fmt: skip
    if not rows:
        raise NotFound
    head = rows[0]
    listed = questions_on(session, [row.line_id for row in rows if row.questions])
    articles = [
        ArticleRow(row.id, row.label, row.text, row.questions, listed.get(row.line_id, ()))
        for row in rows
    ]
    return LawView(
        version_id, head.title, head.promulgated_on, head.in_force_on, head.former_id,
        head.current, articles,
    )  # fmt: skip


def questions_on(
    session: Session, lines: Collection[int | None]
) -> dict[int, list[CitingQuestion]]:
    """Line of articles → questions that rest on it, the first ``SHOWN_OF_ONE`` by code; one statement."""
    if not lines:
        return {}
    newest = func.row_number().over(
        partition_by=(Article.line_id, Question.id), order_by=QuestionVersion.number.desc()
    )
    place = func.dense_rank().over(partition_by=Article.line_id, order_by=Question.code)
    ranked = (
        select(Article.line_id, Question.id, Question.code, QuestionVersion.state,
               QuestionVersion.stem, QuestionVersion.is_rich, newest.label("newest"),
               place.label("place"))
        .join(QuestionVersion, QuestionVersion.article_id == Article.id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(
            QuestionVersion.state != VersionState.RETIRED,
            Article.line_id.in_({line for line in lines if line is not None}),
        )
        .subquery()
    )  # fmt: skip
    rows = session.execute(
        select(ranked)
        .where(ranked.c.newest == 1, ranked.c.place <= SHOWN_OF_ONE)
        .order_by(ranked.c.place)
    )
    found: dict[int, list[CitingQuestion]] = {}
    for row in rows:
        one = CitingQuestion(row.id, row.code, row.state, plain(row.stem, row.is_rich))
        found.setdefault(row.line_id, []).append(one)
    return found
