"""Versions of laws take force by themselves: what they changed reaches the questions that day."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.clock import civil_date
from core.db import reading, transaction
from core.jobs.rules import Job
from question_bank.laws.revisions.queries import due_to_take_force, uncompared
from question_bank.laws.revisions.services import compare_versions
from question_bank.suspensions.services import after_suspending, take_force


def take_force_due(now: datetime) -> str:
    """Compare what was never compared, then apply the versions whose day has come, one by one."""
    for source_id in uncompared(reading()):
        with transaction() as session:
            compare_versions(session, source_id=source_id, now=now)
    taken = suspended = 0
    for version_id in due_to_take_force(reading(), civil_date(now)):
        with transaction() as session:
            found = take_force(session, law_version_id=version_id, by_id=None, now=now)
        taken += found is not None
        suspended += found or 0
    with transaction() as session:  # pools that were frozen while a question was being suspended
        after_suspending(session, now)
    return f"{taken} versions took force, {suspended} questions suspended"


JOBS = (
    Job("laws.take_force", timedelta(hours=1), take_force_due,
        "Suspend questions whose articles changed, on the day a version takes force."),
)  # fmt: skip
