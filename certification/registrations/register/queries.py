"""The register as lists: by tab, filtered, sorted; and who could be filed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.people.queries import people
from accounts.units.models import UnitVersion
from accounts.units.queries import subtree
from certification.certificates.queries import certified_on
from certification.registrations.models import Registration
from certification.registrations.queries import (
    OPEN_STATES,
    RegistrationView,
    Standing,
    in_scope,
    is_in_force_on,
    registered_on,
    registration_view,
    registrations,
)
from certification.registrations.rules import RegistrationState
from core.errors import Invalid

SOON_DAYS = 90  # what the filter of the hold calls soon
EXPORT_LIMIT = 10_000


class Tab(StrEnum):
    """The views of the register."""

    RECORDED = "recorded"  # in force today
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ENDED = "ended"
    DRAFT = "draft"


class HoldFilter(StrEnum):
    """How far the hold has come."""

    SOON = "soon"
    HELD = "held"
    FREE = "free"


class CertificateFilter(StrEnum):
    """What the newest certificate is worth."""

    EXPIRING = "expiring"
    EXPIRED = "expired"  # or none at all


@dataclass(frozen=True)
class Filters:
    """What the address asks for."""

    tab: Tab = Tab.RECORDED
    text: str = ""
    unit_id: int | None = None
    hold: HoldFilter | None = None
    certificate: CertificateFilter | None = None


SORTS: dict[str, Any] = {
    "name": Person.name,
    "unit": UnitVersion.name,
    "number": Registration.number,
    "held": Registration.held_through,
    "valid": Standing.valid_through,
    "filed": Registration.filed_on,
    "ended": Registration.ended_on,
}
DEFAULT_SORTS = {
    Tab.RECORDED: "held", Tab.SUBMITTED: "filed", Tab.RETURNED: "filed", Tab.ENDED: "-ended",
    Tab.DRAFT: "name",
}  # fmt: skip


def _in_tab(tab: Tab, day: date) -> ColumnElement[bool]:
    if tab is Tab.RECORDED:
        return is_in_force_on(day)
    if tab is Tab.ENDED:
        return Registration.ended_on <= day
    return Registration.state == RegistrationState(tab.value)


def _holds(wanted: HoldFilter, day: date) -> ColumnElement[bool]:
    last = Registration.held_through
    return {
        HoldFilter.SOON: and_(last >= day, last <= day + timedelta(days=SOON_DAYS)),
        HoldFilter.HELD: last >= day,
        HoldFilter.FREE: last < day,
    }[wanted]


def _certified(wanted: CertificateFilter, day: date, until: date) -> ColumnElement[bool]:
    through = Standing.valid_through
    if wanted is CertificateFilter.EXPIRING:
        return and_(through >= day, through <= until)
    return or_(through.is_(None), through < day)


def register(scope: frozenset[int] | None, day: date, until: date, filters: Filters) -> Select[Any]:
    """Rows for ``registration_view`` inside the scope; ``until``: last day that counts as soon for
    a certificate."""
    query = registrations(day).where(_in_tab(filters.tab, day), in_scope(scope, day))
    if filters.text:
        query = query.where(
            or_(
                Person.name.contains(filters.text, autoescape=True),
                Registration.number.contains(filters.text, autoescape=True),
                Registration.position.contains(filters.text, autoescape=True),
            )
        )
    if filters.unit_id is not None:
        query = query.where(Registration.unit_id.in_(subtree({filters.unit_id}, day)))
    if filters.hold is not None and filters.tab is Tab.RECORDED:
        query = query.where(_holds(filters.hold, day))
    if filters.certificate is not None:
        query = query.where(_certified(filters.certificate, day, until))
    return query


def counts(session: Session, scope: frozenset[int] | None, day: date) -> dict[Tab, int]:
    """How many stand under each tab; one statement."""
    tab = case(*((_in_tab(one, day), one.value) for one in Tab), else_="")
    rows = session.execute(
        select(tab.label("tab"), func.count().label("n"))
        .where(in_scope(scope, day))
        .group_by("tab")
    )
    found = {row.tab: row.n for row in rows}
    return {one: found.get(one.value, 0) for one in Tab}


def exported(session: Session, query: Select[Any], sort: str) -> list[RegistrationView]:
    """All rows of a list, sorted as on the page; Invalid where they are too many for a file."""
    column = SORTS[sort.lstrip("-")]
    ordered = query.order_by(column.desc() if sort.startswith("-") else column, Registration.id)
    rows = session.execute(ordered.limit(EXPORT_LIMIT + 1)).all()
    if len(rows) > EXPORT_LIMIT:
        raise Invalid(
            _("名单超过 %(limit)s 人，一个文件放不下。请先按单位筛选，再分次导出。",
              limit=f"{EXPORT_LIMIT:,}")
        )  # fmt: skip
    return [registration_view(row) for row in rows]


def fileable(scope: frozenset[int] | None, day: date, *, text: str = "") -> Select[Any]:
    """Rows for PersonView: people on post who are certified, not registered, and not filed yet."""
    filed = select(Registration.person_id).where(Registration.state.in_(OPEN_STATES))
    query = people(scope, day, posted_only=True).where(
        Posting.valid_to.is_(None),
        Person.id.in_(certified_on(day)),
        Person.id.not_in(registered_on(day)),
        Person.id.not_in(filed),
    )
    if text:
        query = query.where(
            or_(
                Person.name.contains(text, autoescape=True),
                Person.staff_no.startswith(text.upper(), autoescape=True),
            )
        )
    return query


FILEABLE_SORTS: dict[str, Any] = {
    "staff_no": Person.staff_no,
    "name": Person.name,
    "unit": UnitVersion.name,
}
