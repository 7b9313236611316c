"""Corrections of points: what waits, what was decided, and who could decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from accounts.approvals import queries as approvals
from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Person
from accounts.people.queries import PersonView, people, person_view, posted_in
from accounts.signin.rules import normal_staff_no
from core.errors import Invalid, NotFound
from core.permissions import Permission
from points.adjustments.models import PointsAdjustment
from points.participation.queries import Rows, Scope
from points.periods.models import PointsPeriod

KIND = "points.adjust"  # of the act that two people make

Asker = aliased(Person)
Decider = aliased(Person)


@dataclass(frozen=True)
class AdjustmentView:
    """A correction with what became of it; ``approved`` None: nobody has decided yet."""

    id: int
    act_id: int
    person_id: int
    staff_no: str
    name: str
    period_id: int
    period_label: str
    period_closed_at: datetime | None
    amount: int
    reason: str
    asked_by: int
    asked_by_name: str
    asked_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    approved: bool | None
    decision_reason: str


SORTS: dict[str, Any] = {
    "asked": PointsAdjustment.asked_at,
    "decided": TwoPersonAct.decided_at,
    "name": Person.name,
    "period": PointsPeriod.number,
}


def adjustments(scope: Scope, day: date, *, is_open: bool) -> Rows:
    """Rows for AdjustmentView: what waits, or what was decided, about people of these units."""
    query = _adjustments().where(
        TwoPersonAct.decided_at.is_(None) if is_open else TwoPersonAct.decided_at.is_not(None)
    )
    if scope is not None:
        query = query.where(PointsAdjustment.person_id.in_(posted_in(scope, day)))
    return query


def _adjustments() -> Rows:
    return (
        select(
            PointsAdjustment.id, TwoPersonAct.id.label("act_id"), PointsAdjustment.person_id,
            Person.staff_no, Person.name, PointsAdjustment.period_id,
            PointsPeriod.label.label("period_label"),
            PointsPeriod.closed_at.label("period_closed_at"), PointsAdjustment.amount,
            PointsAdjustment.reason, PointsAdjustment.asked_by, Asker.name.label("asked_by_name"),
            PointsAdjustment.asked_at, Decider.name.label("decided_by_name"),
            TwoPersonAct.decided_at, TwoPersonAct.approved, TwoPersonAct.decision_reason,
        )
        .join(
            TwoPersonAct,
            and_(TwoPersonAct.kind == KIND, TwoPersonAct.subject_id == PointsAdjustment.id),
        )
        .join(Person, Person.id == PointsAdjustment.person_id)
        .join(PointsPeriod, PointsPeriod.id == PointsAdjustment.period_id)
        .join(Asker, Asker.id == PointsAdjustment.asked_by)
        .outerjoin(Decider, Decider.id == TwoPersonAct.decided_by)
    )  # fmt: skip


def adjustment_view(row: Any) -> AdjustmentView:
    """A row of these queries as a value."""
    return AdjustmentView(**{**row._mapping, "decided_by_name": row.decided_by_name or ""})


def count(session: Session, query: Rows) -> int:
    """How many rows a query has."""
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def adjustment_of(session: Session, adjustment_id: int) -> AdjustmentView:
    """One correction, in the whole city: only the office decides; NotFound where there is none."""
    row = session.execute(_adjustments().where(PointsAdjustment.id == adjustment_id)).first()
    if row is None:
        raise NotFound(_("找不到这份积分更正"))
    return adjustment_view(row)


def person_by_staff_no(session: Session, text: str, day: date) -> PersonView:
    """The person with a staff number, anywhere in the city; Invalid where there is none."""
    number = normal_staff_no(text)
    row = session.execute(people(None, day).where(Person.staff_no == number)).first()
    if row is None:
        raise Invalid(_("查不到工号 %(staff_no)s。", staff_no=number[:40]), field="staff_no")
    return person_view(row)


def deciders(session: Session, *, besides: set[int], now: datetime) -> int:
    """How many people besides these could decide on a correction."""
    return approvals.deciders(session, Permission.POINTS_ADJUST, besides=besides, now=now)
