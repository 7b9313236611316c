"""People and the posts they hold: who is on post where, and whom a viewer may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person, Posting
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on, subtree
from core import clock
from core.db import days_between, greatest, least
from core.errors import NotFound
from core.permissions import Permission
from core.viewer import Viewer


@dataclass(frozen=True)
class PersonView:
    """A person with the latest post. ``posted_to``: its last day; None while on post."""

    id: int
    staff_no: str
    name: str
    phone: str
    remark: str
    unit_id: int | None
    unit_name: str
    position: str
    posted_from: date | None
    posted_to: date | None = None

    @property
    def is_on_post(self) -> bool:
        return self.posted_from is not None and self.posted_to is None


def is_posted_on(day: date) -> ColumnElement[bool]:
    """Condition: the posting covers a civil day (``valid_to`` is the last day)."""
    return and_(Posting.valid_from <= day, or_(Posting.valid_to.is_(None), Posting.valid_to >= day))


def posted_in(scope: frozenset[int] | None, day: date) -> Select[int]:
    """Ids of people on post on a civil day in these units and below; None: in the whole city."""
    query = select(Posting.person_id).where(is_posted_on(day))
    if scope is not None:
        query = query.where(Posting.unit_id.in_(subtree(scope, day)))
    return query


def posted_throughout(first: date, last: date) -> Select[int]:
    """Ids of people on post on every civil day of a span, in whatever units."""
    begin = greatest(Posting.valid_from, literal(first))
    end = least(func.coalesce(Posting.valid_to, last), literal(last))
    return (
        select(Posting.person_id)
        .where(
            Posting.valid_from <= last, or_(Posting.valid_to.is_(None), Posting.valid_to >= first),
            or_(Posting.valid_to.is_(None), Posting.valid_to >= Posting.valid_from),
        )
        .group_by(Posting.person_id)
        .having(func.sum(days_between(begin, end) + 1) == (last - first).days + 1)
    )  # fmt: skip


def is_latest() -> ColumnElement[bool]:
    """Condition: no later posting of the same person; postings that cover no day do not count."""
    later = aliased(Posting)
    covers_a_day = or_(Posting.valid_to.is_(None), Posting.valid_to >= Posting.valid_from)
    return and_(
        covers_a_day,
        ~exists().where(
            later.person_id == Posting.person_id,
            later.id != Posting.id,
            later.valid_from > Posting.valid_from,
            or_(later.valid_to.is_(None), later.valid_to >= later.valid_from),
        ),
    )


def people(
    scope: frozenset[int] | None, day: date, *, posted_only: bool = False
) -> Select[*tuple[Any, ...]]:
    """Rows for PersonView: everyone whose latest post lies in these units and below.

    None: everyone, people without any post included unless ``posted_only``. An inner join lets the
    database begin at the units, where there are few.
    """
    everyone = scope is None and not posted_only
    query: Select[*tuple[Any, ...]] = (
        select(
            Person.id, Person.staff_no, Person.name, Person.phone, Person.remark,
            Posting.unit_id, UnitVersion.name.label("unit_name"), Posting.position,
            Posting.valid_from.label("posted_from"), Posting.valid_to.label("posted_to"),
        )
        .select_from(Person)
        .join(Posting, and_(Posting.person_id == Person.id, is_latest()), isouter=everyone)
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(day)))
    )  # fmt: skip
    if scope is not None:
        query = query.where(Posting.unit_id.in_(subtree(scope, day)))
    return query


def person_view(row: Any) -> PersonView:
    """A row of ``people`` as a value."""
    return PersonView(
        id=row.id, staff_no=row.staff_no, name=row.name, phone=row.phone, remark=row.remark,
        unit_id=row.unit_id, unit_name=row.unit_name or "", position=row.position or "",
        posted_from=row.posted_from, posted_to=row.posted_to,
    )  # fmt: skip


def person_in_scope(
    session: Session, person_id: int, viewer: Viewer, permission: Permission
) -> PersonView:
    """A person whom the viewer may handle under this permission; NotFound for all others."""
    scope = viewer.scope_of(permission)
    row = session.execute(people(scope, clock.today()).where(Person.id == person_id)).first()
    if row is None:
        raise NotFound(_("找不到这名人员，或者不在您负责的单位"))
    return person_view(row)


def names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """What people are called."""
    wanted = {person_id for person_id in ids if person_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def on_post_by_unit(session: Session, day: date) -> dict[int, int]:
    """How many people hold a post in each unit itself (not below it) on a civil day."""
    rows = session.execute(
        select(Posting.unit_id, func.count().label("people"))
        .where(is_posted_on(day))
        .group_by(Posting.unit_id)
    )
    return {row.unit_id: row.people for row in rows}
