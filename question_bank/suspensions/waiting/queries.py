"""Questions in doubt by the article they cite; an article before and now, with its questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from core.clock import civil_date
from core.differences import Segment, former, latter, segments
from core.errors import NotFound
from core.listing import Listing, listing
from question_bank.laws.models import Article, LawVersion
from question_bank.laws.queries import Standing, newest_in_force, standings
from question_bank.questions.models import Question, QuestionVersion
from question_bank.questions.queries import draft_of
from question_bank.questions.rules import OPEN_STATES, Draft, VersionState
from question_bank.review.queries import is_foreign_to
from question_bank.suspensions.models import Suspension
from question_bank.suspensions.rules import Reason

PER_PAGE = 50
NO_ARTICLE = 0  # in addresses: questions that cite nothing known

_OPEN: tuple[ColumnElement[bool], ...] = (
    Suspension.closed_at.is_(None),
    QuestionVersion.state == VersionState.NEEDS_REVIEW,
)


@dataclass(frozen=True)
class Group:
    """Questions in doubt that cite one article. ``standing`` None: they cite nothing known."""

    article_id: int
    standing: Standing | None
    questions: int
    reported: int  # of them, put in doubt by a report
    since: datetime


def waiting_count(session: Session) -> int:
    """How many questions are in doubt."""
    query = select(func.count()).where(QuestionVersion.state == VersionState.NEEDS_REVIEW)
    return session.scalar(query) or 0


def groups(session: Session, now: datetime) -> list[Group]:
    """All articles with questions in doubt, by law and in order; two statements."""
    is_report = func.count().filter(Suspension.reason == Reason.REPORTED)
    rows = session.execute(
        select(
            func.coalesce(QuestionVersion.article_id, NO_ARTICLE), func.count(), is_report,
            func.min(Suspension.opened_at),
        )
        .join(QuestionVersion, QuestionVersion.id == Suspension.version_id)
        .outerjoin(Article, Article.id == QuestionVersion.article_id)
        .where(*_OPEN)
        .group_by(QuestionVersion.article_id, Article.law_version_id, Article.ordinal)
        .order_by(Article.law_version_id, Article.ordinal)
    ).all()  # fmt: skip
    standing = standings(session, [row[0] for row in rows], civil_date(now))
    found = [Group(row[0], standing.get(row[0]), *row[1:]) for row in rows]
    return sorted(found, key=lambda one: one.standing.cited.title if one.standing else "")


@dataclass(frozen=True)
class Waiting:
    """One question in doubt. ``may_decide``: not the viewer's own work, and nobody is rewriting it.

    ``draft``: its words without the citation, which stands in ``basis``.
    """

    version_id: int
    question_id: int
    code: str
    number: int
    draft: Draft
    basis: str
    reason: Reason
    comment: str
    since: datetime
    is_own: bool
    is_rewritten: bool

    @property
    def may_decide(self) -> bool:
        return not (self.is_own or self.is_rewritten)


@dataclass(frozen=True)
class WaitingPage:
    """An article as it was cited and as it is now, with a page of its questions.

    ``before`` and ``after``: pieces of the two texts; ``after`` empty where nothing took its place.
    """

    standing: Standing | None
    before: Sequence[Segment]
    after: Sequence[Segment]
    listing: Listing
    questions: Sequence[Waiting]


def waiting_page(session: Session, article_id: int, person_id: int, now: datetime) -> WaitingPage:
    """The questions in doubt on one article, for the page the address asks for.

    NotFound where there is no such article. ``article_id`` 0: those that cite nothing known.
    """
    standing = standings(session, [article_id], civil_date(now)).get(article_id)
    if standing is None and article_id != NO_ARTICLE:
        raise NotFound
    found = listing(
        session, _waiting(article_id, person_id), sorts={"code": Question.code}, default="code",
        per_page=PER_PAGE, scalars=False,
    )  # fmt: skip
    questions = [
        Waiting(
            row[0].id, row[0].question_id, row[1], row[0].number,
            replace(draft_of(row[0]), basis=""), row[0].basis, row[2], row[3],
            row[4], not row[5], row[6],
        )
        for row in found.items
    ]  # fmt: skip
    present = standing.present.text if standing and standing.present else ""
    pieces = segments(standing.cited.text if standing else "", present)
    return WaitingPage(standing, former(pieces), latter(pieces), found, questions)


def _waiting(article_id: int, person_id: int) -> Select[*tuple[Any, ...]]:
    other = aliased(QuestionVersion)
    is_rewritten = exists().where(
        other.question_id == QuestionVersion.question_id, other.state.in_(OPEN_STATES)
    )
    cites = (
        QuestionVersion.article_id == article_id
        if article_id != NO_ARTICLE
        else QuestionVersion.article_id.is_(None)
    )
    return (
        select(
            QuestionVersion, Question.code, Suspension.reason, Suspension.comment,
            Suspension.opened_at, and_(*is_foreign_to(person_id)), is_rewritten,
        )
        .join(Suspension, Suspension.version_id == QuestionVersion.id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(*_OPEN, cites)
    )  # fmt: skip


def articles_in_force(
    session: Session, cited_article_id: int, now: datetime
) -> list[tuple[int, str]]:
    """(id, label) of the articles of the version in force of the law that an article belongs to."""
    cited, mine, present = aliased(Article), aliased(LawVersion), aliased(LawVersion)
    rows = session.execute(
        select(Article.id, Article.label)
        .join(present, present.id == Article.law_version_id)
        .join(mine, mine.source_id == present.source_id)
        .join(cited, cited.law_version_id == mine.id)
        .where(cited.id == cited_article_id, present.id.in_(newest_in_force(civil_date(now))))
        .order_by(Article.ordinal)
    )
    return [(row.id, row.label) for row in rows]
