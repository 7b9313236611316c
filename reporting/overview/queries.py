"""The city by unit: every figure of every unit, in a few statements however many people there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from accounts.people.models import Posting
from accounts.people.queries import is_posted_on
from accounts.roles.models import RoleGrant
from accounts.roles.queries import is_live
from accounts.units.models import UnitKind
from accounts.units.queries import subtree, tree
from certification.certificates.queries import certified_on
from certification.registrations.models import Registration
from certification.registrations.queries import is_in_force_on
from core import clock
from core.permissions import Role
from core.rulebook.queries import values_on
from points.periods.queries import PeriodView, settled
from points.standing.queries import by_unit
from reporting.overview.rules import FREED_DAYS, UnitRow, cover_of
from training.models import Attendance, TrainingSession
from training.rules import counts_since


@dataclass(frozen=True)
class Overview:
    """Units as of a day. ``period``: the last settled one; None where none is, or points are off."""

    day: date
    rows: list[UnitRow]
    remind_days: int
    training_months: int
    period: PeriodView | None


def trained_since(day: date) -> Select[int]:
    """Ids of people who attended a session on or after a civil day."""
    return (
        select(Attendance.person_id)
        .join(TrainingSession, TrainingSession.id == Attendance.session_id)
        .where(Attendance.withdrawn_at.is_(None), TrainingSession.starts_at >= clock.start_of(day))
        .distinct()
    )


def staff_on_post(scope: frozenset[int] | None, now: datetime) -> Select[int, int]:
    """(person id, unit id) of those who hold a post now and are staff; None: in the whole city."""
    day = clock.civil_date(now)
    staff = select(RoleGrant.person_id).where(RoleGrant.role == Role.STAFF, is_live(now))
    query = select(Posting.person_id, Posting.unit_id).where(
        is_posted_on(day), Posting.person_id.in_(staff)
    )
    if scope is not None:
        query = query.where(Posting.unit_id.in_(subtree(scope, day)))
    return query


def in_force(day: date) -> Select[int, date | None]:
    """(person id, last day of the hold) of the registrations in force; one a person."""
    return select(Registration.person_id, Registration.held_through).where(is_in_force_on(day))


def figures(
    session: Session, scope: frozenset[int] | None, now: datetime, rules: Mapping[str, Any]
) -> dict[int, dict[str, int]]:
    """Unit id → its figures, for units with staff on post; one statement."""
    day = clock.civil_date(now)
    soon = day + timedelta(days=int(rules["certificate.remind_days"][0]) + 1)
    staff = staff_on_post(scope, now).subquery()
    trained = trained_since(counts_since(day, int(rules["training.months"]))).subquery()
    certified, lasting = certified_on(day).subquery(), certified_on(soon).subquery()
    filed = in_force(day).subquery()
    has_certificate = certified.c.person_id.is_not(None)
    held = filed.c.held_through >= day

    def number(condition: Any) -> Any:
        return func.count(case((condition, staff.c.person_id)))

    rows = session.execute(
        select(
            staff.c.unit_id,
            func.count(staff.c.person_id).label("on_post"),
            func.count(trained.c.person_id).label("trained"),
            func.count(certified.c.person_id).label("certified"),
            func.count(filed.c.person_id).label("registered"),
            number(and_(has_certificate, filed.c.person_id.is_not(None))).label("covered"),
            number(held).label("held"),
            number(and_(held, filed.c.held_through <= day + timedelta(days=FREED_DAYS))).label(
                "freed"
            ),
            number(and_(has_certificate, lasting.c.person_id.is_(None))).label("expiring"),
        )
        .select_from(staff)
        .outerjoin(trained, trained.c.person_id == staff.c.person_id)
        .outerjoin(certified, certified.c.person_id == staff.c.person_id)
        .outerjoin(lasting, lasting.c.person_id == staff.c.person_id)
        .outerjoin(filed, filed.c.person_id == staff.c.person_id)
        .group_by(staff.c.unit_id)
    )
    return {
        row.unit_id: {key: value for key, value in row._mapping.items() if key != "unit_id"}
        for row in rows
    }


def overview(
    session: Session, scope: frozenset[int] | None, now: datetime, *, points: bool
) -> Overview:
    """Every unit of today inside the scope with its figures; five statements, or three without points.

    The city itself is no unit that holds posts. A unit that lost its last person stays in the list.
    """
    day = clock.civil_date(now)
    rules = values_on(session, day)
    found = figures(session, scope, now, rules)
    latest = settled(session, now, 1) if points else []
    shares = {
        unit.unit_id: {"counted": unit.counted, "on_target": unit.on_target}
        for period in latest
        for unit in by_unit(session, period, now, scope)
    }
    minimum, warn_below = int(rules["coverage.minimum"]), int(rules["coverage.warn_below"])
    rows = [
        UnitRow(
            unit_id=node.id, name=node.name, kind=node.kind.value,
            cover=cover_of(
                found.get(node.id, {}).get("covered", 0), minimum=minimum, warn_below=warn_below
            ),
            **found.get(node.id, {}), **shares.get(node.id, {}),
        )
        for node in tree(session, day, scope)
        if node.kind is not UnitKind.CITY or node.id in found
    ]  # fmt: skip
    return Overview(
        day, rows, int(rules["certificate.remind_days"][0]), int(rules["training.months"]),
        latest[0] if latest else None,
    )  # fmt: skip
