"""Registrations with what stands around them, and who may see which."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from accounts.roster.queries import Held
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on, subtree
from certification.certificates.models import Certificate
from certification.registrations.models import Registration
from certification.registrations.rules import EndKind, RegistrationState, is_inside_hold
from certification.registry.models import RegistryEvent
from core import clock
from core.db import least
from core.errors import NotFound
from core.formats import civil_date_text
from core.permissions import Permission
from core.rulebook.models import RuleVersion
from core.viewer import Viewer

OPEN_STATES = (RegistrationState.DRAFT, RegistrationState.SUBMITTED, RegistrationState.RETURNED)

Filer = aliased(Person)
Recorder = aliased(Person)
Recorded = aliased(Certificate)  # the certificate that a registration was recorded on
Standing = aliased(Certificate)  # the newest one that the person has, whatever was recorded


@dataclass(frozen=True)
class RegistrationView:
    """A registration as of today.

    ``certificate_…``: what it was recorded on. ``standing_…``: the person's newest certificate that
    was neither revoked nor superseded, which may have expired; None without one. ``unit_name``: as
    it is called today, or was on the last day of an ended registration.
    """

    id: int
    person_id: int
    staff_no: str
    name: str
    unit_id: int
    unit_name: str
    position: str
    phone: str
    remark: str
    state: RegistrationState
    revision: int
    filed_by: int
    filed_by_name: str
    filed_on: date | None
    number: str | None
    certificate_id: int | None
    certificate_number: str | None
    certificate_valid_through: date | None
    recorded_on: date | None
    recorded_by_name: str
    held_through: date | None
    rule_version_id: int | None
    rule_months: int | None
    ended_on: date | None
    end_kind: EndKind | None
    standing_id: int | None
    standing_number: str | None
    standing_valid_through: date | None

    @property
    def is_open(self) -> bool:
        """Filed, and neither recorded nor withdrawn."""
        return self.state in OPEN_STATES

    def is_in_force(self, day: date) -> bool:
        """Whether the person is registered by it on a civil day."""
        return (
            self.recorded_on is not None
            and self.recorded_on <= day
            and (self.ended_on is None or day < self.ended_on)
        )

    def is_held_on(self, day: date) -> bool:
        """Whether the person may not be moved on a civil day, but as an exception."""
        return (
            self.held_through is not None
            and self.is_in_force(day)
            and is_inside_hold(day, self.held_through)
        )

    def days_held_left(self, day: date) -> int:
        """How many days of hold are left after a civil day; 0 where none is."""
        if self.held_through is None or not self.is_held_on(day):
            return 0
        return (self.held_through - day).days


def is_in_force_on(day: date) -> ColumnElement[bool]:
    """Condition: the registration covers a civil day (``ended_on`` is the first day without it)."""
    return and_(
        Registration.recorded_on <= day,
        or_(Registration.ended_on.is_(None), Registration.ended_on > day),
    )


def registered_on(day: date) -> Select[int]:
    """Ids of people who are registered on a civil day."""
    return select(Registration.person_id).where(is_in_force_on(day))


def _standing_id(day: date) -> Any:
    """The newest certificate of the registration's person that stands on a civil day."""
    one = aliased(Certificate)
    taken = exists().where(
        RegistryEvent.subject_kind == "certificate",
        RegistryEvent.subject_id == one.id,
        RegistryEvent.kind.in_(("revoked", "superseded")),
        RegistryEvent.effective_on <= day,
    )
    return (
        select(func.max(one.id))
        .where(one.person_id == Registration.person_id, ~taken)
        .correlate(Registration)
        .scalar_subquery()
    )


def registrations(day: date) -> Select[Any]:
    """Rows for ``registration_view``, of everybody, as of a civil day; the caller narrows them."""
    last_day = least(func.coalesce(Registration.ended_on, day), literal(day))
    return (
        select(
            Registration, Person.staff_no, Person.name, UnitVersion.name.label("unit_name"),
            Filer.name.label("filed_by_name"), Recorder.name.label("recorded_by_name"),
            Recorded.number.label("certificate_number"),
            Recorded.valid_through.label("certificate_valid_through"),
            RuleVersion.value.label("rule_months"),
            Standing.id.label("standing_id"), Standing.number.label("standing_number"),
            Standing.valid_through.label("standing_valid_through"),
        )
        .join(Person, Person.id == Registration.person_id)
        .join(Filer, Filer.id == Registration.filed_by)
        .outerjoin(Recorder, Recorder.id == Registration.recorded_by)
        .outerjoin(
            UnitVersion, and_(UnitVersion.unit_id == Registration.unit_id, is_valid_on(last_day))
        )
        .outerjoin(Recorded, Recorded.id == Registration.certificate_id)
        .outerjoin(RuleVersion, RuleVersion.id == Registration.rule_version_id)
        .outerjoin(Standing, Standing.id == _standing_id(day))
    )  # fmt: skip


