"""Counting wrong passwords, locking accounts, slowing addresses: decided by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, literal, or_, select, update
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.throttle import rules
from accounts.throttle.models import SignInThrottle
from accounts.throttle.queries import blocked_until
from core.audit.services import record
from core.db import rows_of, upsert


@dataclass(frozen=True)
class Refused:
    """A sign-in that did not succeed. ``until``: locked so long; ``retry_after``: seconds to wait."""

    tries_left: int = 0
    until: datetime | None = None
    retry_after: int = 0


def take_turn(session: Session, *, address_key: str, now: datetime) -> bool:
    """A slowed address's next try; of several at one moment one gets it."""
    taken = session.execute(
        update(SignInThrottle)
        .where(
            SignInThrottle.key == address_key,
            or_(SignInThrottle.blocked_until.is_(None), SignInThrottle.blocked_until <= now),
        )
        .values(blocked_until=now + rules.ADDRESS_PAUSE)
    )
    return bool(rows_of(taken))


def note_failure(
    session: Session, *, staff_no: str, is_known: bool, address_key: str, now: datetime
) -> Refused:
    """Count one wrong password for the account and the address; locks the account when it is due.

    The caller commits: a refusal that leaves something behind is a result, not an error.
    """
    key = rules.account_key(staff_no, is_known=is_known)
    failures = _count(session, key, now)
    _count(session, address_key, now)
    if failures is None:  # locked meanwhile: this guess counts for nothing
        return Refused(until=blocked_until(session, key))
    lock = rules.lock_after(failures)
    if lock is None:
        return Refused(tries_left=rules.tries_left(failures))
    until = now + lock
    session.execute(
        update(SignInThrottle).where(SignInThrottle.key == key).values(blocked_until=until)
    )
    # both kinds write a row, so that the time taken tells nothing; what was typed stays out
    record(
        session, "account.lock", ("account", staff_no if is_known else "unknown"),
        facts={"failures": failures, "minutes": int(lock.total_seconds() // 60)},
    )  # fmt: skip
    return Refused(until=until)


def _count(session: Session, key: str, now: datetime) -> int | None:
    """Failures under a key with this one; None where the key is blocked."""
    is_old = SignInThrottle.last_failure_at < now - rules.FORGOTTEN_AFTER
    statement = upsert(session, SignInThrottle).values(
        key=key, failures=1, last_failure_at=now, blocked_until=None
    )
    failures: int | None = session.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "failures": case((is_old, 1), else_=SignInThrottle.failures + 1),
                "last_failure_at": now,
            },
            where=or_(
                SignInThrottle.blocked_until.is_(None),
                SignInThrottle.blocked_until <= now,
                SignInThrottle.key.startswith("address:"),
            ),
        ).returning(SignInThrottle.failures)
    ).scalar_one_or_none()
    return failures


def reset_unless_locked(session: Session, *, staff_no: str, now: datetime) -> datetime | None:
    """Forget an account's failures after the right password; until when it is locked, if it is."""
    key = rules.account_key(staff_no, is_known=True)
    session.execute(
        delete(SignInThrottle).where(
            SignInThrottle.key == key,
            or_(SignInThrottle.blocked_until.is_(None), SignInThrottle.blocked_until <= now),
        )
    )
    return blocked_until(session, key)


def forget_failures(session: Session, person_id: int) -> None:
    """A new password: former failures of the person's account count no more."""
    staff_no = select(Person.staff_no).where(Person.id == person_id).scalar_subquery()
    session.execute(
        delete(SignInThrottle).where(SignInThrottle.key == literal("account:") + staff_no)
    )


def prune(session: Session, now: datetime) -> int:
    """Drop counts that no longer matter; how many."""
    old = delete(SignInThrottle).where(SignInThrottle.last_failure_at < now - rules.FORGOTTEN_AFTER)
    return rows_of(session.execute(old))
