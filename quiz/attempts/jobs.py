"""What happens to attempts by itself: they close at their deadline, and results are released."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.db import transaction
from core.jobs.rules import Job
from quiz.attempts.services import close_overdue, release_due


def _until_done(work: Callable[[Session, datetime], int], now: datetime) -> int:
    """Everything that is due, in transactions of at most a hundred."""
    total = 0
    while True:
        with transaction() as session:
            done = work(session, now)
        total += done
        if not done:
            return total


def close_attempts(now: datetime) -> str:
    """Close what is past deadline and grace."""
    return f"closed {_until_done(close_overdue, now)}"


def release_results(now: datetime) -> str:
    """Release what its occasion lets be seen by now."""
    return f"released {_until_done(release_due, now)}"


JOBS = (
    Job("attempts.close", timedelta(seconds=30), close_attempts,
        "Submit attempts whose time is over."),
    Job("attempts.release", timedelta(minutes=1), release_results,
        "Release key and explanation where the window is over."),
)  # fmt: skip
