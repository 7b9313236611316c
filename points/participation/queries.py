"""Who counts in a period, and what the totals say they earned for it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, null, select
from sqlalchemy.orm import InstrumentedAttribute

from accounts.people.models import Posting
from accounts.people.queries import is_posted_on, posted_throughout
from accounts.roles.models import RoleGrant
from accounts.roles.queries import is_live
from accounts.units.queries import subtree
from core import clock
from core.permissions import KEY_ROLES, Role
from points.ledger.models import PointsTotal
from points.periods.models import PointsSnapshot
from points.periods.queries import PeriodView
from points.standing.rules import Standing

Scope = frozenset[int] | None  # units with all below them; None is the whole city
Rows = Select[*tuple[Any, ...]]


def sits_rounds(person_id: InstrumentedAttribute[int], now: datetime) -> list[ColumnElement[bool]]:
    """Conditions: staff, and no role that sees keys (editor, reviewer, office, auditor)."""
    live = is_live(now)
    return [
        person_id.in_(select(RoleGrant.person_id).where(RoleGrant.role == Role.STAFF, live)),
        person_id.not_in(
            select(RoleGrant.person_id).where(RoleGrant.role.in_(sorted(KEY_ROLES)), live)
        ),
    ]


def participants(first: date, last: date, *, now: datetime | None = None) -> Select[int]:
    """Ids of the people who count: on post on every day of the span, staff, and no key in sight.

    ``last``: the last day of the round; today while it is open. Roles are those held ``now``.
    """
    return posted_throughout(first, last).where(*sits_rounds(Posting.person_id, now or clock.now()))


def counted_days(period: PeriodView, now: datetime) -> tuple[date, date]:
    """First and last civil day on which who counts must be on post; to today while it is open."""
    return period.first_day, max(period.first_day, min(period.last_day, clock.civil_date(now)))


def standings(period: PeriodView, now: datetime, scope: Scope = None) -> Rows:
    """Rows (person_id, unit_id, earned, is_counted, closed_earned, closed_standing) of a period.

    Closed: the people of the snapshot, with the units of that day. Not closed: the staff on post
    on the last counted day. ``scope`` is looked up in today's tree.
    """
    query, unit_id = _of_snapshot(period) if period.closed_at else _of_postings(period, now)
    if scope is not None:
        query = query.where(unit_id.in_(subtree(scope, clock.civil_date(now))))
    return query


def _of_snapshot(period: PeriodView) -> tuple[Rows, InstrumentedAttribute[Any]]:
    query: Rows = (
        select(
            PointsSnapshot.person_id, PointsSnapshot.unit_id,
            func.coalesce(PointsTotal.earned, 0).label("earned"),
            (PointsSnapshot.standing != Standing.NOT_COUNTED).label("is_counted"),
            PointsSnapshot.earned.label("closed_earned"),
            PointsSnapshot.standing.label("closed_standing"),
        )
        .outerjoin(
            PointsTotal,
            and_(
                PointsTotal.period_id == period.id,
                PointsTotal.person_id == PointsSnapshot.person_id,
            ),
        )
        .where(PointsSnapshot.period_id == period.id)
    )  # fmt: skip
    return query, PointsSnapshot.unit_id


def _of_postings(period: PeriodView, now: datetime) -> tuple[Rows, InstrumentedAttribute[Any]]:
    first, last = counted_days(period, now)
    query: Rows = (
        select(
            Posting.person_id, Posting.unit_id,
            func.coalesce(PointsTotal.earned, 0).label("earned"),
            # not a join: looked up in a hash even before a database knows how large tables are
            Posting.person_id.in_(posted_throughout(first, last)).label("is_counted"),
            null().label("closed_earned"), null().label("closed_standing"),
        )
        .outerjoin(
            PointsTotal,
            and_(PointsTotal.period_id == period.id, PointsTotal.person_id == Posting.person_id),
        )
        .where(is_posted_on(last), *sits_rounds(Posting.person_id, now))
    )  # fmt: skip
    return query, Posting.unit_id
