"""Jobs: each slot once among many schedulers, and none lost with a scheduler that dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from core import clock
from core.audit.services import current_actor
from core.db import reading, transaction
from core.jobs import queries, scheduler, services
from core.jobs.models import JobRun
from core.jobs.rules import Job, next_slot, slot_of
from tests import databases
from tests.databases import both_databases

SCHEDULERS = 4
NOON = datetime(2026, 11, 24, 4, 0, 30, tzinfo=UTC)


def job(run: Callable[[datetime], str] = lambda _now: "done", **more: timedelta) -> Job:
    return Job("test.job", more.pop("every", timedelta(minutes=5)), run, "For tests.", **more)


@pytest.mark.parametrize(
    ("every", "slot", "following"),
    [
        (timedelta(minutes=1), "2026-11-24T04:00:00+00:00", "2026-11-24T04:01:00+00:00"),
        (timedelta(minutes=7), "2026-11-24T04:00:00+00:00", "2026-11-24T04:07:00+00:00"),
        (timedelta(days=1), "2026-11-24T00:00:00+00:00", "2026-11-25T00:00:00+00:00"),
    ],
)
def test_an_instant_belongs_to_one_slot(every: timedelta, slot: str, following: str) -> None:
    assert slot_of(job(every=every), NOON) == slot
    assert next_slot(job(every=every), NOON).isoformat() == following


def note(done: list[str], outcome: str) -> str:
    done.append("x")
    return outcome


def runs(app: Flask) -> list[JobRun]:
    with app.app_context():
        return list(reading().scalars(select(JobRun).order_by(JobRun.id)))


@both_databases
def test_several_schedulers_do_a_slot_once(app: Flask) -> None:
    done: list[str] = []
    barrier = Barrier(SCHEDULERS)
    one = job(lambda _now: note(done, "once"))

    def scheduler_number(number: int) -> str | None:
        with app.app_context():
            barrier.wait()
            return services.run_slot(one, "slot", worker=f"w{number}")

    with ThreadPoolExecutor(SCHEDULERS) as pool:
        outcomes = list(pool.map(scheduler_number, range(SCHEDULERS)))
    assert done == ["x"]
    assert sorted(outcomes, key=str) == [None] * (SCHEDULERS - 1) + ["once"]
    (run,) = runs(app)
    assert run.outcome == "once"
    assert run.finished_at is not None


def test_without_the_claim_every_scheduler_would_run_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: looking for a run before running, as nothing but the unique slot prevents."""
    done: list[str] = []
    barrier = Barrier(SCHEDULERS)

    def look_first(_session: object, *_args: object, **_more: object) -> int | None:
        found = runs(app)
        barrier.wait()
        return None if found else 1

    monkeypatch.setattr(services, "claim", look_first)
    monkeypatch.setattr(services, "transaction", _no_door)
    one = job(lambda _now: note(done, "often"))

    def scheduler_number(number: int) -> str | None:
        with app.app_context():
            return services.run_slot(one, "slot", worker=f"w{number}")

    with ThreadPoolExecutor(SCHEDULERS) as pool:
        list(pool.map(scheduler_number, range(SCHEDULERS)))
    assert len(done) == SCHEDULERS


class _no_door:  # noqa: N801 (stands in for a function)
    def __enter__(self) -> object:
        return reading()

    def __exit__(self, *_error: object) -> None: ...


@both_databases
def test_a_claim_that_was_never_finished_is_taken_over_after_its_lease(app: Flask) -> None:
    one = job()
    with time_machine.travel(NOON, tick=False) as now:
        with app.app_context(), transaction() as session:
            assert services.claim(session, one, "slot", worker="killed", now=clock.now())
        with app.app_context():
            assert services.run_slot(one, "slot", worker="other") is None
            now.shift(one.lease - timedelta(seconds=1))
            assert services.run_slot(one, "slot", worker="other") is None
            now.shift(timedelta(seconds=1))
            assert queries.abandoned(reading(), clock.now()) == [("test.job", "slot")]
            assert services.run_slot(one, "slot", worker="other") == "done"
            assert services.run_slot(one, "slot", worker="third") is None
    (run,) = runs(app)
    assert run.worker == "other"


@both_databases
def test_of_several_that_take_over_one_does(app: Flask) -> None:
    one = job()
    long_ago = clock.now() - timedelta(hours=1)
    with app.app_context(), transaction() as session:
        assert services.claim(session, one, "slot", worker="killed", now=long_ago)
    barrier = Barrier(SCHEDULERS)

    def take(number: int) -> str | None:
        with app.app_context():
            barrier.wait()
            return services.run_slot(one, "slot", worker=f"w{number}")

    with ThreadPoolExecutor(SCHEDULERS) as pool:
        outcomes = list(pool.map(take, range(SCHEDULERS)))
    assert sorted(outcomes, key=str) == [None] * (SCHEDULERS - 1) + ["done"]