def registration_view(row: Any) -> RegistrationView:
    """A row of ``registrations`` as a value."""
    one: Registration = row.Registration
    return RegistrationView(
        id=one.id, person_id=one.person_id, staff_no=row.staff_no, name=row.name,
        unit_id=one.unit_id, unit_name=row.unit_name or "", position=one.position,
        phone=one.phone, remark=one.remark, state=one.state, revision=one.revision,
        filed_by=one.filed_by, filed_by_name=row.filed_by_name, filed_on=one.filed_on,
        number=one.number, certificate_id=one.certificate_id,
        certificate_number=row.certificate_number,
        certificate_valid_through=row.certificate_valid_through,
        recorded_on=one.recorded_on, recorded_by_name=row.recorded_by_name or "",
        held_through=one.held_through, rule_version_id=one.rule_version_id,
        rule_months=None if row.rule_months is None else int(row.rule_months),
        ended_on=one.ended_on, end_kind=one.end_kind, standing_id=row.standing_id,
        standing_number=row.standing_number, standing_valid_through=row.standing_valid_through,
    )  # fmt: skip


def in_scope(scope: frozenset[int] | None, day: date) -> ColumnElement[bool]:
    """Condition: filed for these units or below them on a civil day; None: in the whole city."""
    if scope is None:
        return literal(True)
    return Registration.unit_id.in_(subtree(scope, day))


def current_of(session: Session, person_id: int, day: date) -> RegistrationView | None:
    """The registration that covers a civil day; None where the person is not registered."""
    row = session.execute(
        registrations(day).where(Registration.person_id == person_id, is_in_force_on(day))
    ).first()
    return registration_view(row) if row else None


def registrations_of(session: Session, person_id: int) -> list[RegistrationView]:
    """All registrations and filings of a person, newest first."""
    rows = session.execute(
        registrations(clock.today())
        .where(Registration.person_id == person_id)
        .order_by(Registration.id.desc())
    )
    return [registration_view(row) for row in rows]


def registration_of(
    session: Session, registration_id: int, viewer: Viewer, permission: Permission
) -> RegistrationView:
    """A registration that the viewer may handle under this permission; NotFound for all others."""
    today = clock.today()
    row = session.execute(
        registrations(today).where(
            Registration.id == registration_id, in_scope(viewer.scope_of(permission), today)
        )
    ).first()
    if row is None:
        raise NotFound(_("找不到这份备案，或者不在您负责的单位"))
    return registration_view(row)


def open_filings(session: Session, scope: frozenset[int] | None) -> list[RegistrationView]:
    """What is filed and not decided in these units, drafts and returned ones too; oldest first."""
    today = clock.today()
    rows = session.execute(
        registrations(today)
        .where(Registration.state.in_(OPEN_STATES), in_scope(scope, today))
        .order_by(Registration.filed_on, Registration.id)
    )
    return [registration_view(row) for row in rows]


def open_filing_of(session: Session, person_id: int) -> int | None:
    """The id of the filing of a person that is under way; None without one."""
    return session.scalar(
        select(Registration.id).where(
            Registration.person_id == person_id, Registration.state.in_(OPEN_STATES)
        )
    )


@dataclass(frozen=True)
class CourseRow:
    """One dated fact of a registration. ``by``: the person's name; '' for the system."""

    kind: str
    effective_on: date
    entered_at: datetime
    by: str
    reason: str
    facts: dict[str, Any]


def course_of(session: Session, registration_id: int) -> list[CourseRow]:
    """What happened to a registration, newest first."""
    rows = session.execute(
        select(
            RegistryEvent.kind, RegistryEvent.effective_on, RegistryEvent.entered_at,
            Person.name.label("by"), RegistryEvent.reason, RegistryEvent.facts,
        )
        .outerjoin(Person, Person.id == RegistryEvent.by_id)
        .where(
            RegistryEvent.subject_kind == "registration",
            RegistryEvent.subject_id == registration_id,
        )
        .order_by(RegistryEvent.id.desc())
    )  # fmt: skip
    return [CourseRow(**{**row._mapping, "by": row.by or ""}) for row in rows]


def note_held(session: Session, people: Collection[int], day: date, found: dict[int, Held]) -> None:
    """What ``roster`` asks: note down who is registered on a civil day or later, and stays."""
    rows = session.execute(
        select(Registration.id, Registration.person_id, Registration.held_through, Person.name)
        .join(Person, Person.id == Registration.person_id)
        .where(
            Registration.person_id.in_(people),
            Registration.recorded_on.is_not(None),
            or_(
                Registration.ended_on.is_(None),
                and_(
                    Registration.ended_on > day, Registration.ended_on > Registration.recorded_on
                ),
            ),
        )
    )  # fmt: skip
    for row in rows:
        found[row.person_id] = Held(row.id, _held_sentence(row.name, row.held_through))


def _held_sentence(name: str, held_through: date) -> str:
    held = is_inside_hold(clock.today(), held_through)
    last = civil_date_text(held_through)
    if held:
        return _(
            "%(name)s在册，锁定至 %(day)s。调动请走调岗申请，退休、辞职等离岗请终止备案。",
            name=name,
            day=last,
        )
    return _(
        "%(name)s在册，锁定期已于 %(day)s满。调动请走调岗申请，退休、辞职等离岗请终止备案。",
        name=name,
        day=last,
    )
