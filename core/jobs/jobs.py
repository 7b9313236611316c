"""The jobs' own upkeep: old runs are dropped."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.db import transaction
from core.jobs import services
from core.jobs.rules import Job


def prune(now: datetime) -> str:
    """Drop runs older than 30 days."""
    dropped = 0
    while True:
        with transaction() as session:
            batch = services.prune(session, now)
        dropped += batch
        if batch < services.BATCH:
            return f"{dropped} old runs dropped"


JOBS = (Job("jobs.prune", timedelta(days=1), prune, "Drop job runs older than 30 days."),)