def test_who_was_taken_over_does_not_finish_for_the_other(app: Flask) -> None:
    one = job()
    long_ago = clock.now() - timedelta(hours=1)
    with app.app_context(), transaction() as session:
        slow = services.claim(session, one, "slot", worker="slow", now=long_ago)
    assert slow
    with app.app_context():
        services.run_slot(one, "slot", worker="quick")
        with transaction() as session:
            assert not services.finish(
                session, slow, worker="slow", outcome="late", now=clock.now()
            )
    assert [run.outcome for run in runs(app)] == ["done"]


def test_a_job_acts_on_its_own_account_and_its_failure_is_noted(app: Flask) -> None:
    seen: list[str] = []

    def fail(_now: datetime) -> str:
        seen.append(current_actor().label)
        raise ValueError("secret detail")

    with app.app_context(), pytest.raises(ValueError, match="secret"):
        services.run_slot(job(fail), "slot")
    assert seen == ["job:test.job"]
    assert [run.outcome for run in runs(app)] == ["failed: ValueError"]


def test_the_clockwork_takes_over_what_others_left(app: Flask) -> None:
    long_ago = clock.now() - timedelta(hours=1)
    prune = scheduler.jobs_of(app)["jobs.prune"]
    with app.app_context(), transaction() as session:
        services.claim(session, prune, "slot", worker="killed", now=long_ago)
        services.claim(session, job(), "slot", worker="killed", now=long_ago)
    with app.app_context():
        scheduler.take_over(app)
    outcomes = {run.job: run.finished_at is not None for run in runs(app)}
    assert outcomes == {"jobs.prune": True, "test.job": False}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_clockwork_starts_with_what_was_missed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, failed = Event(), Event()

    def fail(_now: datetime) -> str:
        failed.set()
        raise RuntimeError("broken")

    def run(_now: datetime) -> str:
        ran.set()
        return "caught up"

    broken = Job("test.broken", timedelta(days=1), fail, "Fails.")
    good = Job("test.good", timedelta(days=1), run, "Runs.")
    monkeypatch.setitem(app.extensions, "jobs", {"test.broken": broken, "test.good": good})
    clockwork = scheduler.start_background(app)
    try:
        assert ran.wait(5)
        assert failed.wait(5)
    finally:
        clockwork.shutdown(wait=True)
    assert {run.job for run in runs(app)} == {"test.broken", "test.good"}


def test_old_runs_are_dropped(app: Flask) -> None:
    with time_machine.travel(NOON, tick=False) as now, app.app_context():
        for number in range(3):
            services.run_slot(job(), f"slot{number}")
        now.shift(timedelta(days=31))
        assert services.run_now(scheduler.jobs_of(app)["jobs.prune"]) == "3 old runs dropped"
    assert [run.job for run in runs(app)] == ["jobs.prune"]


# --- flask jobs -------------------------------------------------------------------


def test_jobs_are_listed_with_their_last_run_and_their_next(app: Flask) -> None:
    run = app.test_cli_runner()
    assert "last never" in run.invoke(args=["jobs", "list"]).stdout
    done = run.invoke(args=["jobs", "run", "jobs.prune"])
    # not ``output``: that holds the log on stderr, too, which speaks by the level of the last app
    assert (done.exit_code, done.stdout) == (0, "jobs.prune: 0 old runs dropped\n")
    listed = run.invoke(args=["jobs", "list"]).stdout
    assert "0 old runs dropped" in listed
    assert "next 20" in listed


def test_an_unknown_job_is_named_in_one_line(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["jobs", "run", "nothing"])
    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "There is no job 'nothing'" in done.stderr
    assert "jobs.prune" in done.stderr


def test_a_job_that_fails_by_hand_says_so(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_now: datetime) -> str:
        raise ValueError("no power")

    monkeypatch.setitem(app.extensions["jobs"], "test.job", job(fail))
    done = app.test_cli_runner().invoke(args=["jobs", "run", "test.job"])
    assert done.exit_code == 1
    assert done.stderr == "Error: test.job failed: no power\n"


@pytest.mark.slow
def test_two_scheduler_processes_do_each_slot_once_and_stop_when_told(tmp_path: Path) -> None:
    """Two real ``flask jobs start`` on one database file; one is killed, the other stopped."""
    from config import Settings

    app = databases.testing_app(
        Settings(instance_dir=tmp_path, log_level="ERROR", **databases.SECRETS)
    )
    databases.migrate(app)
    environment = {**os.environ, "SHANGGANG_INSTANCE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "flask", "--app", "app", "jobs", "start"]
    processes = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _number in range(2)
    ]
    try:
        for process in processes:
            assert process.stdout
            assert process.stdout.readline().startswith(b"Running")
        wanted = set(scheduler.jobs_of(app))
        for _wait in range(200):
            if {run.job for run in runs(app) if run.finished_at} >= wanted:
                break
            time.sleep(0.1)
        time.sleep(0.5)
        found = [(run.job, run.slot) for run in runs(app)]
        assert {name for name, _slot in found} >= wanted
        assert len(found) == len(set(found))
    finally:
        processes[0].kill()
        processes[1].send_signal(signal.SIGTERM)
        codes = [process.wait(30) for process in processes]
        for process in processes:
            if process.stdout:
                process.stdout.close()
        with app.app_context():
            from core.db import db

            db.engine.dispose()
    assert codes[1] == 0
