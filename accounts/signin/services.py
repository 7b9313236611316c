"""Signing in and out, passwords, throttling guesses, one-time links."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.roles.models import RoleGrant
from accounts.signin import rules
from accounts.signin.models import Account, LoginSession, OneTimeLink
from accounts.signin.queries import AccountRow, token_digest
from accounts.throttle.rules import FREE_TRIES
from accounts.throttle.services import Refused, forget_failures, reset_unless_locked
from core.audit.services import current_actor, record
from core.db import rows_of, upsert
from core.errors import Conflict, Invalid, NotFound
from core.permissions import Role

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Nobody's password: an unknown staff number takes as long as a known one.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$63vzqQSUI7DW9auJzAlwvQ$VCFNkHxCc2bx4Y53VZWHcQYHpsgRMQzKlaZILudyJTk"


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that succeeded: the new session's token."""

    token: str
    person_id: int


def hash_password(password: str) -> str:
    """Argon2id hash of a password; takes some 50 ms by intention."""
    return _hasher.hash(password)


def check_password(stored: str, password: str) -> bool:
    """Whether the password belongs to the hash; as slow where there is no hash."""
    try:
        _hasher.verify(stored or _NOBODY, password[: rules.MAX_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def ensure_strong(password: str, *, about: list[str]) -> None:
    """Refuse a password that is short or easily guessed; `about`: words that belong to the person."""
    if len(password) < rules.MIN_PASSWORD:
        raise Invalid(
            _("密码至少 %(n)s 个字符，现在是 %(now)s 个", n=rules.MIN_PASSWORD, now=len(password))
        )
    if len(password) > rules.MAX_PASSWORD:
        raise Invalid(_("密码最多 %(n)s 个字符", n=rules.MAX_PASSWORD))
    from zxcvbn import zxcvbn  # takes a while to load

    guessable = zxcvbn(password[:72], user_inputs=[word for word in about if word])
    if guessable["score"] < 3:  # noqa: PLR2004 (zxcvbn: "safely unguessable" begins at 3)
        raise Invalid(
            _("这个密码容易被猜到：请加长，或换成几个互不相关的词，不要含姓名、工号和单位")
        )


def set_password(
    session: Session,
    person_id: int,
    password: str,
    *,
    must_change: bool,
    now: datetime,
    password_hash: str = "",
    keep_token: str = "",
) -> None:
    """Give a person a password; ends all their sign-ins but `keep_token`'s and voids open links.

    `password_hash`: the hash, where it was computed before the transaction.
    """
    values = {
        "password_hash": password_hash or hash_password(password),
        "must_change": must_change,
        "changed_at": now,
    }
    session.execute(
        upsert(session, Account)
        .values(person_id=person_id, text_size="", locale="", **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )
    end_sessions(session, person_id, now, keep_token=keep_token)
    _void_links(session, person_id, now)
    forget_failures(session, person_id)


def change_password(
    session: Session, *, person_id: int, password_hash: str, token: str, now: datetime
) -> None:
    """A person's own new password (already hashed); all their other sign-ins end."""
    set_password(
        session, person_id, "", must_change=False, now=now, password_hash=password_hash,
        keep_token=token,
    )  # fmt: skip
    record(session, "account.change_password", ("person", person_id))


def begin_session(
    session: Session, *, person_id: int, staff_no: str, address: str, device: str, days: int,
    now: datetime,
) -> SignedIn:  # fmt: skip
    """A new sign-in on one device, for at most so many days."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_digest=token_digest(token), person_id=person_id, created_at=now, last_seen_at=now,
            expires_at=now + timedelta(days=days), address=address[:64], device=device[:200],
        )
    )  # fmt: skip
    actor = replace(current_actor(), label=staff_no, person_id=person_id)
    record(session, "account.sign_in", ("person", person_id), actor=actor)
    return SignedIn(token, person_id)


def end_session(session: Session, *, person_id: int, session_id: int, now: datetime) -> None:
    """End one of a person's sign-ins; a stranger's is not found."""
    ended = session.execute(
        update(LoginSession)
        .where(
            LoginSession.id == session_id,
            LoginSession.person_id == person_id,
            LoginSession.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    if not rows_of(ended):
        raise NotFound(_("这个登录已经退出了"))
    record(session, "account.end_session", ("person", person_id), facts={"session": session_id})


def sign_out(session: Session, *, person_id: int, token: str, now: datetime) -> None:
    """End the sign-in of this token."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_digest == token_digest(token), LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    record(session, "account.sign_out", ("person", person_id))


def end_sessions(session: Session, person_id: int, now: datetime, *, keep_token: str = "") -> int:
    """End all sign-ins of a person but `keep_token`'s; how many ended."""
    ended = session.execute(
        update(LoginSession)
        .where(
            LoginSession.person_id == person_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.token_digest != token_digest(keep_token),
        )
        .values(revoked_at=now)
    )
    return rows_of(ended)


def sign_out_everywhere(session: Session, *, person_id: int, now: datetime) -> int:
    """End all sign-ins of a person; how many."""
    ended = end_sessions(session, person_id, now)
    record(session, "account.sign_out_all", ("person", person_id), facts={"sessions": ended})
    return ended


def note_seen(session: Session, *, token: str, now: datetime) -> None:
    """Remember that a sign-in is in use; at most once in five minutes."""
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.token_digest == token_digest(token),
            LoginSession.last_seen_at <= now - rules.SEEN_EVERY,
            LoginSession.revoked_at.is_(None),
        )
        .values(last_seen_at=now)
    )


def admit(
    session: Session, *, account: AccountRow, address: str, device: str, days: int, now: datetime
) -> SignedIn | Refused:
    """Begin the session of a person whose password was right, unless the account is locked by now."""
    until = reset_unless_locked(session, staff_no=account.staff_no, now=now)
    if until is not None:
        return Refused(until=until)
    unchanged = session.scalar(
        select(Account.person_id).where(
            Account.person_id == account.person_id,
            Account.password_hash == account.password_hash,
            Account.disabled_at.is_(None),
        )
    )
    if unchanged is None:  # the password was changed while it was being checked
        return Refused(tries_left=FREE_TRIES)
    return begin_session(
        session, person_id=account.person_id, staff_no=account.staff_no, address=address,
        device=device, days=days, now=now,
    )  # fmt: skip


def new_one_time_link(session: Session, person_id: int, now: datetime) -> str:
    """A token that lets its holder set this person's password once; earlier ones end."""
    _void_links(session, person_id, now)
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeLink(
            token_digest=token_digest(token), person_id=person_id, created_at=now,
            expires_at=now + rules.LINK_LIFE,
        )
    )  # fmt: skip
    record(session, "account.new_link", ("person", person_id))
    return token


