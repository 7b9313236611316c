"""Finding questions in doubt: what cites a changed article, what waits, what may be approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, Subquery, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from core.clock import civil_date
from question_bank.laws.comparison import IN_DOUBT
from question_bank.laws.models import Article, ArticleChange, LawSource, LawVersion
from question_bank.laws.queries import ArticleView, articles_by_id, newest_in_force
from question_bank.questions.models import Question, QuestionVersion
from question_bank.questions.rules import OPEN_STATES, VersionState
from question_bank.review.queries import is_foreign_to
from question_bank.suspensions.models import Suspension
from question_bank.suspensions.rules import Reason

# --- what a revision touches --------------------------------------------------------


def citing(law_version_id: int, day: date | None) -> Subquery:
    """(article_id, reason) of the articles, in versions before this one, that it put in doubt.

    They are of the lines that it changed or deleted, and their text is not in force on ``day``;
    ``day`` None: as if this version were in force already.
    """
    version, before = aliased(LawVersion), aliased(LawVersion)
    old, cited, present = aliased(Article), aliased(Article), aliased(Article)
    in_force: Select[int] = (
        select(LawVersion.id).where(LawVersion.id == law_version_id)
        if day is None
        else newest_in_force(day)
    )
    return (
        select(
            cited.id.label("article_id"),
            case(
                (present.id.is_(None), literal(Reason.LAW_DELETED.value)),
                else_=literal(Reason.LAW_CHANGED.value),
            ).label("reason"),
        )
        .select_from(ArticleChange)
        .join(version, version.id == ArticleChange.law_version_id)
        .join(old, old.id == ArticleChange.old_article_id)
        .join(cited, cited.line_id == old.line_id)
        .join(before, before.id == cited.law_version_id)
        .outerjoin(
            present, and_(present.line_id == cited.line_id, present.law_version_id.in_(in_force))
        )
        .where(
            ArticleChange.law_version_id == law_version_id,
            ArticleChange.kind.in_(IN_DOUBT),
            or_(
                before.in_force_on < version.in_force_on,
                and_(
                    before.in_force_on == version.in_force_on,
                    before.promulgated_on < version.promulgated_on,
                ),
            ),
            or_(present.id.is_(None), present.digest != cited.digest),
        )
        .distinct()
        .subquery()
    )


def will_be_suspended(session: Session, law_version_id: int) -> int:
    """How many approved questions a version of a law puts in doubt once it is in force."""
    cited = citing(law_version_id, None)
    query = (
        select(func.count())
        .select_from(QuestionVersion)
        .where(
            QuestionVersion.state == VersionState.APPROVED,
            QuestionVersion.article_id.in_(select(cited.c.article_id)),
        )
    )
    return session.scalar(query) or 0


def suspended_by(session: Session, law_version_id: int) -> tuple[int, int]:
    """(questions that a version of a law put in doubt, those of them that still are)."""
    is_open = func.count().filter(QuestionVersion.state == VersionState.NEEDS_REVIEW)
    row = session.execute(
        select(func.count(), is_open)
        .select_from(Suspension)
        .join(QuestionVersion, QuestionVersion.id == Suspension.version_id)
        .where(Suspension.law_version_id == law_version_id)
    ).one()
    return row[0], row[1]


# --- conditions of decisions --------------------------------------------------------


def in_force(session: Session, article_id: int, now: datetime) -> ArticleView | None:
    """An article as it is quoted, where its version is in force; None where it is not.

    It stays in force until the transaction ends: who brings another version into force waits.
    """
    found = session.scalar(
        select(Article.id)
        .join(LawVersion, LawVersion.id == Article.law_version_id)
        .join(LawSource, LawSource.id == LawVersion.source_id)
        .where(
            Article.id == article_id,
            Article.law_version_id.in_(newest_in_force(civil_date(now))),
        )
        .with_for_update(read=True, of=LawSource)
    )
    return articles_by_id(session, [found]).get(article_id) if found else None


def resting_on(
    session: Session, version_ids: Sequence[int], article_id: int | None, now: datetime
) -> set[int]:
    """Those of these versions that need no other basis: they cite this article already.

    ``article_id`` None: those that cite nothing, or an article whose text is in force.
    """
    query = select(QuestionVersion.id).where(QuestionVersion.id.in_(version_ids))
    if article_id is not None:
        return set(session.scalars(query.where(QuestionVersion.article_id == article_id)))
    cited, present = aliased(Article), aliased(Article)
    stands = exists().where(
        cited.id == QuestionVersion.article_id,
        present.line_id == cited.line_id,
        present.digest == cited.digest,
        present.law_version_id.in_(newest_in_force(civil_date(now))),
    )
    return set(session.scalars(query.where(or_(QuestionVersion.article_id.is_(None), stands))))


def codes_of(session: Session, version_ids: Sequence[int]) -> list[str]:
    """Codes of the questions of these versions, in order."""
    return list(
        session.scalars(
            select(Question.code)
            .join(QuestionVersion, QuestionVersion.question_id == Question.id)
            .where(QuestionVersion.id.in_(version_ids))
            .order_by(Question.code)
        )
    )


def codes_being_changed(session: Session, version_ids: Sequence[int]) -> list[str]:
    """Codes of those whose next version is being written or reviewed."""
    other = aliased(QuestionVersion)
    return list(
        session.scalars(
            select(Question.code)
            .join(QuestionVersion, QuestionVersion.question_id == Question.id)
            .where(
                QuestionVersion.id.in_(version_ids),
                exists().where(
                    other.question_id == QuestionVersion.question_id, other.state.in_(OPEN_STATES)
                ),
            )
            .order_by(Question.code)
        )
    )


def own_codes(session: Session, version_ids: Sequence[int], person_id: int) -> list[str]:
    """Codes of those that are this person's own work."""
    foreign = select(QuestionVersion.id).where(
        QuestionVersion.id.in_(version_ids), *is_foreign_to(person_id)
    )
    theirs = set(session.scalars(foreign))
    return codes_of(session, [id_ for id_ in version_ids if id_ not in theirs])


def stale(
    session: Session, version_ids: Sequence[int], now: datetime
) -> list[tuple[str, ArticleView, bool]]:
    """(code, article cited, whether nothing took its place) of those whose basis is not in force.

    The source stays as it is until the transaction ends: who brings a version into force waits.
    """
    cited, present = aliased(Article), aliased(Article)
    rows = session.execute(
        select(Question.code, cited.id, present.id.is_(None), present.digest != cited.digest)
        .select_from(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(cited, cited.id == QuestionVersion.article_id)
        .join(LawVersion, LawVersion.id == cited.law_version_id)
        .join(LawSource, LawSource.id == LawVersion.source_id)
        .outerjoin(
            present,
            and_(
                present.line_id == cited.line_id,
                present.law_version_id.in_(newest_in_force(civil_date(now))),
            ),
        )
        .where(QuestionVersion.id.in_(version_ids))
        .order_by(Question.code)
        .with_for_update(read=True, of=LawSource)
    ).all()
    found = [(row[0], row[1], row[2]) for row in rows if row[2] or row[3]]
    articles = articles_by_id(session, [article_id for _code, article_id, _gone in found])
    return [(code, articles[article_id], is_gone) for code, article_id, is_gone in found]
