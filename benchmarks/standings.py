"""What standings cost with a thousand entries behind the totals, and with a million."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
from flask import Flask
from sqlalchemy import JSON, String, case, cast, func, insert, literal, select, text, true

from accounts.people.models import Person
from app import create_app
from config import Settings
from core import clock
from core.db import UtcDateTime, db, reading, table_of, transaction
from points.ledger.models import PointsEntry
from points.ledger.services import prove, rebuild
from points.periods.models import PointsPeriod
from points.periods.queries import periods
from points.periods.services import close_period, open_period
from points.standing.queries import by_unit, person_periods
from tests.databases import SECRETS, migrate
from tests.factories import make_person, make_unit
from tests.postgres import Postgres, create_database

PEOPLE, PERIODS, UNITS = 200, 5, 10
FEW, MANY = 1, 1000  # entries behind each of the thousand totals
ROUNDS = 15
MOST = 1.2  # with a million entries, a reading may cost so many times what it costs with a thousand
MONTH, ROUND = timedelta(days=30), timedelta(days=5)
NOW = clock.now()
ENTRY = table_of(PointsEntry)
BEGIN = clock.start_of(clock.civil_date(NOW)) - PERIODS * MONTH


@dataclass
class Side:
    """One of two databases with the same totals. ``load``, ``proof``: seconds."""

    app: Flask
    server: psutil.Process | None  # None: the database is in this process
    people: list[int]
    load: float
    proof: float


def _world() -> list[int]:
    """Ids of people in their units, after periods were opened one after the other."""
    with transaction() as session:
        units = [make_unit(session) for _ in range(UNITS)]
        people = [make_person(session, unit=units[n % UNITS]).id for n in range(PEOPLE)]
        for number in range(PERIODS):
            starts_at = BEGIN + number * MONTH
            open_period(
                session, label=f"第 {number + 1} 期", starts_at=starts_at, now=starts_at,
                settles_at=starts_at + ROUND, max_points=20,
            )  # fmt: skip
    return people


def _fill(entries: int) -> None:
    """So many entries for each person and period, mixed as they would come; then the totals."""
    number = select(literal(1).label("n")).cte("number", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < entries))
    amount = case((number.c.n == 1, Person.id % 20), (number.c.n % 2 == 0, 1), else_=-1)
    source = literal("bench:") + cast(PointsPeriod.id, String) + "#" + cast(number.c.n, String)
    columns = {
        "person_id": Person.id, "period_id": PointsPeriod.id, "origin_period_id": PointsPeriod.id,
        "amount": amount, "source": source, "posted_at": literal(NOW, UtcDateTime()),
        "facts": literal({"title": "定期答题"}, JSON()),
    }  # fmt: skip
    rows = (
        select(*columns.values())
        .select_from(number)
        .join(PointsPeriod, true())
        .join(Person, true())
        .order_by(number.c.n)
    )
    with transaction() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":  # no foreign keys asked a million times
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.execute(text("PRAGMA cache_size=-400000"))
        for index in ENTRY.indexes:
            index.drop(connection)
        connection.execute(insert(ENTRY).from_select(list(columns), rows))
        for index in ENTRY.indexes:
            index.create(connection)
    with transaction() as session:
        rebuild(session)
        for period in periods(session)[:0:-1]:
            close_period(session, period_id=period.id, now=NOW)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _process(server: Postgres) -> psutil.Process:
    file = server.folder / "data" / "postmaster.pid"
    return psutil.Process(int(file.read_text().split()[0]))


def _side(settings: Settings, server: Postgres | None, entries: int) -> Side:
    app = create_app(settings)
    migrate(app)
    with app.app_context():
        people = _world()
        began = time.perf_counter()
        _fill(entries)
        load = time.perf_counter() - began
        began = time.perf_counter()
        proof = prove(reading())
        took = time.perf_counter() - began
        db.session.remove()
    if proof.wrong or (proof.entries, proof.persons) != (entries * PEOPLE * PERIODS, PEOPLE):
        raise RuntimeError("the ledger is not what was put into it")
    return Side(app, _process(server) if server else None, people, load, took)


@contextmanager
def _sides(database: str) -> Iterator[tuple[Side, Side]]:
    with tempfile.TemporaryDirectory(prefix="shanggang-bench-") as folder:
        server = Postgres() if database == "postgres" else None
        made = []
        try:
            base = server.start() if server else ""
            for name, entries in (("few", FEW), ("many", MANY)):
                place = Path(folder) / name
                place.mkdir()
                url = create_database(base) if base else ""
                settings = Settings(
                    instance_dir=place, database_url=url, log_level="ERROR", **SECRETS
                )
                made.append(_side(settings, server, entries))
            yield made[0], made[1]
        finally:
            for side in made:
                with side.app.app_context():
                    db.session.remove()
                    db.engine.dispose()
            if server:
                server.stop()


def _people(side: Side, round_: int) -> None:
    session = reading()
    for person_id in side.people[round_ % 5 :: 5]:
        person_periods(session, person_id, NOW)


def _units(_side: Side, _round: int) -> None:
    session = reading()
    for _time in range(4):
        for period in periods(session):
            by_unit(session, period, NOW, None)


def _entries(side: Side, round_: int) -> None:
    session = reading()
    for person_id in side.people[round_ % 5 :: 5]:
        session.execute(
            select(PointsEntry.origin_period_id, func.sum(PointsEntry.amount))
            .where(PointsEntry.person_id == person_id)
            .group_by(PointsEntry.origin_period_id)
        ).all()


READINGS = {"each person": _people, "each unit": _units}
WITHOUT_TOTALS = "no totals"  # shows what the totals spare, and that this measurement would see it


def _cpu(side: Side) -> float:
    """CPU seconds that this process and the database have used so far."""
    used = time.process_time()
    for process in side.server.children() if side.server else ():
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return used


def _seconds(side: Side, name: str, round_: int) -> float:
    read = _entries if name == WITHOUT_TOTALS else READINGS[name]
    with side.app.app_context():
        reading().connection()  # a server process for this session is there before it counts
        began = _cpu(side)
        read(side, round_)
        used = _cpu(side) - began
        db.session.remove()
    return used


def _compare(few: Side, many: Side, name: str) -> float:
    """How many times as much a reading costs with a million entries; prints both."""
    for side in (few, many):
        _seconds(side, name, 0)  # caches
    pairs = [(_seconds(few, name, n), _seconds(many, name, n)) for n in range(ROUNDS)]
    before, after = (sum(one[side] for one in pairs) for side in (0, 1))
    print(
        f"  {name:<12} 1,000 entries {before / ROUNDS * 1000:7.1f} ms"
        f"   1,000,000 entries {after / ROUNDS * 1000:7.1f} ms   ratio {after / before:6.2f}",
        flush=True,
    )
    return after / before


def report_standings(database: str) -> bool:
    """Print what readings cost on one database; whether all stay within the bound."""
    with _sides(database) as (few, many):
        print(
            f"{database}: standings of {PEOPLE} people in {PERIODS} periods, read from totals "
            f"(CPU ms a reading over {ROUNDS} rounds in turns; ratio at most {MOST})",
            flush=True,
        )
        ratios = [_compare(few, many, name) for name in READINGS]
        if _compare(few, many, WITHOUT_TOTALS) <= MOST:
            raise RuntimeError(
                "a million entries cost no more than a thousand: nothing is measured"
            )
        print(
            f"  a million entries: put in and summed in {many.load:.1f} s, proved in "
            f"{many.proof:.1f} s",
            flush=True,
        )
    return max(ratios) <= MOST
