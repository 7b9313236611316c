"""What is known of the runs of jobs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.jobs.models import JobRun


def last_runs(session: Session) -> dict[str, JobRun]:
    """The latest run of each job."""
    latest = select(func.max(JobRun.id)).group_by(JobRun.job)
    return {run.job: run for run in session.scalars(select(JobRun).where(JobRun.id.in_(latest)))}


def abandoned(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Slots (job, slot) that were claimed and never finished, and whose lease is over."""
    rows = session.execute(
        select(JobRun.job, JobRun.slot)
        .where(JobRun.finished_at.is_(None), JobRun.lease_until <= now)
        .order_by(JobRun.id)
        .limit(100)
    )
    return [(job, slot) for job, slot in rows]
