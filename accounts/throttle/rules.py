"""When an account is locked and an address slowed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

FREE_TRIES = 5  # wrong passwords before an account is locked
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=12)  # a pause after which counting starts anew

ADDRESS_WINDOW = timedelta(minutes=10)
ADDRESS_FREE = 30  # wrong passwords from one address in one window before it is slowed
ADDRESS_PAUSE = timedelta(seconds=2)


def lock_after(failures: int) -> timedelta | None:
    """How long an account is locked after so many failures in a row: 1, 2, 4, 8, 15, 15 … minutes."""
    if failures < FREE_TRIES:
        return None
    doublings = min(failures - FREE_TRIES, 10)
    return min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)


def tries_left(failures: int) -> int:
    """How many wrong passwords an account may still have before it is locked."""
    return max(0, FREE_TRIES - failures)


def account_key(staff_no: str, *, is_known: bool) -> str:
    """Throttle key of an account. What is no staff number may be a mistyped password: only its digest."""
    if is_known:
        return f"account:{staff_no}"
    return "account:#" + hashlib.sha256(staff_no.encode()).hexdigest()[:32]


def address_key(address: str, now: datetime) -> str:
    """Throttle key of an address in the present window."""
    window = int(now.timestamp() // ADDRESS_WINDOW.total_seconds())
    return f"address:{address[:48]}:{window}"
