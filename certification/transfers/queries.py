"""Transfers with what stands around them, and who may see which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on, subtree
from certification.registrations.models import Registration
from certification.registrations.rules import EndKind, free_from, is_inside_hold
from certification.transfers.models import Transfer
from certification.transfers.rules import OPEN_STATES, TransferState, days_early, is_covered
from core import clock
from core.db import least
from core.errors import NotFound
from core.permissions import Permission
from core.rulebook.models import RuleVersion
from core.viewer import Viewer

Asker = aliased(Person)
Decider = aliased(Person)
Successor = aliased(Person)
Origin = aliased(UnitVersion)
Target = aliased(UnitVersion)


@dataclass(frozen=True)
class TransferView:
    """A transfer with its registration. Units are called as on the effective day, or as today."""

    id: int
    person_id: int
    staff_no: str
    name: str
    registration_id: int
    registration_number: str
    recorded_on: date
    ended_on: date | None
    end_kind: EndKind | None
    rule_version_id: int | None
    rule_months: int | None
    from_unit_id: int
    from_unit_name: str
    position: str
    to_unit_id: int | None
    to_unit_name: str
    to_place: str
    to_position: str
    effective_on: date
    held_through: date
    grounds: str
    document_no: str
    successor_id: int | None
    successor_name: str
    gap_until: date | None
    state: TransferState
    revision: int
    asked_by: int
    asked_by_name: str
    asked_at: datetime
    decided_by: int | None
    decided_by_name: str
    decided_at: datetime | None
    decision: dict[str, Any]
    decision_reason: str
    excepted_from: date | None
    carried_out_at: datetime | None

    @property
    def is_inside(self) -> bool:
        return is_inside_hold(self.effective_on, self.held_through)

    @property
    def is_covered(self) -> bool:
        return is_covered(self.effective_on, self.held_through, self.excepted_from)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_ended(self) -> bool:
        """The registration has ended, by this transfer or by something else."""
        return self.ended_on is not None

    @property
    def is_exception(self) -> bool:
        """Somebody granted an exception for it."""
        return self.excepted_from is not None

    @property
    def free_from(self) -> date:
        return free_from(self.held_through)

    @property
    def days_early(self) -> int:
        return days_early(self.effective_on, self.held_through)

    @property
    def destination(self) -> str:
        """Where to: the unit, or the place in words."""
        return self.to_unit_name or self.to_place

    def is_due(self, day: date) -> bool:
        """Approved, and its day has come."""
        return self.state is TransferState.APPROVED and self.effective_on <= day


def transfer_rows(day: date) -> Select[Any]:
    """Rows for ``transfer_view``, of everybody; ``day``: today."""
    named_on = least(Transfer.effective_on, literal(day))
    return (
        select(
            Transfer, Person.staff_no, Person.name,
            Registration.number.label("registration_number"), Registration.recorded_on,
            Registration.ended_on, Registration.end_kind, Registration.rule_version_id,
            Registration.position, RuleVersion.value.label("rule_months"),
            Origin.name.label("from_unit_name"), Target.name.label("to_unit_name"),
            Successor.name.label("successor_name"), Asker.name.label("asked_by_name"),
            Decider.name.label("decided_by_name"),
        )
        .join(Person, Person.id == Transfer.person_id)
        .join(Registration, Registration.id == Transfer.registration_id)
        .join(Asker, Asker.id == Transfer.asked_by)
        .outerjoin(RuleVersion, RuleVersion.id == Registration.rule_version_id)
        .outerjoin(
            Origin, and_(Origin.unit_id == Transfer.from_unit_id, is_valid_on(named_on, Origin))
        )
        .outerjoin(
            Target, and_(Target.unit_id == Transfer.to_unit_id, is_valid_on(named_on, Target))
        )
        .outerjoin(Successor, Successor.id == Transfer.successor_id)
        .outerjoin(Decider, Decider.id == Transfer.decided_by)
    )  # fmt: skip


def transfer_view(row: Any) -> TransferView:
    """A row of these queries as a value."""
    one: Transfer = row.Transfer
    return TransferView(
        id=one.id, person_id=one.person_id, staff_no=row.staff_no, name=row.name,
        registration_id=one.registration_id, registration_number=row.registration_number or "",
        recorded_on=row.recorded_on, ended_on=row.ended_on, end_kind=row.end_kind,
        rule_version_id=row.rule_version_id,
        rule_months=None if row.rule_months is None else int(row.rule_months),
        from_unit_id=one.from_unit_id, from_unit_name=row.from_unit_name or "",
        position=row.position, to_unit_id=one.to_unit_id, to_unit_name=row.to_unit_name or "",
        to_place=one.to_place, to_position=one.to_position, effective_on=one.effective_on,
        held_through=one.held_through, grounds=one.grounds, document_no=one.document_no,
        successor_id=one.successor_id, successor_name=row.successor_name or "",
        gap_until=one.gap_until, state=one.state, revision=one.revision, asked_by=one.asked_by,
        asked_by_name=row.asked_by_name, asked_at=one.asked_at, decided_by=one.decided_by,
        decided_by_name=row.decided_by_name or "", decided_at=one.decided_at,
        decision=one.decision or {}, decision_reason=one.decision_reason,
        excepted_from=one.excepted_from, carried_out_at=one.carried_out_at,
    )  # fmt: skip


def in_scope(scope: frozenset[int] | None, day: date) -> ColumnElement[bool]:
    """Condition: out of these units or units below them; None: in the whole city."""
    if scope is None:
        return literal(True)
    return Transfer.from_unit_id.in_(subtree(scope, day))


def _readable(scope: frozenset[int] | None, day: date) -> ColumnElement[bool]:
    """Condition: out of these units, or into them once that is settled."""
    if scope is None:
        return literal(True)
    coming = and_(
        Transfer.state.in_((TransferState.APPROVED, TransferState.CARRIED_OUT)),
        Transfer.to_unit_id.in_(subtree(scope, day)),
    )
    return or_(in_scope(scope, day), coming)


SORTS: dict[str, Any] = {
    "name": Person.name,
    "unit": Origin.name,
    "effective": Transfer.effective_on,
    "held": Transfer.held_through,
    "asked": Transfer.asked_at,
}


def transfers(
    viewer: Viewer,
    day: date,
    *,
    state: TransferState | None = None,
    text: str = "",
    unit_id: int | None = None,
    hold: str = "",
) -> Select[Any]:
    """The transfers that a viewer may read, for ``listing``.

    ``text``: part of a name, the beginning of a staff number, part of a registration number.
    ``unit_id``: out of this unit or one below it. ``hold``: inside or outside, '' both.
    """
    query = transfer_rows(day).where(_readable(viewer.scope_of(Permission.TRANSFER_READ), day))
    if state is not None:
        query = query.where(Transfer.state == state)
    if text:
        query = query.where(
            or_(
                Person.name.contains(text, autoescape=True),
                Person.staff_no.startswith(text.upper(), autoescape=True),
                Registration.number.contains(text, autoescape=True),
            )
        )
    if unit_id is not None:
        query = query.where(Transfer.from_unit_id.in_(subtree({unit_id}, day)))
    if hold == "inside":
        query = query.where(Transfer.effective_on <= Transfer.held_through)
    elif hold == "outside":
        query = query.where(Transfer.effective_on > Transfer.held_through)
    return query


def counts_by_state(session: Session, query: Select[Any]) -> dict[TransferState, int]:
    """How many of the transfers of a list are in each state; one statement."""
    rows = session.execute(
        query.order_by(None)
        .with_only_columns(Transfer.state, func.count().label("number"))
        .group_by(Transfer.state)
    )
    found = {row.state: row.number for row in rows}
    return {state: found.get(state, 0) for state in TransferState}


def transfer_of(
    session: Session, transfer_id: int, viewer: Viewer, permission: Permission
) -> TransferView:
    """A transfer that the viewer may handle under this permission; NotFound for all others.

    For reading, the unit into which a settled transfer leads counts too.
    """
    today = clock.today()
    scope = viewer.scope_of(permission)
    reads = permission is Permission.TRANSFER_READ
    row = session.execute(
        transfer_rows(today).where(
            Transfer.id == transfer_id,
            _readable(scope, today) if reads else in_scope(scope, today),
        )
    ).first()
    if row is None:
        raise NotFound(_("找不到这份调岗申请，或者不在您负责的单位"))
    return transfer_view(row)


def transfers_of(session: Session, person_id: int) -> list[TransferView]:
    """All transfers of a person, newest first."""
    rows = session.execute(
        transfer_rows(clock.today())
        .where(Transfer.person_id == person_id)
        .order_by(Transfer.id.desc())
    )
    return [transfer_view(row) for row in rows]


@dataclass(frozen=True)
class OpenCounts:
    """Transfers under way. ``due``: those of ``approved`` whose day has come."""

    requested: int
    approved: int
    due: int


def open_counts(session: Session, scope: frozenset[int] | None, day: date) -> OpenCounts:
    """How many transfers out of these units (None: in the whole city) wait for what."""
    approved = Transfer.state == TransferState.APPROVED
    row = session.execute(
        select(
            func.count().filter(Transfer.state == TransferState.REQUESTED).label("requested"),
            func.count().filter(approved).label("approved"),
            func.count().filter(approved, Transfer.effective_on <= day).label("due"),
        ).where(Transfer.state.in_(OPEN_STATES), in_scope(scope, day))
    ).one()
    return OpenCounts(row.requested, row.approved, row.due)


def open_transfer(session: Session, person_id: int) -> int | None:
    """The id of the transfer that is under way for a person; None without one."""
    return session.execute(
        select(Transfer.id).where(Transfer.person_id == person_id, Transfer.state.in_(OPEN_STATES))
    ).scalar()
