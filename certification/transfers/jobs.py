"""Transfers carry themselves out on their day."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from certification.steps.queries import FAILED, due, last_failure, transfer_by_id
from certification.transfers.services import carry_out
from core import clock
from core.audit.services import record
from core.db import transaction
from core.errors import AppError
from core.jobs.rules import Job

BATCH = 100

log = structlog.get_logger()


def carry_out_due(now: datetime) -> str:
    """Everything whose day has come, each in its own transaction; one that fails stops no other."""
    done = failed = 0
    last = 0
    while ids := _next(now, last):
        for transfer_id in ids:
            if _carry_out(transfer_id, now):
                done += 1
            else:
                failed += 1
        last = ids[-1]
    return f"carried out {done}, failed {failed}"


def _next(now: datetime, after: int) -> list[int]:
    with transaction() as session:
        return due(session, clock.civil_date(now), after=after, limit=BATCH)


def _carry_out(transfer_id: int, now: datetime) -> bool:
    try:
        with transaction() as session:
            found = transfer_by_id(session, transfer_id, clock.civil_date(now))
            carry_out(session, transfer=found, revision=found.revision, by=None, now=now)
    except (AppError, SQLAlchemyError) as error:
        said = error.detail if isinstance(error, AppError) else type(error).__name__
        log.warning("transfer_failed", transfer=transfer_id, error=said)
        with transaction() as session:
            if last_failure(session, transfer_id) != said:  # once, not every ten minutes
                record(session, FAILED, ("transfer", transfer_id), reason=said)
        return False
    return True


JOBS = (
    Job("certification.transfers", timedelta(minutes=10), carry_out_due,
        "Carry out approved transfers on their day."),
)  # fmt: skip
