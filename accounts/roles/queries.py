"""Which roles people hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from accounts.roles.models import RoleGrant
from accounts.signin.models import Account
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on
from core import clock
from core.errors import Forbidden, NotFound
from core.permissions import Permission, Role, permissions_of


@dataclass(frozen=True)
class GrantRow:
    """A role as granted. ``is_live``: it counts now."""

    id: int
    role: Role
    unit_id: int | None
    unit_name: str
    granted_at: datetime
    granted_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    reason: str
    is_live: bool


def is_live(now: datetime) -> ColumnElement[bool]:
    """Condition: the grant counts at this instant."""
    return and_(
        RoleGrant.revoked_at.is_(None),
        or_(RoleGrant.expires_at.is_(None), RoleGrant.expires_at > now),
    )


def grants_of(session: Session, person_id: int, now: datetime) -> list[GrantRow]:
    """All grants of a person, those that count first, then the newest."""
    giver, taker = aliased(Person), aliased(Person)
    rows = session.execute(
        select(
            RoleGrant, UnitVersion.name.label("unit_name"), giver.name.label("giver"),
            taker.name.label("taker"),
        )
        .outerjoin(
            UnitVersion,
            and_(UnitVersion.unit_id == RoleGrant.unit_id, is_valid_on(clock.civil_date(now))),
        )
        .outerjoin(giver, giver.id == RoleGrant.granted_by)
        .outerjoin(taker, taker.id == RoleGrant.revoked_by)
        .where(RoleGrant.person_id == person_id)
        .order_by(RoleGrant.granted_at.desc(), RoleGrant.id.desc())
    ).all()  # fmt: skip
    found = [
        GrantRow(
            id=grant.id, role=grant.role, unit_id=grant.unit_id, unit_name=unit_name or "",
            granted_at=grant.granted_at, granted_by=giver_name or "", expires_at=grant.expires_at,
            revoked_at=grant.revoked_at, revoked_by=taker_name or "", reason=grant.reason,
            is_live=grant.revoked_at is None
            and (grant.expires_at is None or grant.expires_at > now),
        )
        for grant, unit_name, giver_name, taker_name in rows
    ]  # fmt: skip
    return sorted(found, key=lambda grant: not grant.is_live)


def live_grant(session: Session, person_id: int, grant_id: int, now: datetime) -> GrantRow:
    """One grant of this person that counts now; NotFound for any other."""
    for grant in grants_of(session, person_id, now):
        if grant.id == grant_id and grant.is_live:
            return grant
    raise NotFound(_("这项角色已经不在了"))


def live_roles(session: Session, person_id: int, now: datetime) -> list[tuple[Role, int | None]]:
    """The roles that count now, with the unit of scoped ones."""
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.unit_id).where(
            RoleGrant.person_id == person_id, is_live(now)
        )
    )
    return [(row.role, row.unit_id) for row in rows]


def holder_by_staff_no(
    session: Session, staff_no: str, permission: Permission, now: datetime
) -> int:
    """Id of a person who holds a permission; NotFound or Forbidden with a sentence otherwise."""
    found = session.scalar(select(Person.id).where(Person.staff_no == staff_no.strip().upper()))
    if found is None:
        raise NotFound(_("没有工号为 %(no)s 的人", no=staff_no))
    roles = frozenset(role for role, _unit in live_roles(session, found, now))
    if permission not in permissions_of(roles):
        raise Forbidden(_("工号 %(no)s 没有这项权限", no=staff_no))
    return found


def lasting_admins(session: Session, now: datetime) -> list[int]:
    """Ids of people who hold the admin role without an end and can sign in; the grants are locked.

    The lock makes two admins who take each other's role away at one moment wait for each other.
    """
    return list(
        session.scalars(
            select(RoleGrant.person_id)
            .join(Account, Account.person_id == RoleGrant.person_id)
            .where(
                RoleGrant.role == Role.ADMIN,
                RoleGrant.expires_at.is_(None),
                is_live(now),
                Account.disabled_at.is_(None),
            )
            .order_by(RoleGrant.id)
            .with_for_update(of=[RoleGrant, Account])
        )
    )


def lock_person(session: Session, person_id: int) -> None:
    """Let grants to one person wait for each other: two together could combine what may not be."""
    session.execute(
        select(Person.id).where(Person.id == person_id).with_for_update(key_share=True)
    ).scalar_one()
