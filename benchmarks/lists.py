"""What the large lists cost with ten thousand people and a hundred thousand entries of points."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from app import create_app
from config import Settings
from core.db import db, reading, transaction
from tests.databases import SECRETS, migrate
from tests.factories import sign_in
from tests.postgres import Postgres, create_database
from tests.reporting.bulk import fill, holder
from tests.statements import counted

PEOPLE, PERIODS = 10_000, 10
ROUNDS = 9
# (who asks, what for)
PAGES = (
    ("OFFICE01", "/"),
    ("OFFICE01", "/overview"),
    ("OFFICE01", "/points/units"),
    ("OFFICE01", "/points/behind"),
    ("OFFICE01", "/registrations"),
    ("OFFICE01", "/transfers"),
    ("OFFICE01", "/people"),
    ("OFFICE01", "/certificates"),
    ("COORD01", "/"),
    ("COORD01", "/overview"),
    ("COORD01", "/people"),
    ("OFFICE01", "/people/{person}/record"),
    ("D00001", "/record"),
    ("D00001", "/"),
)


@contextmanager
def _city(database: str) -> Iterator[Flask]:
    """An application on a fresh database with the whole city in it."""
    with tempfile.TemporaryDirectory(prefix="shanggang-bench-") as folder:
        server = Postgres() if database == "postgres" else None
        url = create_database(server.start()) if server else ""
        app = create_app(
            Settings(instance_dir=Path(folder), database_url=url, log_level="ERROR", **SECRETS)
        )
        try:
            migrate(app)
            with app.app_context(), transaction() as session:
                fill(session, people=PEOPLE, periods=PERIODS)
            if server:  # as a database is that has grown to this size: its planner knows
                with app.app_context(), db.engine.begin() as connection:
                    connection.execute(text("ANALYZE"))
            yield app
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
            if server:
                server.stop()


def report_lists(database: str) -> None:
    """Print, for each list, the statements and the median milliseconds until it is answered."""
    with _city(database) as app:
        with app.app_context():
            people = {who: holder(reading(), who) for who, _path in PAGES}
        print(
            f"{database}: {PEOPLE:,} people, {PEOPLE * PERIODS:,} entries;"
            f" ms a page (median of {ROUNDS} rounds)",
            flush=True,
        )
        for who, path in PAGES:
            address = path.format(person=people["D00001"].id)
            client = app.test_client()
            sign_in(client, people[who])
            client.get(address)  # what is compiled once is not measured
            took = []
            with counted(app) as log:
                for _round in range(ROUNDS):
                    begun = time.perf_counter()
                    answer = client.get(address)
                    took.append(time.perf_counter() - begun)
            if answer.status_code != 200:
                raise RuntimeError(f"{address}: {answer.status_code}")
            print(
                f"  {path:<26} {who:<9} {len(log) // ROUNDS:3} statements"
                f" {statistics.median(took) * 1000:8.1f}"
                f"   ({min(took) * 1000:.1f}–{max(took) * 1000:.1f})",
                flush=True,
            )
