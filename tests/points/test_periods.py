"""Periods: one after the other without gaps, closed once, with a snapshot that never changes."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.roles.models import RoleGrant
from core.audit.models import AuditEvent
from core.db import db, reading, table_of, transaction
from core.errors import Conflict, NotFound
from core.permissions import Role
from core.rulebook.models import RuleVersion
from core.rulebook.services import change_rule
from points.periods import queries, services
from points.periods.models import PointsSnapshot
from points.periods.rules import SnapshotRow, counted_days, snapshot_digest
from points.standing.rules import Standing
from tests.databases import both_databases
from tests.factories import LONG_AGO, make_person, make_unit
from tests.points.books import (
    MONTH,
    ROUND,
    START,
    adjust,
    books,
    close,
    first,
    open_period,
    period,
    undo,
)  # fmt: skip
from tests.statements import counted


def snapshot(app: Flask, period_id: int) -> list[tuple[int, int | None, int, Standing]]:
    with app.app_context():
        rows = reading().scalars(
            select(PointsSnapshot)
            .where(PointsSnapshot.period_id == period_id)
            .order_by(PointsSnapshot.person_id)
        )
        found = [(row.person_id, row.unit_id, row.earned, row.standing) for row in rows]
        db.session.remove()
    return found


# --- rules ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "settles", "days"),
    [
        # from 00:00 of the 1st to 24:00 of the 5th, in Shanghai
        ("2026-10-31T16:00", "2026-11-05T16:00", (date(2026, 11, 1), date(2026, 11, 5))),
        ("2026-10-31T15:59", "2026-11-05T16:01", (date(2026, 10, 31), date(2026, 11, 6))),
        ("2028-02-28T16:00", "2028-02-29T16:00", (date(2028, 2, 29), date(2028, 2, 29))),
        ("2026-12-30T16:00", "2026-12-31T16:00", (date(2026, 12, 31), date(2026, 12, 31))),
    ],
)
def test_a_round_counts_from_the_day_it_opens_to_the_last_day_before_it_settles(
    starts: str, settles: str, days: tuple[date, date]
) -> None:
    instants = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (starts, settles))
    assert counted_days(*instants) == days


def test_a_digest_is_of_the_rows_whatever_their_order() -> None:
    rows = [
        SnapshotRow(2, None, 0, Standing.NOT_COUNTED),
        SnapshotRow(1, 7, 17, Standing.ON_TARGET),
    ]
    text = '[[1,7,17,"on_target"],[2,null,0,"not_counted"]]'
    assert snapshot_digest(rows) == hashlib.sha256(text.encode()).hexdigest()
    assert json.loads(text)[0] == [1, 7, 17, "on_target"]
    assert snapshot_digest(rows[:1]) != snapshot_digest(rows) != snapshot_digest([])


# --- opening --------------------------------------------------------------------------


@both_databases
def test_a_period_begins_where_the_one_before_ends(app: Flask) -> None:
    (one, two, three), _people = books(app, opened=3)
    rows = [period(app, number) for number in (one, two, three)]
    assert [row.number for row in rows] == [1, 2, 3]
    assert [row.previous_id for row in rows] == [None, one, two]
    assert [row.ends_at for row in rows] == [rows[1].starts_at, rows[2].starts_at, None]
    assert [(row.max_points, row.target) for row in rows] == [(20, 12)] * 3
    with app.app_context():
        acts = reading().scalars(
            select(AuditEvent.action).where(AuditEvent.subject_kind == "points_period")
        )
        assert list(acts) == ["points.open_period"] * 3


@pytest.mark.parametrize(
    ("day", "target"),
    [(0, 12), (29, 12), (30, 14), (31, 14)],  # days after the start; the rule changes on day 30
)
def test_the_target_is_of_the_rule_in_force_when_the_period_begins(
    door: Session, day: int, target: int
) -> None:
    changed = change_rule(
        door, rule="points.target_percent", value=66, why="试行", by_id=None, now=START,
        effective_from=date(2026, 9, 1) + timedelta(days=30),
    )  # fmt: skip
    starts_at = START + timedelta(days=day)
    row = services.open_period(
        door, label="第 1 期", starts_at=starts_at, settles_at=starts_at + ROUND, max_points=20,
        now=starts_at + timedelta(days=100),  # opened late, after an outage
    )  # fmt: skip
    assert row.target == target
    assert (row.rule_version_id == changed.id) is (target == 14)
    rule = door.get_one(RuleVersion, row.rule_version_id)
    assert rule.rule == "points.target_percent"


@both_databases
def test_a_period_that_has_begun_does_not_begin_again(app: Flask) -> None:
    books(app, opened=2)

    def again(number: int) -> None:
        with app.app_context(), transaction() as session:
            open_period(session, number)

    for number in (2, 1):
        with pytest.raises(Conflict, match="没有重复开始"):
            again(number)
    with app.app_context():
        assert len(queries.periods(reading())) == 2


@pytest.mark.parametrize(
    ("settles_at", "now", "why"),
    [
        (START, START, "closes after"),
        (START + ROUND, START - timedelta(seconds=1), "ahead of time"),
    ],
)
def test_a_period_begins_by_the_clock_and_settles_later(
    door: Session, settles_at: datetime, now: datetime, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        services.open_period(
            door, label="x", starts_at=START, settles_at=settles_at, max_points=1, now=now
        )


# --- which there are ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "current", "settled", "unclosed"),
    [
        (START - timedelta(seconds=1), None, [], []),
        (START, 1, [], []),
        (START + ROUND - timedelta(seconds=1), 1, [], []),
        (START + ROUND, 1, [1], []),
        (START + MONTH, 2, [1], [1]),
        (START + MONTH + ROUND, 2, [2, 1], [1]),
        (START + 2 * MONTH, 3, [2, 1], [1, 2]),
    ],
)
def test_periods_are_named_by_the_clock(
    door: Session, now: datetime, current: int | None, settled: list[int], unclosed: list[int]
) -> None:
    for number in (1, 2, 3):
        open_period(door, number)
    found = queries.current(door, now)
    assert (found.number if found else None) == current
    assert [one.number for one in queries.settled(door, now)] == settled
    assert [one.number for one in queries.settled(door, now, 1)] == settled[:1]
    assert [one.number for one in queries.ended_unclosed(door, now)] == unclosed
    assert [one.number for one in queries.periods(door)] == [3, 2, 1]
    assert [one.number for one in queries.periods(door, 2)] == [3, 2]


def test_a_period_that_does_not_exist_is_not_found(door: Session) -> None:
    with pytest.raises(NotFound):
        queries.period_of(door, 1)
    with pytest.raises(NotFound):
        close(door, 1)


# --- closing --------------------------------------------------------------------------


@both_databases
def test_closing_keeps_where_everyone_concerned_stood(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        unit, other = make_unit(session), make_unit(session)
        good, bad, absent = (make_person(session, unit=unit) for _ in range(3))
        moved = make_person(session, unit=unit)
        left = make_person(session, unit=unit)
        office = make_person(session, Role.OFFICE, unit=unit)
        idle_office = make_person(session, Role.STAFF, Role.OFFICE, unit=unit)
        nobody = make_person(session)  # holds no post
        posts = {row.person_id: row for row in session.scalars(select(Posting))}
        posts[moved.id].valid_to = date(2026, 9, 3)  # moves within the round: counts
        posts[left.id].valid_to = date(2026, 9, 4)  # leaves within the round: does not
        session.flush()
        session.add(
            Posting(person_id=moved.id, unit_id=other.id, position="科员",
                    valid_from=date(2026, 9, 4), entered_at=START)
        )  # fmt: skip
        one = open_period(session, 1)
        open_period(session, 2)
        for person, amount in ((good, 12), (bad, 11), (moved, 20), (left, 20), (office, 1)):
            first(session, person.id, one, amount)
    with app.app_context(), transaction() as session:
        assert close(session, one)
        assert not close(session, one)
    rows = snapshot(app, one)
    assert rows == [
        (good.id, unit.id, 12, Standing.ON_TARGET),
        (bad.id, unit.id, 11, Standing.SHORT),
        (absent.id, unit.id, 0, Standing.SHORT),
        (moved.id, other.id, 20, Standing.ON_TARGET),
        (left.id, None, 20, Standing.NOT_COUNTED),
        (office.id, unit.id, 1, Standing.NOT_COUNTED),
    ]
    assert not {nobody.id, idle_office.id} & {row[0] for row in rows}
    closed = period(app, one)
    assert closed.closed_at == START + 100 * MONTH
    assert closed.digest == snapshot_digest(SnapshotRow(*row) for row in rows)


@pytest.mark.parametrize(
    ("now", "closes"),
    [
        (START + ROUND, False),  # settled, but no other has begun
        (START + MONTH - timedelta(seconds=1), False),
        (START + MONTH, True),
        (START + 9 * MONTH, True),
    ],
)
def test_a_period_closes_after_its_end_only(door: Session, now: datetime, closes: bool) -> None:
    one = open_period(door, 1)
    if now >= START + MONTH - timedelta(seconds=1):
        open_period(door, 2)
    if closes:
        assert services.close_period(door, period_id=one, now=now)
        return
    with pytest.raises(Conflict, match="还没有结束"):
        services.close_period(door, period_id=one, now=now)
    assert queries.period_of(door, one).closed_at is None


def test_a_period_whose_round_is_longer_closes_after_the_round(door: Session) -> None:
    one = services.open_period(
        door, label="x", starts_at=START, settles_at=START + 2 * MONTH, max_points=1, now=START
    ).id
    open_period(door, 2)
    with pytest.raises(Conflict):
        services.close_period(door, period_id=one, now=START + 2 * MONTH - timedelta(seconds=1))
    assert queries.ended_unclosed(door, START + MONTH) == []
    assert services.close_period(door, period_id=one, now=START + 2 * MONTH)


@both_databases
def test_what_comes_later_leaves_the_snapshot_as_it_is(app: Flask) -> None:
    (one, two, _three), (person,) = books(app, opened=3)
    with app.app_context(), transaction() as session:
        entry = first(session, person, one)
        assert close(session, one)
    before = (snapshot(app, one), period(app, one).digest)
    with app.app_context(), transaction() as session:
        undo(session, entry)
        first(session, person, one, 3)
        adjust(session, person, one, 5)
        assert close(session, two)
        assert not close(session, one)
    assert (snapshot(app, one), period(app, one).digest) == before
    assert snapshot(app, two) == []  # nothing belongs to it, though things are posted in it


def _many(session: Session, number: int) -> int:
    """So many people on post with an entry each in the first period, which has ended."""
    unit = make_unit(session)
    low = 1000
    people = range(low, low + number)
    session.execute(
        insert(table_of(Person)),
        [{"id": n, "staff_no": f"M{n}", "name": f"人{n}", "phone": "", "remark": "",
          "created_at": START} for n in people],
    )  # fmt: skip
    session.execute(
        insert(table_of(Posting)),
        [{"person_id": n, "unit_id": unit.id, "position": "", "valid_from": LONG_AGO,
          "entered_at": START} for n in people],
    )  # fmt: skip
    session.execute(
        insert(table_of(RoleGrant)),
        [{"person_id": n, "role": Role.STAFF, "granted_at": START, "reason": ""} for n in people],
    )
    one = open_period(session, 1)
    open_period(session, 2)
    from points.ledger.models import PointsEntry

    session.execute(
        insert(table_of(PointsEntry)),
        [{"person_id": n, "period_id": one, "origin_period_id": one, "amount": n % 21,
          "source": "round:1/first#1", "posted_at": START, "facts": {}} for n in people],
    )  # fmt: skip
    return one


@both_databases
def test_ten_thousand_people_close_in_seconds_and_as_many_statements_as_ten(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        one = _many(session, 10_000)
    began = time.process_time()
    with counted(app) as log, app.app_context(), transaction() as session:
        assert close(session, one)
    assert time.process_time() - began < 5
    assert len(log) == 7  # four, and the audit trail's three
    rows = snapshot(app, one)
    assert len(rows) == 10_000
    on_target = sum(row[3] is Standing.ON_TARGET for row in rows)
    assert on_target == sum(n % 21 >= 12 for n in range(1000, 11_000))
    with app.app_context():
        assert services.first_broken_snapshot(reading()) is None
