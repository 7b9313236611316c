"""What the throttle says before a password is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.throttle import rules
from accounts.throttle.models import SignInThrottle


@dataclass(frozen=True)
class Gate:
    """``locked_until``: of the account; ``is_slowed``: the address must wait its turn."""

    locked_until: datetime | None
    is_slowed: bool


def gate(session: Session, *, account_key: str, address_key: str, now: datetime) -> Gate:
    """Whether account and address may try now, in one statement."""
    rows = {
        row.key: row
        for row in session.execute(
            select(SignInThrottle.key, SignInThrottle.failures, SignInThrottle.blocked_until).where(
                SignInThrottle.key.in_((account_key, address_key))
            )
        )
    }
    account, address = rows.get(account_key), rows.get(address_key)
    until = account.blocked_until if account else None
    return Gate(
        locked_until=until if until and until > now else None,
        is_slowed=bool(address and address.failures >= rules.ADDRESS_FREE),
    )


def blocked_until(session: Session, key: str) -> datetime | None:
    """Until when a key is blocked; None where it has no row or is not."""
    return session.scalar(select(SignInThrottle.blocked_until).where(SignInThrottle.key == key))
