"""Eight processes that save into one SQLite file as fast as they can."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError

from app import create_app
from config import Settings
from core import clock
from core.db import db, transaction
from quiz.attempts.services import open_paper, save, start
from tests.databases import SECRETS, migrate
from tests.factories import make_person
from tests.quiz.candidates import make_occasion

PROCESSES = 8
SAVES = 250


def _settings(folder: str) -> Settings:
    return Settings(instance_dir=Path(folder), log_level="ERROR", **SECRETS)


def _write(folder: str, occasion_id: int, person_id: int, results: Any) -> None:
    app = create_app(_settings(folder))
    locked, longest = 0, 0.0
    with app.app_context():
        with transaction() as session:
            attempt, _new = start(
                session, occasion_id=occasion_id, person_id=person_id, now=clock.now()
            )
        with transaction() as session:
            open_paper(
                session, attempt_id=attempt.id, who=person_id, open_id="bench-writer",
                now=clock.now(),
            )  # fmt: skip
        for seq in range(1, SAVES + 1):
            began = time.perf_counter()
            try:
                with transaction() as session:
                    save(
                        session, attempt_id=attempt.id, who=person_id, epoch=1,
                        operations=[(seq % 3 + 1, seq, "A")], now=clock.now(),
                    )  # fmt: skip
            except OperationalError:
                locked += 1
            longest = max(longest, time.perf_counter() - began)
    results.put((locked, longest))


def write_at_once(processes: int = PROCESSES) -> tuple[int, float, float]:
    """(refused saves, seconds of the slowest save, saves a second) of so many processes."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="shanggang-bench-") as folder:
        app = create_app(_settings(folder))
        migrate(app)
        with app.app_context():
            with transaction() as session:
                occasion = make_occasion(session)
                people = [make_person(session).id for _ in range(processes)]
            db.engine.dispose()
        results = context.Queue()
        workers = [
            context.Process(target=_write, args=(folder, occasion.id, person, results))
            for person in people
        ]
        began = time.perf_counter()
        for worker in workers:
            worker.start()
        found = [results.get(timeout=120) for _ in workers]
        wall = time.perf_counter() - began
        for worker in workers:
            worker.join()
    return (
        sum(locked for locked, _ in found),
        max(longest for _, longest in found),
        processes * SAVES / wall,
    )


def report_writers() -> None:
    """Print what eight writers met."""
    locked, longest, rate = write_at_once()
    print(
        f"sqlite: {PROCESSES} writing processes × {SAVES} saves: {locked} times 'database is "
        f"locked', slowest save {longest * 1000:.0f} ms, {rate:.0f} saves a second with start-up"
    )
