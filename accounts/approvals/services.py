"""Asking for an act and deciding it: always two people, decided once."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.approvals.models import TwoPersonAct
from accounts.approvals.queries import act
from core.audit.services import record
from core.db import rows_of, upsert
from core.errors import Conflict, Forbidden


def ask(
    session: Session, *, kind: str, subject_id: int, reason: str, by: int, now: datetime
) -> int:
    """Ask for an act on a subject, e.g. kind ``attempt.void``; the act's id.

    Conflict where one of this kind already waits for the subject.
    """
    asked = session.execute(
        upsert(session, TwoPersonAct)
        .values(kind=kind, subject_id=subject_id, reason=reason, asked_by=by, asked_at=now,
                decision_reason="")
        .on_conflict_do_nothing()
        .returning(TwoPersonAct.id)
    ).scalar_one_or_none()  # fmt: skip
    if asked is None:
        raise Conflict(_("已经有一份同样的申请在等另一人决定。"))
    record(session, f"{kind}.ask", (kind, subject_id), facts={"act": asked}, reason=reason)
    return asked


def decide(
    session: Session, *, act_id: int, approved: bool, reason: str, by: int, now: datetime
) -> TwoPersonAct:
    """Decide an act that someone else asked for; of two decisions the first counts.

    The caller carries the act out in the same transaction where ``approved``.
    """
    found = act(session, act_id)
    if found.asked_by == by:
        raise Forbidden(_("不能决定自己提出的申请，请另一人办理"))
    decided = session.execute(
        update(TwoPersonAct)
        .where(
            TwoPersonAct.id == act_id,
            TwoPersonAct.decided_at.is_(None),
            TwoPersonAct.asked_by != by,
        )
        .values(decided_by=by, decided_at=now, approved=approved, decision_reason=reason)
        .execution_options(synchronize_session=False)
    )
    if not rows_of(decided):
        raise Conflict(_("这份申请已经有了决定。"))
    record(
        session, f"{found.kind}.{'approve' if approved else 'refuse'}",
        (found.kind, found.subject_id), facts={"act": act_id, "asked_by": found.asked_by},
        reason=reason,
    )  # fmt: skip
    return session.scalars(
        select(TwoPersonAct)
        .where(TwoPersonAct.id == act_id)
        .execution_options(populate_existing=True)
    ).one()


def take_back(session: Session, *, kind: str, subject_id: int, by: int, now: datetime) -> bool:
    """Close an act that nobody decided, because it is no longer asked for; False where none waits."""
    closed = session.execute(
        update(TwoPersonAct)
        .where(
            TwoPersonAct.kind == kind,
            TwoPersonAct.subject_id == subject_id,
            TwoPersonAct.decided_at.is_(None),
        )
        .values(decided_at=now, approved=False)
        .execution_options(synchronize_session=False)
    )
    if not rows_of(closed):
        return False
    record(session, f"{kind}.take_back", (kind, subject_id), facts={"by": by})
    return True
