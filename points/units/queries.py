"""The people of a unit with their standing, and how periods came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Subquery, and_, false, literal, not_, or_, select, union_all
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.units.models import UnitVersion
from accounts.units.queries import UnitNode, is_valid_on, subtree
from core import clock
from core.errors import NotFound
from points.participation.queries import Rows, Scope, counted_days, standings
from points.periods.queries import PeriodView
from points.standing.queries import sums_of
from points.standing.rules import Shares, Standing, standing_of


@dataclass(frozen=True)
class PersonStanding:
    """A person of a unit in a period: now, and when it closed (None: not closed)."""

    person_id: int
    staff_no: str
    name: str
    earned: int
    standing: Standing
    closed_earned: int | None
    closed_standing: Standing | None

    @property
    def is_restated(self) -> bool:
        """What was posted after the closing changes the sum."""
        return self.closed_earned is not None and self.earned != self.closed_earned


@dataclass(frozen=True)
class PeriodCount(Shares):
    """How a period came out within a scope: as closed, where it has closed.

    ``restated``: people whose sum changed after the closing.
    """

    counted: int
    on_target: int
    now_on_target: int
    restated: int


def unit_in_period(
    session: Session, unit_id: int, period: PeriodView, now: datetime, scope: Scope
) -> UnitNode:
    """A unit as it was called on the period's last counted day; NotFound outside the scope."""
    _first, last = counted_days(period, now)
    query = select(
        UnitVersion.unit_id, UnitVersion.name, UnitVersion.kind, UnitVersion.parent_id
    ).where(UnitVersion.unit_id == unit_id, is_valid_on(last))
    if scope is not None:
        query = query.where(UnitVersion.unit_id.in_(subtree(scope, clock.civil_date(now))))
    row = session.execute(query).first()
    if row is None:
        raise NotFound(_("找不到这个单位，或者不在您负责的范围"))
    return UnitNode(row.unit_id, row.name, row.kind, 0, row.parent_id)


# By points is not among them: people are not ranked.
PEOPLE_SORTS: dict[str, Any] = {"staff_no": Person.staff_no, "name": Person.name}


def people_of(
    period: PeriodView,
    now: datetime,
    unit_id: int,
    scope: Scope,
    *,
    text: str = "",
    standing: Standing | None = None,
) -> Rows:
    """Rows for PersonStanding: a unit's own people in a period.

    ``text``: part of a name, or the beginning of a staff number. ``standing``: as closed, where
    the period has closed.
    """
    found = standings(period, now, scope).subquery()
    query: Rows = (
        select(
            Person.id, Person.staff_no, Person.name, found.c.earned, found.c.is_counted,
            found.c.closed_earned, found.c.closed_standing,
        )
        .join(found, found.c.person_id == Person.id)
        .where(found.c.unit_id == unit_id)
    )  # fmt: skip
    if text:
        query = query.where(
            or_(
                Person.name.contains(text, autoescape=True),
                Person.staff_no.startswith(text.upper(), autoescape=True),
            )
        )
    return query if standing is None else query.where(_stands(found, standing, period, now))


def _stands(
    found: Subquery, standing: Standing, period: PeriodView, now: datetime
) -> ColumnElement[bool]:
    """The same decision as ``rules.standing_of``, for filters."""
    if period.closed_at is not None:
        return found.c.closed_standing == standing
    if standing is Standing.NOT_COUNTED:
        return not_(found.c.is_counted)
    if standing is Standing.ON_TARGET:
        return and_(found.c.is_counted, found.c.earned >= period.target)
    if standing is not (Standing.SHORT if period.is_settled(now) else Standing.PENDING):
        return false()
    return and_(found.c.is_counted, found.c.earned < period.target)


def person_standing(row: Any, period: PeriodView, now: datetime) -> PersonStanding:
    """A row of ``people_of`` as a value."""
    return PersonStanding(
        person_id=row.id, staff_no=row.staff_no, name=row.name, earned=row.earned,
        standing=standing_of(
            row.earned, period.target, is_counted=row.is_counted, is_settled=period.is_settled(now)
        ),
        closed_earned=row.closed_earned, closed_standing=row.closed_standing,
    )  # fmt: skip


def period_counts(
    session: Session, periods: Sequence[PeriodView], now: datetime, scope: Scope
) -> dict[int, PeriodCount]:
    """How these periods came out within a scope, by id, in one statement."""
    asked = []
    for period in periods:
        found = standings(period, now, scope).subquery()
        asked.append(select(literal(period.id), *sums_of(found, period)).select_from(found))
    if not asked:
        return {}
    return {
        row[0]: PeriodCount(*(int(number) for number in row[1:]))
        for row in session.execute(union_all(*asked))
    }
