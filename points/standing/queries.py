"""Who stands where: people and units against a period's target, read from the totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, literal, select, union_all
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.people.queries import is_posted_on
from accounts.units.models import UnitKind, UnitVersion
from accounts.units.queries import is_valid_on, subtree
from core import clock
from points.ledger.models import PointsEntry, PointsTotal
from points.participation.queries import Rows, Scope, counted_days, standings
from points.participation.queries import participants as participants  # noqa: PLC0414 (asked for here)
from points.periods.models import PointsPeriod, PointsSnapshot
from points.periods.queries import PeriodView, period_view, settled
from points.standing.rules import IN_A_ROW as IN_A_ROW  # noqa: PLC0414
from points.standing.rules import Shares, Standing, standing_of


@dataclass(frozen=True)
class PersonPeriod:
    """How a person stands in a period now, and how they stood when it closed (None: not closed).

    ``has_entries``: something was posted for it, be it nothing in sum.
    """

    period: PeriodView
    earned: int
    standing: Standing
    closed_earned: int | None
    closed_standing: Standing | None
    has_entries: bool

    @property
    def is_restated(self) -> bool:
        """What was posted after the closing changes the sum."""
        return self.closed_earned is not None and self.earned != self.closed_earned

    @property
    def month(self) -> int:
        """Civil month in which the period begins, 1 to 12."""
        return clock.civil_date(self.period.starts_at).month


def person_periods(
    session: Session, person_id: int, now: datetime, limit: int = 6
) -> list[PersonPeriod]:
    """The person's last periods, oldest first; two statements."""
    has_entries = exists().where(
        PointsEntry.origin_period_id == PointsPeriod.id, PointsEntry.person_id == person_id
    )
    rows = session.execute(
        select(
            PointsPeriod, func.coalesce(PointsTotal.earned, 0).label("earned"),
            PointsSnapshot.earned.label("closed_earned"),
            PointsSnapshot.standing.label("closed_standing"), has_entries.label("has_entries"),
        )
        .outerjoin(
            PointsTotal,
            and_(PointsTotal.period_id == PointsPeriod.id, PointsTotal.person_id == person_id),
        )
        .outerjoin(
            PointsSnapshot,
            and_(
                PointsSnapshot.period_id == PointsPeriod.id,
                PointsSnapshot.person_id == person_id,
            ),
        )
        .where(PointsPeriod.starts_at <= now)
        .order_by(PointsPeriod.number.desc())
        .limit(limit)
    ).all()  # fmt: skip
    views = [period_view(row[0]) for row in rows]
    counted = _counts_in(session, person_id, [one for one in views if not one.closed_at], now)
    return [
        PersonPeriod(
            period=period, earned=row.earned,
            standing=standing_of(
                row.earned, period.target, is_settled=period.is_settled(now),
                is_counted=_counted(row.closed_standing) if period.closed_at
                else period.id in counted,
            ),
            closed_earned=row.closed_earned, closed_standing=row.closed_standing,
            has_entries=row.has_entries,
        )
        for period, row in zip(reversed(views), reversed(rows), strict=True)
    ]  # fmt: skip


def _counted(closed: Standing | None) -> bool:
    return closed not in (None, Standing.NOT_COUNTED)


def _counts_in(
    session: Session, person_id: int, periods: Sequence[PeriodView], now: datetime
) -> set[int]:
    """Ids of those periods, not closed yet, in which the person counts; one statement."""
    asked = [
        select(literal(period.id)).where(
            participants(*counted_days(period, now), now=now)
            .where(Posting.person_id == person_id)
            .exists()
        )
        for period in periods
    ]
    return set(session.scalars(union_all(*asked))) if asked else set()


def entries_by_id(session: Session, ids: Iterable[int | None]) -> dict[int, PointsEntry]:
    """Entries by id, in one statement: those that lines of a page take back."""
    wanted = {entry_id for entry_id in ids if entry_id is not None}
    if not wanted:
        return {}
    rows = session.scalars(select(PointsEntry).where(PointsEntry.id.in_(wanted)))
    return {row.id: row for row in rows}


