"""What the home pages count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Posting
from accounts.signin.models import Account
from accounts.throttle.models import SignInThrottle
from certification.exams.models import Exam, ExamState
from core import clock
from core.audit.models import AuditEvent
from points.standing.queries import behind_rows, last_settled
from question_bank.imports.models import ImportState, QuestionImport
from question_bank.questions.models import QuestionVersion, VersionState
from quiz.attempts.models import Attempt, AttemptState, Score


@dataclass(frozen=True)
class ExamProgress:
    """How far the candidates of one running exam have come."""

    id: int
    title: str
    opens_at: datetime
    closes_at: datetime
    started: int
    sitting: int
    passed: int


@dataclass(frozen=True)
class BankCounts:
    """Where the versions of the bank stand; ``mine`` are the viewer's own open ones."""

    approved: int
    drafts: int
    returned: int
    in_review: int
    needs_review: int
    oldest_in_review: datetime | None


def running_exams(session: Session, now: datetime) -> list[ExamProgress]:
    """Published exams whose window has not closed, with how many started, sit and passed."""
    passed = select(Score.attempt_id).where(Score.is_pass).distinct().subquery()
    sits = case((Attempt.state == AttemptState.IN_PROGRESS, Attempt.person_id))
    rows = session.execute(
        select(
            Exam.id,
            Exam.title,
            Exam.opens_at,
            Exam.closes_at,
            func.count(Attempt.person_id.distinct()),
            func.count(sits.distinct()),
            func.count(case((passed.c.attempt_id.is_not(None), Attempt.person_id)).distinct()),
        )
        .outerjoin(
            Attempt,
            and_(Attempt.occasion_id == Exam.occasion_id, Attempt.state != AttemptState.VOIDED),
        )
        .outerjoin(passed, passed.c.attempt_id == Attempt.id)
        .where(Exam.state == ExamState.PUBLISHED, Exam.closes_at > now)
        .group_by(Exam.id, Exam.title, Exam.opens_at, Exam.closes_at)
        .order_by(Exam.closes_at)
    )
    return [ExamProgress(*row) for row in rows]


def draft_exams(session: Session) -> list[tuple[int, str]]:
    """Exams that are still being defined."""
    rows = session.execute(
        select(Exam.id, Exam.title).where(Exam.state == ExamState.DRAFT).order_by(Exam.id)
    )
    return [(row.id, row.title) for row in rows]


def bank_counts(
    session: Session, *, author_id: int | None = None, not_author: int | None = None
) -> BankCounts:
    """Versions by state; of one author, or of everybody but one."""

    def count(state: VersionState) -> ColumnElement[int]:
        return func.count(case((QuestionVersion.state == state, QuestionVersion.id)))

    in_review = QuestionVersion.state == VersionState.IN_REVIEW
    query = select(
        count(VersionState.APPROVED),
        count(VersionState.DRAFT),
        count(VersionState.RETURNED),
        count(VersionState.IN_REVIEW),
        count(VersionState.NEEDS_REVIEW),
        func.min(case((in_review, QuestionVersion.created_at))),
    )
    if author_id is not None:
        query = query.where(QuestionVersion.author_id == author_id)
    if not_author is not None:
        query = query.where(QuestionVersion.author_id != not_author)
    return BankCounts(*session.execute(query).one())


def waiting_imports(session: Session, person_id: int) -> list[QuestionImport]:
    """The viewer's uploads that wait for their preview to be confirmed, newest first."""
    return list(
        session.execute(
            select(QuestionImport)
            .where(
                QuestionImport.by_id == person_id,
                QuestionImport.state == ImportState.READY,
            )
            .order_by(QuestionImport.id.desc())
            .limit(5)
        ).scalars()
    )


def acts_waiting_for(session: Session, person_id: int) -> dict[str, tuple[int, datetime]]:
    """Two-person acts that wait for somebody other than the one who asked, by kind.

    (how many, when the oldest was asked for).
    """
    rows = session.execute(
        select(TwoPersonAct.kind, func.count(), func.min(TwoPersonAct.asked_at))
        .where(TwoPersonAct.decided_at.is_(None), TwoPersonAct.asked_by != person_id)
        .group_by(TwoPersonAct.kind)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def count_of(session: Session, query: Select[*tuple[Any, ...]]) -> int:
    """How many rows a query has."""
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def behind_counts(
    session: Session, now: datetime, scope: frozenset[int] | None, rows: Sequence[int]
) -> dict[int, int]:
    """Periods short in a row → how many people on post; those with more are in those with fewer."""
    latest = last_settled(session, now, max(rows)) or last_settled(session, now, min(rows))
    return {
        number: count_of(session, behind_rows(latest[-number:], now, scope))
        if len(latest) >= number
        else 0
        for number in rows
    }


def latest_acts(session: Session, count: int = 8) -> list[AuditEvent]:
    """The newest rows of the audit trail."""
    return list(
        session.execute(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(count)).scalars()
    )


def acts_since(session: Session, since: datetime) -> list[tuple[str, int]]:
    """Kinds of acts since an instant, most frequent first."""
    number = func.count(AuditEvent.id)
    rows = session.execute(
        select(AuditEvent.action, number)
        .where(AuditEvent.at >= since)
        .group_by(AuditEvent.action)
        .order_by(number.desc())
        .limit(8)
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True)
class AccountCounts:
    """Accounts as the administrator sees them."""

    all: int
    first_password: int
    disabled: int
    locked: int
    without_post: int


def account_counts(session: Session, now: datetime) -> AccountCounts:
    """How many accounts there are, and which need attention."""
    locked = (
        select(func.count())
        .select_from(SignInThrottle)
        .where(SignInThrottle.key.startswith("account:"), SignInThrottle.blocked_until > now)
        .scalar_subquery()
    )
    posted = exists().where(
        Posting.person_id == Account.person_id,
        or_(Posting.valid_to.is_(None), Posting.valid_to >= clock.civil_date(now)),
    )
    row = session.execute(
        select(
            func.count(),
            func.count(case((and_(Account.must_change, Account.disabled_at.is_(None)), 1))),
            func.count(Account.disabled_at),
            locked,
            func.count(case((~posted, 1))),
        ).select_from(Account)
    ).one()
    return AccountCounts(*row)


def recent(now: datetime) -> datetime:
    """A day ago: what the auditor looks back over."""
    return now - timedelta(days=1)
