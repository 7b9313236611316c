"""What people do in review: submit, approve, return, retire; each step in one conditional statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from core.audit.services import record
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.followers import Followers
from question_bank.questions.models import QuestionVersion, ReviewEvent
from question_bank.questions.rules import LIVE_STATES, VersionState
from question_bank.review.queries import is_foreign_to

MAX_COMMENT = 500

# Called with the session, the ids of versions and the instant: before they are approved, where one
# that must not be raises; and after, with who approved them.
before_approving: Followers[[Session, Sequence[int], datetime]] = Followers()
after_approving: Followers[[Session, Sequence[int], int, datetime]] = Followers()


def submit_for_review(
    session: Session, *, version_id: int, by_id: int, now: datetime, comment: str = ""
) -> None:
    """Send a draft to review; ``comment`` is for the reviewer. Conflict where it is no draft."""
    version = fresh(session, version_id)
    move(session, version, VersionState.DRAFT, VersionState.IN_REVIEW, by_id, now, comment)
    record_step(session, "question.submit", version, reason=comment)


def submit_import(session: Session, *, import_id: int, by_id: int, now: datetime) -> int:
    """Send all drafts of one import to review at once; how many."""
    ids = list(
        session.scalars(
            select(QuestionVersion.id)
            .where(
                QuestionVersion.import_id == import_id,
                QuestionVersion.state == VersionState.DRAFT,
            )
            .order_by(QuestionVersion.id)
            .with_for_update()
        )
    )
    if not ids:
        return 0
    session.execute(
        update(QuestionVersion)
        .where(QuestionVersion.import_id == import_id, QuestionVersion.state == VersionState.DRAFT)
        .values(state=VersionState.IN_REVIEW)
    )
    session.execute(
        insert(ReviewEvent),
        [{"version_id": id_, "from_state": VersionState.DRAFT, "to_state": VersionState.IN_REVIEW,
          "by_id": by_id, "at": now} for id_ in ids],
    )  # fmt: skip
    record(session, "question.submit_import", ("question_import", import_id),
           facts={"questions": len(ids)})  # fmt: skip
    return len(ids)


def approve(
    session: Session, *, version_id: int, reviewer_id: int, now: datetime, comment: str = ""
) -> None:
    """Approve a version in review; the version in use so far retires with it.

    Forbidden for one's own work; Conflict where it is not in review any more, or its basis is not
    in force (any more).
    """
    version = fresh(session, version_id)
    before_approving(session, [version_id], now)
    former = session.scalar(
        select(QuestionVersion).where(
            QuestionVersion.question_id == version.question_id,
            QuestionVersion.state.in_(LIVE_STATES),
        )
    )
    if former is not None:  # first, because only one version may be in use
        move(session, former, former.state, VersionState.RETIRED, reviewer_id, now)
    _decide(session, version, VersionState.APPROVED, reviewer_id, now, comment)
    after_approving(session, [version_id], reviewer_id, now)
    record_step(session, "question.approve", version, reason=comment)


def return_(
    session: Session, *, version_id: int, reviewer_id: int, now: datetime, comment: str
) -> None:
    """Return a version to its author, saying why. Errors as for ``approve``."""
    if not comment.strip():
        raise Invalid(_("写明退回的原因，起草人才知道怎么改。"), field="comment")
    version = fresh(session, version_id)
    _decide(session, version, VersionState.RETURNED, reviewer_id, now, comment)
    record_step(session, "question.return", version, reason=comment)


def retire(
    session: Session, *, version_id: int, by_id: int, now: datetime, comment: str = ""
) -> None:
    """Take an approved version out of use. Conflict where it is not approved any more."""
    version = fresh(session, version_id)
    move(session, version, VersionState.APPROVED, VersionState.RETIRED, by_id, now, comment)
    record_step(session, "question.retire", version, reason=comment)


def _decide(
    session: Session, version: QuestionVersion, to: VersionState, reviewer_id: int,
    now: datetime, comment: str,
) -> None:  # fmt: skip
    """In one conditional statement: still in review, and not the reviewer's own work."""
    done = execute(
        session,
        update(QuestionVersion)
        .where(
            QuestionVersion.id == version.id,
            QuestionVersion.state == VersionState.IN_REVIEW,
            *is_foreign_to(reviewer_id),
        )
        .values(state=to),
    )
    if done != 1:
        if version.author_id == reviewer_id or took_part(session, version.id, reviewer_id):
            raise Forbidden(_("自己起草、修改或送审的题，要由另一位同志审核。"))
        raise Conflict(_("这一版已经由别人处理了。没有改动，请看最新状态。"))
    set_committed_value(version, "state", to)
    note(session, version.id, VersionState.IN_REVIEW, to, reviewer_id, now, comment)


def move(
    session: Session, version: QuestionVersion, before: VersionState, after: VersionState,
    by_id: int | None, now: datetime, comment: str = "",
) -> None:  # fmt: skip
    done = execute(
        session,
        update(QuestionVersion)
        .where(QuestionVersion.id == version.id, QuestionVersion.state == before)
        .values(state=after),
    )
    if done != 1:
        raise Conflict(_("这一版的状态已经变了。没有改动，请看最新状态。"))
    set_committed_value(version, "state", after)
    note(session, version.id, before, after, by_id, now, comment)


def note(
    session: Session, version_id: int, before: VersionState | None, after: VersionState,
    by_id: int | None, at: datetime, comment: str = "",
) -> None:  # fmt: skip
    session.add(
        ReviewEvent(version_id=version_id, from_state=before, to_state=after, by_id=by_id, at=at,
                    comment=comment[:MAX_COMMENT])
    )  # fmt: skip
    session.flush()


# --- steps that every change of state is made of ----------------------------------


def took_part(session: Session, version_id: int, person_id: int) -> bool:
    return bool(
        session.scalar(
            select(func.count())
            .select_from(ReviewEvent)
            .where(ReviewEvent.version_id == version_id, ReviewEvent.by_id == person_id)
        )
    )


def fresh(session: Session, version_id: int) -> QuestionVersion:
    version = session.get(QuestionVersion, version_id, populate_existing=True)
    if version is None:
        raise NotFound
    return version


def execute(session: Session, statement: Any) -> int:
    """Rows that a conditional statement changed."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def record_step(
    session: Session, action: str, version: QuestionVersion, reason: str = "", **facts: Any
) -> None:
    record(
        session, action, ("question", version.question_id),
        facts={"version": version.number, **facts}, reason=reason[:MAX_COMMENT],
    )  # fmt: skip