def year_points(session: Session, person_id: int, year: int) -> int:
    """What a person got in the periods that begin in a civil year."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(PointsTotal.posted), 0))
            .join(PointsPeriod, PointsPeriod.id == PointsTotal.period_id)
            .where(
                PointsTotal.person_id == person_id,
                PointsPeriod.starts_at >= clock.start_of(date(year, 1, 1)),
                PointsPeriod.starts_at < clock.start_of(date(year + 1, 1, 1)),
            )
        )
        or 0
    )


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def sums_of(found: Subquery, period: PeriodView) -> list[ColumnElement[Any]]:
    """How many count, are on target (as closed, else now), are on target now, are restated."""
    now_on = _number(and_(found.c.is_counted, found.c.earned >= period.target))
    is_closed = period.closed_at is not None
    closed_on = _number(found.c.closed_standing == Standing.ON_TARGET) if is_closed else now_on
    restated = _number(found.c.earned != found.c.closed_earned) if is_closed else literal(0)
    return [
        _number(found.c.is_counted).label("counted"), closed_on.label("on_target"),
        now_on.label("now_on_target"), restated.label("restated"),
    ]  # fmt: skip


@dataclass(frozen=True)
class UnitStanding(Shares):
    """How many of a unit's own people count, and are on target: as closed, where it has closed.

    ``now_on_target``: with what was posted since.
    """

    unit_id: int
    unit_name: str
    unit_kind: UnitKind
    counted: int
    on_target: int
    now_on_target: int


def by_unit(
    session: Session, period: PeriodView, now: datetime, scope: Scope = None
) -> list[UnitStanding]:
    """The units that have people in a period, by name; one statement."""
    found = standings(period, now, scope).subquery()
    _first, last = counted_days(period, now)
    counted, on_target, now_on_target, _restated = sums_of(found, period)
    rows = session.execute(
        select(
            found.c.unit_id, UnitVersion.name, UnitVersion.kind, counted, on_target, now_on_target
        )
        .join(UnitVersion, and_(UnitVersion.unit_id == found.c.unit_id, is_valid_on(last)))
        .group_by(found.c.unit_id, UnitVersion.name, UnitVersion.kind)
        .order_by(UnitVersion.name, found.c.unit_id)
    )
    return [UnitStanding(*row) for row in rows]


@dataclass(frozen=True)
class Shortfall:
    """A period in which a person was short, as it stands now."""

    label: str
    earned: int
    target: int


@dataclass(frozen=True)
class Behind:
    """A person on post who was short in several periods in a row; oldest period first."""

    person_id: int
    staff_no: str
    name: str
    unit_id: int
    unit_name: str
    periods: tuple[Shortfall, ...]


def behind_rows(periods: Sequence[PeriodView], now: datetime, scope: Scope) -> Rows:
    """Rows of people on post in scope today who count and are short in each of these periods."""
    today = clock.civil_date(now)
    query: Rows = (
        select(Person.id, Person.staff_no, Person.name, Posting.unit_id, UnitVersion.name)
        .join(Posting, and_(Posting.person_id == Person.id, is_posted_on(today)))
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(today)))
    )
    if scope is not None:
        query = query.where(Posting.unit_id.in_(subtree(scope, today)))
    for period in periods:
        found = standings(period, now).subquery(f"period_{period.number}")
        is_short = and_(found.c.is_counted, found.c.earned < period.target)
        query = query.join(
            found, and_(found.c.person_id == Person.id, is_short)
        ).add_columns(found.c.earned)  # fmt: skip
    return query


BEHIND_SORTS: dict[str, Any] = {
    "staff_no": Person.staff_no,
    "name": Person.name,
    "unit": UnitVersion.name,
}


def behind_view(row: Any, periods: Sequence[PeriodView]) -> Behind:
    """A row of ``behind_rows`` for these periods as a value."""
    person_id, staff_no, name, unit_id, unit_name, *earned = row
    short = [
        Shortfall(period.label, points, period.target)
        for period, points in zip(periods, earned, strict=True)
    ]
    return Behind(person_id, staff_no, name, unit_id, unit_name or "", tuple(short))


def last_settled(session: Session, now: datetime, count: int) -> list[PeriodView]:
    """The last so many settled periods, oldest first; none where there are fewer."""
    found = settled(session, now, limit=count)
    return list(reversed(found)) if len(found) == count else []


def behind(session: Session, now: datetime, scope: Scope, in_a_row: int) -> list[Behind]:
    """People on post who were short in the last so many settled periods, by unit; two statements."""
    periods = last_settled(session, now, in_a_row)
    if not periods:
        return []
    query = behind_rows(periods, now, scope).order_by(UnitVersion.name, Person.staff_no)
    return [behind_view(row, periods) for row in session.execute(query)]
