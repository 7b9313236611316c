"""The clockwork: APScheduler calls, the database decides which of several schedulers runs a slot."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask

from core import clock
from core.db import reading
from core.jobs import queries, services
from core.jobs.rules import Job

TAKE_OVER_EVERY = timedelta(minutes=1)
SETTINGS = {
    "timezone": clock.SHANGHAI,
    # late is better than never, and once is enough: a run does all that is due by then
    "job_defaults": {"coalesce": True, "misfire_grace_time": 3600, "max_instances": 1},
}

log = structlog.get_logger()


def jobs_of(app: Flask) -> dict[str, Job]:
    """All jobs by name."""
    found: dict[str, Job] = app.extensions["jobs"]
    return found


def start(app: Flask) -> None:
    """Run jobs until the process is told to stop; what is running then is finished first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        scheduler = BlockingScheduler(**SETTINGS)
        _load(scheduler, app)
        scheduler.start()


def start_background(app: Flask) -> BackgroundScheduler:
    """Run jobs in threads of this process, which end with it."""
    scheduler = BackgroundScheduler(daemon=True, **SETTINGS)
    _load(scheduler, app)
    scheduler.start()
    return scheduler


def take_over(app: Flask) -> None:
    """Run what other schedulers claimed and, killed or cut off, never finished."""
    known = jobs_of(app)
    for name, slot in queries.abandoned(reading(), clock.now()):
        if name in known:
            services.run_slot(known[name], slot)


def _load(scheduler: BaseScheduler, app: Flask) -> None:
    """Every job at the beginning of its slots, and all at once now: what was missed is caught up."""
    for job in jobs_of(app).values():
        scheduler.add_job(
            _inside(app, job.name, partial(services.run_due, job)),
            IntervalTrigger(seconds=int(job.every.total_seconds()), start_date=job.first_slot,
                            timezone=clock.SHANGHAI),
            id=job.name,
            next_run_time=clock.now(),
        )  # fmt: skip
    scheduler.add_job(
        _inside(app, "take_over", partial(take_over, app)),
        IntervalTrigger(seconds=int(TAKE_OVER_EVERY.total_seconds())),
        id="take_over",
        next_run_time=clock.now(),
    )


def _inside(app: Flask, name: str, act: Callable[[], object]) -> Callable[[], None]:
    """Inside the application; a failure is logged, and the clockwork goes on."""

    def call() -> None:
        with app.app_context():
            try:
                act()
            except Exception as error:
                log.exception("job_failed", job=name, error=type(error).__name__)

    return call
