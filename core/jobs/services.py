"""Claiming a slot of a job, finishing it, and running what was claimed."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core import clock
from core.audit.services import Actor, acting_as
from core.db import rows_of, transaction, upsert
from core.jobs.models import JobRun
from core.jobs.rules import Job, slot_of

KEPT_DAYS = 30
BATCH = 100
OUTCOME_LENGTH = 200

log = structlog.get_logger()


def worker_name() -> str:
    """This process, as the table names it."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def claim(session: Session, job: Job, slot: str, *, worker: str, now: datetime) -> int | None:
    """Take a slot of a job, or take it over once its lease has ended unfinished.

    The run's id for the one that got it; None for everybody else.
    """
    values = {"worker": worker, "claimed_at": now, "lease_until": now + job.lease}
    taken = session.execute(
        upsert(session, JobRun)
        .values(job=job.name, slot=slot, outcome="", **values)
        .on_conflict_do_nothing(index_elements=["job", "slot"])
        .returning(JobRun.id)
    ).scalar_one_or_none()
    if taken is not None:
        return taken
    return session.execute(
        update(JobRun)
        .where(
            JobRun.job == job.name,
            JobRun.slot == slot,
            JobRun.finished_at.is_(None),
            JobRun.lease_until <= now,
        )
        .values(**values)
        .returning(JobRun.id)
    ).scalar_one_or_none()


def finish(session: Session, run_id: int, *, worker: str, outcome: str, now: datetime) -> bool:
    """Note how a run ended; False where another worker has taken it over meanwhile."""
    done = session.execute(
        update(JobRun)
        .where(JobRun.id == run_id, JobRun.worker == worker, JobRun.finished_at.is_(None))
        .values(finished_at=now, outcome=outcome[:OUTCOME_LENGTH])
    )
    return bool(rows_of(done))


def run_slot(job: Job, slot: str, *, worker: str = "") -> str | None:
    """Run a job for one slot if this worker gets it; what it did, None where another has it.

    Opens transactions of its own: one for the claim, the job's, one for the finish. A job that
    fails is noted as failed and raises; a worker that dies leaves its claim to others.
    """
    worker = worker or worker_name()
    now = clock.now()
    with transaction() as session:
        run_id = claim(session, job, slot, worker=worker, now=now)
    if run_id is None:
        return None
    try:
        with acting_as(Actor(f"job:{job.name}")):
            outcome = job.run(now)
    except Exception as error:
        with transaction() as session:
            finish(session, run_id, worker=worker, now=clock.now(),
                   outcome=f"failed: {type(error).__name__}")  # fmt: skip
        raise
    with transaction() as session:
        finish(session, run_id, worker=worker, outcome=outcome, now=clock.now())
    log.info("job", job=job.name, slot=slot, outcome=outcome)
    return outcome


def run_now(job: Job) -> str:
    """Run a job at once, whatever its slot; the run is noted too."""
    outcome = run_slot(job, f"hand:{clock.now().isoformat()}")
    return outcome or ""


def run_due(job: Job) -> str | None:
    """Run a job for the present slot, once among all schedulers."""
    return run_slot(job, slot_of(job, clock.now()))


def prune(session: Session, now: datetime) -> int:
    """Drop a batch of runs older than 30 days; how many."""
    old = select(JobRun.id).where(JobRun.claimed_at < now - timedelta(days=KEPT_DAYS)).limit(BATCH)
    return rows_of(session.execute(delete(JobRun).where(JobRun.id.in_(old))))
