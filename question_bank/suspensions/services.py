"""What puts questions in doubt, and what review asks and tells of them; set-based statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from core.audit.services import record
from core.clock import civil_date
from core.db import UtcDateTime
from core.errors import Conflict
from core.followers import Followers
from question_bank.laws.models import LawVersion
from question_bank.laws.revisions.queries import hold_source, source_of
from question_bank.questions.models import QuestionVersion, ReviewEvent
from question_bank.questions.rules import VersionState
from question_bank.review.services import MAX_COMMENT, execute, fresh, move, record_step
from question_bank.suspensions import queries
from question_bank.suspensions.models import Suspension
from question_bank.suspensions.rules import Reason, SuspensionOutcome

# Called with the session and the instant, after versions have left the draws: pools frozen earlier
# ask for what is NEEDS_REVIEW now.
after_suspending: Followers[[Session, datetime]] = Followers()

# --- into doubt -------------------------------------------------------------------


def suspend(
    session: Session,
    *,
    version_id: int,
    reason: Reason | str,
    by_id: int | None,
    now: datetime,
    comment: str = "",
) -> Suspension:
    """Take one approved version out of all draws until somebody decides.

    ``by_id`` None: it follows by itself. NotFound; Conflict where it is not approved (any more).
    """
    version = fresh(session, version_id)
    move(session, version, VersionState.APPROVED, VersionState.NEEDS_REVIEW, by_id, now, comment)
    suspension = Suspension(
        version_id=version_id, article_id=version.article_id, law_version_id=None,
        reason=Reason(reason), comment=comment[:MAX_COMMENT], opened_at=now, opened_by=by_id,
        closed_at=None, closed_by=None, outcome=None, new_version_id=None,
    )  # fmt: skip
    session.add(suspension)
    session.flush()
    record_step(session, "question.suspend", version, comment, why=Reason(reason).value)
    after_suspending(session, now)
    return suspension


def suspend_citing(
    session: Session, *, law_version_id: int, by_id: int | None, now: datetime
) -> int:
    """Suspend every approved question that cites what a version of a law changed or deleted.

    Four statements however many they are; how many. The caller has claimed the version.
    """
    citing = queries.citing(law_version_id, civil_date(now))
    done = execute(
        session,
        update(QuestionVersion)
        .where(
            QuestionVersion.state == VersionState.APPROVED,
            QuestionVersion.article_id.in_(select(citing.c.article_id)),
        )
        .values(state=VersionState.NEEDS_REVIEW),
    )
    if not done:
        return 0
    moment, by = literal(now, UtcDateTime()), literal(by_id, QuestionVersion.id.type)
    # those in doubt without an open suspension are the ones that the statement above has moved
    session.execute(
        insert(Suspension).from_select(
            ["version_id", "article_id", "law_version_id", "reason", "comment", "opened_at",
             "opened_by"],
            select(
                QuestionVersion.id, QuestionVersion.article_id, literal(law_version_id),
                citing.c.reason, literal(""), moment, by,
            )
            .join(citing, citing.c.article_id == QuestionVersion.article_id)
            .where(
                QuestionVersion.state == VersionState.NEEDS_REVIEW,
                ~exists().where(
                    Suspension.version_id == QuestionVersion.id, Suspension.closed_at.is_(None)
                ),
            ),
        ),
    )  # fmt: skip
    session.execute(
        insert(ReviewEvent).from_select(
            ["version_id", "from_state", "to_state", "by_id", "at", "comment"],
            select(
                Suspension.version_id, literal(VersionState.APPROVED.value),
                literal(VersionState.NEEDS_REVIEW.value), by, moment, literal(""),
            ).where(
                Suspension.law_version_id == law_version_id, Suspension.opened_at == now,
                Suspension.closed_at.is_(None),
            ),
        )
    )  # fmt: skip
    record(session, "question.suspend_citing", ("law_version", law_version_id),
           facts={"questions": done})  # fmt: skip
    after_suspending(session, now)
    return done


def take_force(
    session: Session, *, law_version_id: int, by_id: int | None, now: datetime
) -> int | None:
    """Apply what a version of a law changed to the questions, on the day it takes force or later.

    How many were suspended; None where that was done already or the day has not come. Approvals of
    questions on this law wait until the transaction ends.
    """
    hold_source(session, source_of(session, law_version_id))
    claimed = execute(
        session,
        update(LawVersion)
        .where(
            LawVersion.id == law_version_id, LawVersion.taken_at.is_(None),
            LawVersion.compared_at.is_not(None), LawVersion.in_force_on <= civil_date(now),
        )
        .values(taken_at=now),
    )  # fmt: skip
    if claimed != 1:
        return None
    return suspend_citing(session, law_version_id=law_version_id, by_id=by_id, now=now)


# --- what review asks and tells -----------------------------------------------------


def refuse_stale(session: Session, version_ids: Sequence[int], now: datetime) -> None:
    """Conflict where one of these cites an article whose text is not in force (any more)."""
    stale = queries.stale(session, version_ids, now)
    if not stale:
        return
    code, article, is_gone = stale[0]
    cited = _("《%(law)s》%(label)s", law=article.title, label=article.label)
    raise Conflict(
        _("%(code)s 的依据%(cited)s已经不在现行文本里。没有通过；请退回，由起草人改依据。",
          code=code, cited=cited)
        if is_gone
        else _("%(code)s 的依据%(cited)s已经修改。没有通过；请退回，由起草人对照新条文。",
               code=code, cited=cited),
        code="stale_basis",
    )  # fmt: skip


def close_replaced(session: Session, version_ids: Sequence[int], by_id: int, now: datetime) -> None:
    """These were approved: what waited of their questions is over, replaced by them."""
    approved, waiting = aliased(QuestionVersion), aliased(QuestionVersion)
    of_them = (
        select(waiting.id)
        .join(approved, approved.question_id == waiting.question_id)
        .where(approved.id.in_(version_ids), waiting.state == VersionState.RETIRED)
    )
    close(session, Suspension.version_id.in_(of_them), SuspensionOutcome.REPLACED, by_id, now)


def close(
    session: Session, which: ColumnElement[bool], outcome: SuspensionOutcome, by_id: int,
    now: datetime,
) -> None:  # fmt: skip
    """End open suspensions; what took the place of each version is the one in use now."""
    former, present = aliased(QuestionVersion), aliased(QuestionVersion)
    successor = (
        select(present.id)
        .join(former, former.question_id == present.question_id)
        .where(
            former.id == Suspension.version_id, present.id != former.id,
            present.state == VersionState.APPROVED,
        )
        .scalar_subquery()
    )  # fmt: skip
    execute(
        session,
        update(Suspension)
        .where(which, Suspension.closed_at.is_(None))
        .values(closed_at=now, closed_by=by_id, outcome=outcome, new_version_id=successor),
    )
