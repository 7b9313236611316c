"""Who is behind a session token."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.roles.models import RoleGrant
from accounts.signin.models import Account, LoginSession, OneTimeLink
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on
from core import clock
from core.errors import NotFound
from core.permissions import SCOPED_ROLES, Role
from core.viewer import Viewer


def token_digest(token: str) -> str:
    """What the table keeps of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_live(now: datetime, idle_since: datetime) -> list[ColumnElement[bool]]:
    """Conditions under which a session row still counts; ``idle_since``: last sign of life needed."""
    return [
        LoginSession.revoked_at.is_(None),
        LoginSession.expires_at > now,
        LoginSession.last_seen_at > idle_since,
    ]


def viewer_of(session: Session, token: str, now: datetime, idle_since: datetime) -> Viewer | None:
    """The person signed in with this token, with their roles; None where it no longer counts."""
    today = clock.civil_date(now)
    row = session.execute(
        select(
            Person.id, Person.staff_no, Person.name, Posting.unit_id,
            UnitVersion.name.label("unit_name"),
            Account.must_change, Account.text_size, Account.locale,
        )
        .select_from(LoginSession)
        .join(Person, Person.id == LoginSession.person_id)
        .join(Account, Account.person_id == Person.id)
        .outerjoin(Posting, and_(Posting.person_id == Person.id, Posting.valid_to.is_(None)))
        .outerjoin(
            UnitVersion,
            and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(today)),
        )
        .where(
            LoginSession.token_digest == token_digest(token),
            Account.disabled_at.is_(None),
            *is_live(now, idle_since),
        )
    ).first()  # fmt: skip
    if row is None:
        return None
    return Viewer(
        person_id=row.id,
        staff_no=row.staff_no,
        name=row.name,
        unit_id=row.unit_id,
        unit_name=row.unit_name or "",
        session_token=token,
        scopes=_scopes(session, row.id, now),
        must_change_password=row.must_change,
        text_size=row.text_size,
        locale=row.locale,
    )


def _scopes(session: Session, person_id: int, now: datetime) -> dict[Role, frozenset[int] | None]:
    scopes: dict[Role, frozenset[int] | None] = {}
    for role, unit_id in session.execute(
        select(RoleGrant.role, RoleGrant.unit_id).where(
            RoleGrant.person_id == person_id,
            RoleGrant.revoked_at.is_(None),
            or_(RoleGrant.expires_at.is_(None), RoleGrant.expires_at > now),
        )
    ):
        if role in SCOPED_ROLES:
            units = scopes.get(role) or frozenset()
            scopes[role] = units | ({unit_id} if unit_id is not None else set())
        else:
            scopes[role] = None
    return scopes


@dataclass(frozen=True)
class AccountRow:
    """What signing in needs of an account."""

    person_id: int
    staff_no: str
    password_hash: str


def account_for(session: Session, staff_no: str) -> AccountRow | None:
    """The account of a (normalised) staff number; None where there is none or it is disabled."""
    row = session.execute(
        select(Person.id, Person.staff_no, Account.password_hash)
        .join(Account, Account.person_id == Person.id)
        .where(Person.staff_no == staff_no, Account.disabled_at.is_(None))
    ).first()
    return AccountRow(*row) if row else None


@dataclass(frozen=True)
class SessionRow:
    """One sign-in as its owner sees it."""

    id: int
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


def sessions_of(
    session: Session, person_id: int, *, token: str, now: datetime, idle_since: datetime
) -> list[SessionRow]:
    """The live sign-ins of a person, the one of ``token`` first, then the latest used."""
    this = token_digest(token)
    rows = session.scalars(
        select(LoginSession)
        .where(LoginSession.person_id == person_id, *is_live(now, idle_since))
        .order_by(LoginSession.last_seen_at.desc())
    )
    found = [
        SessionRow(
            row.id, row.device, row.address, row.created_at, row.last_seen_at,
            row.token_digest == this,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda row: not row.is_this)


@dataclass(frozen=True)
class LinkOwner:
    """Whose password a one-time link sets."""

    person_id: int
    staff_no: str
    name: str
    unit_name: str


def link_owner(session: Session, token: str, now: datetime) -> LinkOwner:
    """Whom a one-time link is for; NotFound once it was used or has expired."""
    today = clock.civil_date(now)
    row = session.execute(
        select(Person.id, Person.staff_no, Person.name, UnitVersion.name.label("unit_name"))
        .select_from(OneTimeLink)
        .join(Person, Person.id == OneTimeLink.person_id)
        .join(Account, Account.person_id == Person.id)
        .outerjoin(Posting, and_(Posting.person_id == Person.id, Posting.valid_to.is_(None)))
        .outerjoin(
            UnitVersion,
            and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(today)),
        )
        .where(
            OneTimeLink.token_digest == token_digest(token),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
            Account.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        raise NotFound(_("这个链接用过了，或已经过期。请找发给您链接的人再要一个。"))
    return LinkOwner(row.id, row.staff_no, row.name, row.unit_name or "")


def is_due_to_be_seen(session: Session, token: str, *, seen_before: datetime) -> bool:
    """Whether a sign-in was last noted as used before that instant."""
    return (
        session.scalar(
            select(LoginSession.id).where(
                LoginSession.token_digest == token_digest(token),
                LoginSession.last_seen_at <= seen_before,
            )
        )
        is not None
    )
