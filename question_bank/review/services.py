"""What people do in review: submit, approve, return, retire; each step in one conditional statement."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, cast

from flask_babel import gettext as _
from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from core.audit.services import record
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.followers import Followers
from question_bank.questions.models import QuestionVersion, ReviewEvent
from question_bank.questions.rules import LIVE_STATES, VersionState
from question_bank.review.queries import codes_of, is_foreign_to, waiting_of_own
from question_bank.review.rules import MAX_AT_ONCE

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


@dataclass(frozen=True)
class Approved:
    """What became of a batch: codes, in the order of the questions."""

    approved: Sequence[str]
    own: Sequence[str]  # own work of the reviewer, for somebody else to decide
    changed: Sequence[str]  # not in review any more


def approve(
    session: Session, *, version_id: int, reviewer_id: int, now: datetime, comment: str = ""
) -> None:
    """Approve a version in review; the version in use so far retires with it.

    Forbidden for one's own work; Conflict where it is not in review any more, or its basis is not
    in force (any more).
    """
    version = fresh(session, version_id)
    if not _approve(session, [version_id], reviewer_id, now, comment):
        _refuse(session, version, reviewer_id)
    set_committed_value(version, "state", VersionState.APPROVED)
    record_step(session, "question.approve", version, reason=comment)


def approve_many(
    session: Session, *, version_ids: Collection[int], reviewer_id: int, now: datetime,
    comment: str = "",
) -> Approved:  # fmt: skip
    """Approve all of these that this person may decide and that still wait; the others are named.

    One transaction and one record. Invalid where none or more than ``MAX_AT_ONCE`` are named.
    """
    wanted = sorted(set(version_ids))
    if not wanted:
        raise Invalid(_("先勾选要通过的题。"), field="version")
    if len(wanted) > MAX_AT_ONCE:
        raise Invalid(_("一次最多通过 %(max)s 题，请分几次。", max=MAX_AT_ONCE), field="version")
    codes = codes_of(session, wanted)
    approved = set(_approve(session, wanted, reviewer_id, now, comment))
    own = waiting_of_own(session, [id_ for id_ in wanted if id_ not in approved], reviewer_id)
    done = Approved(
        [code for id_, code in codes.items() if id_ in approved],
        [code for id_, code in codes.items() if id_ in own],
        [code for id_, code in codes.items() if id_ not in approved and id_ not in own],
    )
    if done.approved:
        record(
            session, "question.approve_many", ("question", "*"),
            facts={"versions": len(done.approved), "codes": list(done.approved),
                   "left": len(wanted) - len(approved)},
            reason=comment[:MAX_COMMENT],
        )  # fmt: skip
    return done


def _approve(
    session: Session, version_ids: Sequence[int], reviewer_id: int, now: datetime, comment: str
) -> list[int]:
    """Ids of those that were in review, are nobody's own here, and are approved now.

    Rows are claimed in order of id before anything is written, so that of two people at once the
    second finds nothing left; the statement that approves asks the same conditions again.
    """
    may_be_decided = (
        QuestionVersion.id.in_(version_ids),
        QuestionVersion.state == VersionState.IN_REVIEW,
        *is_foreign_to(reviewer_id),
    )
    claimed = session.execute(
        select(QuestionVersion.id, QuestionVersion.question_id)
        .where(*may_be_decided)
        .order_by(QuestionVersion.id)
        .with_for_update(of=QuestionVersion)
    ).all()
    if not claimed:
        return []
    ids = [row.id for row in claimed]
    before_approving(session, ids, now)
    _retire_former(session, [row.question_id for row in claimed], reviewer_id, now)
    done = execute(
        session,
        update(QuestionVersion)
        .where(*may_be_decided, QuestionVersion.id.in_(ids))
        .values(state=VersionState.APPROVED),
    )
    if done != len(ids):
        raise Conflict(_("这些题里有的刚被别人处理。没有改动，请再试一次。"))
    step = {"from_state": VersionState.IN_REVIEW, "to_state": VersionState.APPROVED,
            "by_id": reviewer_id, "at": now, "comment": comment[:MAX_COMMENT]}  # fmt: skip
    session.execute(insert(ReviewEvent), [{"version_id": id_, **step} for id_ in ids])
    after_approving(session, ids, reviewer_id, now)
    return ids


def _retire_former(
    session: Session, question_ids: Sequence[int], by_id: int, now: datetime
) -> None:
    """Take the versions in use out of use, before their successors come: only one may be."""
    former = session.execute(
        select(QuestionVersion.id, QuestionVersion.state)
        .where(
            QuestionVersion.question_id.in_(question_ids), QuestionVersion.state.in_(LIVE_STATES)
        )
        .order_by(QuestionVersion.id)
        .with_for_update()
    ).all()
    if not former:
        return
    session.execute(
        update(QuestionVersion)
        .where(QuestionVersion.id.in_([row.id for row in former]))
        .values(state=VersionState.RETIRED)
    )
    session.execute(
        insert(ReviewEvent),
        [{"version_id": row.id, "from_state": row.state, "to_state": VersionState.RETIRED,
          "by_id": by_id, "at": now} for row in former],
    )  # fmt: skip


def return_(
    session: Session, *, version_id: int, reviewer_id: int, now: datetime, comment: str
) -> None:
    """Return a version to its author, saying why, in one conditional statement. Errors as for ``approve``."""
    if not comment.strip():
        raise Invalid(_("写明退回的原因，起草人才知道怎么改。"), field="comment")
    version = fresh(session, version_id)
    done = execute(
        session,
        update(QuestionVersion)
        .where(
            QuestionVersion.id == version.id,
            QuestionVersion.state == VersionState.IN_REVIEW,
            *is_foreign_to(reviewer_id),
        )
        .values(state=VersionState.RETURNED),
    )
    if done != 1:
        _refuse(session, version, reviewer_id)
    set_committed_value(version, "state", VersionState.RETURNED)
    note(
        session,
        version.id,
        VersionState.IN_REVIEW,
        VersionState.RETURNED,
        reviewer_id,
        now,
        comment,
    )
    record_step(session, "question.return", version, reason=comment)


def retire(
    session: Session, *, version_id: int, by_id: int, now: datetime, comment: str = ""
) -> None:
    """Take an approved version out of use. Conflict where it is not approved any more."""
    version = fresh(session, version_id)
    move(session, version, VersionState.APPROVED, VersionState.RETIRED, by_id, now, comment)
    record_step(session, "question.retire", version, reason=comment)


def _refuse(session: Session, version: QuestionVersion, reviewer_id: int) -> NoReturn:
    """Say why a decision was not possible."""
    if version.author_id == reviewer_id or took_part(session, version.id, reviewer_id):
        raise Forbidden(_("自己起草、修改或送审的题，要由另一位同志审核。"))
    raise Conflict(_("这一版已经由别人处理了。没有改动，请看最新状态。"))


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


def fresh(session: Session, version_id: int, *, locked: bool = False) -> QuestionVersion:
    """A version as the database has it now; ``locked`` until the transaction ends."""
    version = session.get(
        QuestionVersion, version_id, populate_existing=True, with_for_update=locked or None
    )
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
