"""The job of rounds under real processes: killed, doubled, switched off for days, in other zones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from config import ROOT, Settings
from core import clock
from core.db import db, reading, transaction
from core.jobs import scheduler, services
from core.jobs.models import JobRun
from points.periods.models import PointsPeriod
from quiz.occasions.models import Occasion
from quiz.rounds.models import QuizRound
from tests import databases
from tests.databases import SECRETS, both_databases
from tests.quiz.rounds import make_world

JOB = "quiz.rounds"
# Opens the round and is killed before it can say so to the database, or after.
CHILD = """
import sys, time
from app import create_app
from core.jobs import services
from quiz.rounds import jobs

app, when, real = create_app(), sys.argv[1], jobs.catch_up

def stop(*_):
    print("here", flush=True)
    time.sleep(600)

def hang(session, now):
    found = real(session, now)
    if when == "opened":
        stop()
    return found

jobs.catch_up = hang
if when == "claimed":
    jobs.catch_up = stop
if when == "committed":
    jobs._close_periods = stop
with app.app_context():
    services.run_due(app.extensions["jobs"]["quiz.rounds"])
"""


def due_plan(app: Flask, *, now: datetime | None = None) -> None:
    """A plan whose first round is due by the real clock."""
    now = now or clock.now()
    with app.app_context(), transaction() as session:
        make_world(session, now=now, first_month=clock.civil_date(now).replace(day=1))


def environment(app: Flask, **more: str) -> dict[str, str]:
    """What a process needs to work on this application's database."""
    settings: Settings = app.extensions["settings"]
    return os.environ | {
        "SHANGGANG_INSTANCE_DIR": str(settings.instance_dir),
        "SHANGGANG_DATABASE_URL": settings.database_url,
        "SHANGGANG_SECRET_KEY": SECRETS["secret_key"],
        "SHANGGANG_SIGNING_KEY": SECRETS["signing_key"],
        "SHANGGANG_LOG_LEVEL": "ERROR", **more,
    }  # fmt: skip


def let_go(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def opened(app: Flask) -> tuple[int, int, int]:
    """How many rounds, occasions of rounds, periods."""
    with app.app_context():
        session = reading()
        return (
            len(list(session.scalars(select(QuizRound)))),
            len(list(session.scalars(select(Occasion).where(Occasion.kind == "round")))),
            len(list(session.scalars(select(PointsPeriod)))),
        )


def runs(app: Flask) -> list[JobRun]:
    with app.app_context():
        return list(reading().scalars(select(JobRun).where(JobRun.job == JOB).order_by(JobRun.id)))


@pytest.mark.slow
@both_databases
@pytest.mark.parametrize("when", ["claimed", "opened", "committed"])
def test_a_scheduler_killed_at_work_is_taken_over_and_the_round_opens_once(
    app: Flask, when: str
) -> None:
    due_plan(app)
    let_go(app)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, when], cwd=ROOT, env=environment(app), stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == b"here\n"
        child.kill()
        assert child.wait(30) == -signal.SIGKILL
    (run,) = runs(app)
    assert run.finished_at is None
    assert opened(app) == ((1, 1, 1) if when == "committed" else (0, 0, 0))
    job = scheduler.jobs_of(app)[JOB]
    with app.app_context():
        scheduler.take_over(app)  # the lease is not over yet
    assert opened(app) == ((1, 1, 1) if when == "committed" else (0, 0, 0))
    with time_machine.travel(run.lease_until + timedelta(seconds=1)), app.app_context():
        scheduler.take_over(app)
    assert opened(app) == (1, 1, 1)
    (run,) = runs(app)
    assert run.finished_at is not None
    assert run.outcome == f"opened {int(when != 'committed')}; closed 0"
    assert job.lease < timedelta(minutes=11)


@contextmanager
def schedulers(app: Flask, *zones: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Real ``flask jobs start`` processes, each in its own time zone; stopped as told to."""
    command = [sys.executable, "-m", "flask", "--app", "app", "jobs", "start"]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=environment(app, TZ=zone), stdout=subprocess.PIPE)
        for zone in zones
    ]
    try:
        for process in processes:
            assert process.stdout
            assert process.stdout.readline().startswith(b"Running")
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(30)
            if process.stdout:
                process.stdout.close()
        let_go(app)


@pytest.mark.slow
def test_schedulers_in_three_time_zones_open_a_due_round_once_at_its_time(tmp_path: Path) -> None:
    app = databases.testing_app(Settings(instance_dir=tmp_path, log_level="ERROR", **SECRETS))
    databases.migrate(app)
    due_plan(app)
    let_go(app)
    with schedulers(app, "UTC", "America/New_York", "Asia/Tokyo"):
        for _wait in range(200):
            if any(run.finished_at for run in runs(app)):
                break
            time.sleep(0.1)
        time.sleep(0.5)
        assert opened(app) == (1, 1, 1)
        slots = [run.slot for run in runs(app)]
        assert len(slots) == len(set(slots))
        with app.app_context():
            one = reading().scalars(select(QuizRound)).one()
            assert clock.civil(one.opens_at).strftime("%d %H:%M:%S") == "01 00:00:00"
            assert clock.civil(one.closes_at).strftime("%d %H:%M:%S") == "06 00:00:00"


@both_databases
def test_off_for_three_days_the_next_run_catches_up(app: Flask) -> None:
    eve = datetime(2026, 10, 31, 23, 55, tzinfo=clock.SHANGHAI)
    job = scheduler.jobs_of(app)[JOB]
    with time_machine.travel(eve, tick=False) as now, app.app_context():
        with transaction() as session:
            make_world(session, now=eve, first_month=date(2026, 11, 1))
        assert services.run_due(job) == "opened 0; closed 0"
        now.shift(timedelta(days=3))
        assert services.run_due(job) == "opened 1; closed 0"
        assert services.run_due(job) is None
        one = reading().scalars(select(QuizRound)).one()
    assert one.opens_at == datetime(2026, 11, 1, tzinfo=clock.SHANGHAI)
    assert one.opened_at == eve + timedelta(days=3)
    assert [run.outcome for run in runs(app)] == ["opened 0; closed 0", "opened 1; closed 0"]