def use_link(session: Session, *, token: str, password_hash: str, now: datetime) -> int:
    """Set the password by a one-time link; of two uses one succeeds. The person's id."""
    person_id = session.execute(
        update(OneTimeLink)
        .where(
            OneTimeLink.token_digest == token_digest(token),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(OneTimeLink.person_id)
    ).scalar_one_or_none()
    if person_id is None:
        raise NotFound(_("这个链接用过了，或已经过期"))
    set_password(
        session, person_id, "", must_change=False, now=now, password_hash=password_hash
    )  # fmt: skip
    record(session, "account.use_link", ("person", person_id))
    return person_id


def _void_links(session: Session, person_id: int, now: datetime) -> None:
    session.execute(
        update(OneTimeLink)
        .where(
            OneTimeLink.person_id == person_id,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
        )
        .values(expires_at=now)
    )


def create_admin(session: Session, *, staff_no: str, name: str, now: datetime) -> str:
    """The first administrator, without a password; the token of a one-time link."""
    staff_no, name = rules.normal_staff_no(staff_no), name.strip()
    if not rules.is_staff_no(staff_no):
        raise Invalid(_("工号 %(no)s 不对：用 2 到 32 个字母、数字或连字符", no=staff_no))
    if not name:
        raise Invalid(_("姓名要填"))
    if session.scalar(select(Person.id).where(Person.staff_no == staff_no)) is not None:
        raise Conflict(_("工号 %(no)s 已经有了；要新链接用 flask admin link", no=staff_no))
    person = Person(staff_no=staff_no, name=name, created_at=now)
    session.add(person)
    session.flush()
    session.add(Account(person_id=person.id))
    session.add(
        RoleGrant(person_id=person.id, role=Role.ADMIN, granted_at=now, reason="flask admin create")
    )
    record(session, "account.create_admin", ("person", person.id), facts={"staff_no": staff_no})
    return new_one_time_link(session, person.id, now)


def keep_look(
    session: Session, person_id: int, *, text_size: str | None = None, locale: str | None = None
) -> None:
    """Keep a person's text size or language with their account."""
    chosen = {"text_size": text_size, "locale": locale}
    session.execute(
        update(Account)
        .where(Account.person_id == person_id)
        .values({key: value for key, value in chosen.items() if value is not None})
    )


def prune(session: Session, now: datetime) -> int:
    """Drop a batch of sign-ins and links that ended a month ago; how many."""
    old = now - rules.KEPT_AFTER_END
    ended = or_(LoginSession.expires_at < old, LoginSession.revoked_at < old)
    sessions = select(LoginSession.id).where(ended).limit(rules.BATCH)
    links = select(OneTimeLink.id).where(OneTimeLink.expires_at < old).limit(rules.BATCH)
    dropped = session.execute(delete(LoginSession).where(LoginSession.id.in_(sessions)))
    used = session.execute(delete(OneTimeLink).where(OneTimeLink.id.in_(links)))
    return rows_of(dropped) + rows_of(used)
