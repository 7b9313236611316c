"""Granting roles and taking them away; disabling accounts."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.roles.models import RoleGrant
from accounts.roles.queries import lasting_admins, live_grant, live_roles, lock_person
from accounts.signin.models import Account
from accounts.signin.services import end_sessions
from core.audit.services import record
from core.db import rows_of
from core.errors import Conflict, Forbidden, Invalid
from core.permissions import SCOPED_ROLES, Role, may_combine


def grant(
    session: Session,
    *,
    person_id: int,
    role: Role,
    unit_id: int | None,
    expires_at: datetime | None,
    reason: str,
    by: int | None,
    now: datetime,
) -> None:
    """Give a role, for ever or until an instant. ``by`` None: an operator's command.

    Refuses one's own roles, a scoped role without a unit, roles that one person may not hold
    together, and a role that is held already.
    """
    _refuse_own(person_id, by)
    if role in SCOPED_ROLES and unit_id is None:
        raise Invalid(_("单位联络员要选定负责的单位。"), field="unit")
    if role not in SCOPED_ROLES:
        unit_id = None
    if expires_at is not None and expires_at <= now:
        raise Invalid(_("到期日要晚于今天。"), field="until")
    lock_person(session, person_id)
    held = live_roles(session, person_id, now)
    if (role, unit_id) in held:
        raise Conflict(_("已经有这个角色了，没有重复授予。"))
    if not may_combine(frozenset({role, *(one for one, _unit in held)})):
        raise Invalid(
            _("系统管理员和审计员只能与工作人员兼任，不能再兼其他角色。请先撤销原来的角色。"),
            field="role",
        )
    session.add(
        RoleGrant(
            person_id=person_id, role=role, unit_id=unit_id, granted_at=now, granted_by=by,
            expires_at=expires_at, reason=reason,
        )
    )  # fmt: skip
    session.flush()
    record(
        session, "role.grant", ("person", person_id),
        facts={"role": role.value, "unit": unit_id,
               "until": expires_at.isoformat() if expires_at else None},
        reason=reason,
    )  # fmt: skip


def revoke(
    session: Session, *, person_id: int, grant_id: int, reason: str, by: int | None, now: datetime
) -> None:
    """Take a role away at once. Nobody's own, and never the last lasting admin's."""
    _refuse_own(person_id, by)
    found = live_grant(session, person_id, grant_id, now)
    if found.role is Role.ADMIN and found.expires_at is None:
        ensure_other_admin(session, person_id, now)
    taken = session.execute(
        update(RoleGrant)
        .where(RoleGrant.id == grant_id, RoleGrant.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=by)
    )
    if not rows_of(taken):
        raise Conflict(_("这项角色刚刚已被撤销。"))
    record(
        session, "role.revoke", ("person", person_id),
        facts={"role": found.role.value, "unit": found.unit_id}, reason=reason,
    )  # fmt: skip


def disable_account(
    session: Session, *, person_id: int, reason: str, by: int, now: datetime
) -> None:
    """Nobody signs in with this account any more; its sign-ins end. Never one's own."""
    if person_id == by:
        raise Forbidden(_("不能停用自己的账号"))
    if (Role.ADMIN, None) in live_roles(session, person_id, now):
        ensure_other_admin(session, person_id, now)
    disabled = session.execute(
        update(Account)
        .where(Account.person_id == person_id, Account.disabled_at.is_(None))
        .values(disabled_at=now)
    )
    if not rows_of(disabled):
        raise Conflict(_("这个账号已经停用。"))
    end_sessions(session, person_id, now)
    record(session, "account.disable", ("person", person_id), reason=reason)


def enable_account(session: Session, *, person_id: int) -> None:
    """The account may be used again, with the password it had."""
    enabled = session.execute(
        update(Account)
        .where(Account.person_id == person_id, Account.disabled_at.is_not(None))
        .values(disabled_at=None)
    )
    if not rows_of(enabled):
        raise Conflict(_("这个账号没有停用。"))
    record(session, "account.enable", ("person", person_id))


def ensure_other_admin(session: Session, person_id: int, now: datetime) -> None:
    """Refuse what would leave the installation without a lasting admin who can sign in."""
    if set(lasting_admins(session, now)) <= {person_id}:
        raise Conflict(_("这是最后一名系统管理员。请先授予另一人系统管理员角色。"))


def _refuse_own(person_id: int, by: int | None) -> None:
    if person_id == by:
        raise Forbidden(_("不能改自己的角色，请另一名系统管理员办理"))
