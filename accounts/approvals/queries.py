"""Acts that wait for a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Person
from accounts.roles.models import RoleGrant
from accounts.roles.queries import is_live
from accounts.signin.models import Account
from core.errors import NotFound
from core.permissions import ROLE_PERMISSIONS, Permission


@dataclass(frozen=True)
class OpenAct:
    """An act that waits: who asked for what, when and why."""

    id: int
    kind: str
    subject_id: int
    reason: str
    asked_by: int
    asked_by_name: str
    asked_at: datetime


def open_acts(session: Session, kind: str, *, subject_id: int | None = None) -> list[OpenAct]:
    """Acts of a kind that nobody has decided, the oldest first; of one subject where named."""
    query = (
        select(
            TwoPersonAct.id, TwoPersonAct.kind, TwoPersonAct.subject_id, TwoPersonAct.reason,
            TwoPersonAct.asked_by, Person.name.label("asked_by_name"), TwoPersonAct.asked_at,
        )
        .join(Person, Person.id == TwoPersonAct.asked_by)
        .where(TwoPersonAct.kind == kind, TwoPersonAct.decided_at.is_(None))
        .order_by(TwoPersonAct.asked_at, TwoPersonAct.id)
    )  # fmt: skip
    if subject_id is not None:
        query = query.where(TwoPersonAct.subject_id == subject_id)
    return [OpenAct(**row._mapping) for row in session.execute(query)]


def act(session: Session, act_id: int) -> TwoPersonAct:
    """One act, decided or not; NotFound where there is none."""
    found = session.get(TwoPersonAct, act_id)
    if found is None:
        raise NotFound(_("找不到这项申请"))
    return found


def deciders(session: Session, permission: Permission, *, besides: set[int], now: datetime) -> int:
    """How many people besides these could decide: they can sign in and hold a role for it."""
    roles = [role for role, granted in ROLE_PERMISSIONS.items() if permission in granted]
    return (
        session.scalar(
            select(func.count(RoleGrant.person_id.distinct()))
            .join(Account, Account.person_id == RoleGrant.person_id)
            .where(
                RoleGrant.role.in_(roles), RoleGrant.person_id.not_in(besides), is_live(now),
                Account.disabled_at.is_(None),
            )
        )
        or 0
    )  # fmt: skip
