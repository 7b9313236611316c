"""Who of a unit counts for coverage on a day, who could take over, and who of the office decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.people.queries import is_posted_on, posted_in
from accounts.roles.models import RoleGrant
from accounts.roles.queries import is_live
from accounts.signin.models import Account
from certification.certificates.models import Certificate
from certification.certificates.queries import certified_on
from certification.registrations.queries import registered_on
from certification.registry.models import RegistryEvent
from certification.staffing.rules import Left
from certification.transfers.models import Transfer
from certification.transfers.rules import TransferState
from core.permissions import Role


@dataclass(frozen=True)
class Candidate:
    """Someone with a valid certificate who could take over. ``valid_through``: of the certificate."""

    person_id: int
    staff_no: str
    name: str
    position: str
    valid_through: date
    is_registered: bool


def counted_on(session: Session, unit_id: int, day: date) -> set[int]:
    """Ids of the people of a unit itself who hold a valid certificate and are registered on a civil
    day, without those who by then are moved away by an approved transfer."""
    moved = select(Transfer.person_id).where(
        Transfer.state == TransferState.APPROVED,
        Transfer.from_unit_id == unit_id,
        Transfer.effective_on <= day,
    )
    return set(
        session.scalars(
            select(Posting.person_id).where(
                Posting.unit_id == unit_id,
                is_posted_on(day),
                Posting.person_id.in_(certified_on(day)),
                Posting.person_id.in_(registered_on(day)),
                Posting.person_id.not_in(moved),
            )
        )
    )


def is_certified(session: Session, person_id: int | None, day: date) -> bool:
    """Whether a person holds a certificate that is valid on a civil day; nobody does not."""
    if person_id is None:
        return False
    return bool(
        session.scalar(
            select(exists().where(Person.id == person_id, Person.id.in_(certified_on(day))))
        )
    )


def left_after(
    session: Session,
    *,
    unit_id: int,
    person_id: int,
    successor_id: int | None,
    effective_on: date,
    today: date,
) -> Left:
    """What a unit is left with when one of its people moves away on a civil day.

    A successor counts as registered from that day, where the certificate is valid on it.
    """
    then = counted_on(session, unit_id, effective_on) - {person_id}
    filled = None
    if successor_id is not None:
        adds = successor_id not in then and is_certified(session, successor_id, effective_on)
        filled = len(then) + adds
    return Left(now=len(counted_on(session, unit_id, today)), without=len(then), filled=filled)


def candidates(session: Session, unit_id: int, day: date, *, without: int) -> list[Candidate]:
    """People on post in a unit or below it with a certificate that is valid on a civil day."""
    ended = exists().where(
        RegistryEvent.subject_kind == "certificate",
        RegistryEvent.subject_id == Certificate.id,
        RegistryEvent.kind.in_(("revoked", "superseded")),
        RegistryEvent.effective_on <= day,
    )
    rows = session.execute(
        select(
            Person.id, Person.staff_no, Person.name, Posting.position,
            func.max(Certificate.valid_through).label("valid_through"),
            Person.id.in_(registered_on(day)).label("is_registered"),
        )
        .join(Posting, Posting.person_id == Person.id)
        .join(Certificate, Certificate.person_id == Person.id)
        .where(
            Person.id != without,
            is_posted_on(day),
            Person.id.in_(posted_in(frozenset({unit_id}), day)),
            Certificate.issued_on <= day,
            Certificate.valid_through >= day,
            ~ended,
        )
        .group_by(Person.id, Person.staff_no, Person.name, Posting.position)
        .order_by(Person.staff_no)
    )  # fmt: skip
    return [
        Candidate(row.id, row.staff_no, row.name, row.position, row.valid_through,
                  bool(row.is_registered))
        for row in rows
    ]  # fmt: skip


def deciders(session: Session, now: datetime, *, without: set[int]) -> list[str]:
    """Names of those of the office who can sign in and are none of these people."""
    return list(
        session.scalars(
            select(Person.name)
            .join(RoleGrant, RoleGrant.person_id == Person.id)
            .join(Account, Account.person_id == Person.id)
            .where(
                RoleGrant.role == Role.OFFICE,
                is_live(now),
                Account.disabled_at.is_(None),
                Person.id.not_in(without),
            )
            .group_by(Person.id, Person.name)
            .order_by(Person.name)
        )
    )
