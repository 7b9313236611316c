"""Asking for a correction of points, and deciding it: always two people, posted once."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from accounts.approvals import services as approvals
from core.audit.services import record
from core.db import upsert
from core.errors import Conflict, Forbidden, Invalid
from points.adjustments.models import PointsAdjustment
from points.adjustments.queries import KIND, AdjustmentView, adjustment_of
from points.ledger.services import post
from points.periods.queries import PeriodView


def ask(
    session: Session,
    *,
    key: str,
    person_id: int,
    period: PeriodView,
    amount: int,
    reason: str,
    by: int,
    now: datetime,
) -> int:
    """Ask for a correction of what a person has in a period; its id.

    ``key``: a UUID made when the form was opened, so that one form asks once. Raises Invalid
    (amount, period) and Conflict (the form was sent before).
    """
    if amount == 0:
        raise Invalid(_("积分不能是 0：加分填正数，扣分填负数。"), field="amount")
    if abs(amount) > period.max_points:
        raise Invalid(
            _("%(label)s满分 %(most)s 分，一次最多更正 %(most)s 分。",
              label=period.label, most=period.max_points),
            field="amount",
        )  # fmt: skip
    if period.starts_at > now:
        raise Invalid(_("这一期还没有开始。"), field="period")
    adjustment_id = session.execute(
        upsert(session, PointsAdjustment)
        .values(key=key, person_id=person_id, period_id=period.id, amount=amount, reason=reason,
                asked_by=by, asked_at=now)
        .on_conflict_do_nothing()
        .returning(PointsAdjustment.id)
    ).scalar_one_or_none()  # fmt: skip
    if adjustment_id is None:
        raise Conflict(_("这份更正已经提出过了，没有再提一次。"))
    approvals.ask(session, kind=KIND, subject_id=adjustment_id, reason=reason, by=by, now=now)
    return adjustment_id


def decide(
    session: Session, *, adjustment_id: int, approve: bool, reason: str, by: int, now: datetime
) -> AdjustmentView:
    """Decide a correction; agreed, it is posted in the same transaction. As it was asked for.

    Raises NotFound, Forbidden (one's own request, or one's own points), Conflict (decided).
    """
    asked = adjustment_of(session, adjustment_id)
    if asked.person_id == by:
        raise Forbidden(_("不能决定自己的积分更正，请办公室的另一位同事办理。"))
    approvals.decide(session, act_id=asked.act_id, approved=approve, reason=reason, by=by, now=now)
    if approve:
        _post(session, asked, now)
    return asked


def _post(session: Session, asked: AdjustmentView, now: datetime) -> None:
    key = session.get_one(PointsAdjustment, asked.id).key
    entry_id = post(
        session, person_id=asked.person_id, origin_period_id=asked.period_id, amount=asked.amount,
        source=f"adjust:{key}", rule_version_id=None,
        facts={"reason": asked.reason, "adjustment": asked.id}, now=now,
    )  # fmt: skip
    if entry_id is None:
        raise Conflict(_("这笔更正已经记过，没有再记一次。"))
    record(
        session, "points.adjust", ("person", asked.person_id),
        facts={"adjustment": asked.id, "entry": entry_id, "period": asked.period_id,
               "amount": asked.amount},
        reason=asked.reason,
    )  # fmt: skip
