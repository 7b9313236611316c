"""Sign-ins that have ended, used links and old counts of wrong passwords are dropped."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.signin import services
from accounts.throttle import services as throttle
from core.db import transaction
from core.jobs.rules import Job


def prune(now: datetime) -> str:
    """Drop what signing in leaves behind, a month after it ended; the audit trail stays."""
    dropped = 0
    while True:
        with transaction() as session:
            batch = services.prune(session, now)
        if not batch:
            break
        dropped += batch
    with transaction() as session:
        counts = throttle.prune(session, now)
    return f"{dropped} sign-ins and links, {counts} counts dropped"


JOBS = (
    Job("signin.prune", timedelta(hours=6), prune, "Drop ended sign-ins, used links, old counts."),
)
