"""A thousand at once post once; and what happens with the guard off."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from core.db import db, reading, transaction
from points.ledger import queries, services
from points.ledger.models import PointsEntry
from points.periods import queries as period_queries
from points.periods.models import PointsSnapshot
from tests.accounts.races import together
from tests.databases import both_databases
from tests.points.books import adjust, books, close, entries, first, totals, undo

MANY = 1000
THREADS = 16
PAUSE = 0.3  # seconds in which the other one would get through, were there no lock


def at_once(app: Flask, work: Callable[[int], Any], number: int = MANY) -> list[Any]:
    """The results of so many calls, the first of which start together."""
    gate = threading.Barrier(THREADS)

    def one(index: int) -> Any:
        with app.app_context():
            if index < THREADS:
                gate.wait(30)
            return work(index)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(number)))


def in_a_door(act: Callable[[Session], Any]) -> Any:
    with transaction() as session:
        return act(session)


def stands(app: Flask) -> list[str]:
    """Sources of what is not reversed."""
    rows = entries(app)
    reversed_ = {row[4].removeprefix("reverse:") for row in rows if row[5]}
    with app.app_context():
        ids = {row.source: str(row.id) for row in reading().scalars(select(PointsEntry))}
        db.session.remove()
    return [row[4] for row in rows if not row[5] and ids[row[4]] not in reversed_]


def is_proved(app: Flask) -> bool:
    with app.app_context():
        proof = services.prove(reading())
        db.session.remove()
    return proof.wrong is None


# --- one source ---------------------------------------------------------------------


@pytest.mark.slow
@both_databases
@pytest.mark.parametrize("posts", [first, adjust])
def test_a_thousand_simultaneous_postings_of_one_source_post_once(app: Flask, posts: Any) -> None:
    (one,), (person,) = books(app)
    results = at_once(app, lambda _n: in_a_door(lambda session: posts(session, person, one)))
    assert Counter(result is None for result in results) == {True: MANY - 1, False: 1}
    assert len(entries(app)) == 1
    amount = entries(app)[0][3]
    assert totals(app) == {(person, one): (amount, amount)}


def _drop_the_unique_source(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            with db.engine.begin() as connection:
                connection.execute(
                    text("ALTER TABLE points_entry DROP CONSTRAINT uq_points_entry_once")
                )
            return
        raw = db.engine.raw_connection()
        try:
            cursor = raw.cursor()
            query = "SELECT sql FROM sqlite_master WHERE name = 'points_entry'"
            made = cursor.execute(query).fetchone()[0]
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("DROP TABLE points_entry")
            begin = made.index("CONSTRAINT uq_points_entry_once")
            end = made.index(")", begin) + 1
            cursor.execute(made[:begin].rstrip().removesuffix(",") + made[end:])
        finally:
            raw.close()
        db.engine.dispose()


@both_databases
@pytest.mark.parametrize("posts", [first, adjust])
def test_twin_without_the_guard_simultaneous_postings_multiply(
    app: Flask, monkeypatch: pytest.MonkeyPatch, posts: Any
) -> None:
    """The guards: the unique source, and the look at what stands under the total's lock. Without
    the first, and looking before the door, postings multiply."""
    (one,), (person,) = books(app)
    _drop_the_unique_source(app)
    gate = threading.Barrier(THREADS)
    seen = threading.local()
    look = queries.numbers_of
    monkeypatch.setattr(queries, "numbers_of", lambda *_: seen.numbers)
    monkeypatch.setattr(
        services, "_append",
        lambda session, entry: session.scalar(
            insert(PointsEntry).values(**entry).returning(PointsEntry.id)
        ),
    )  # fmt: skip

    def work(_index: int) -> Any:
        seen.numbers = look(db.session(), person, f"round:{one}/first")
        db.session.remove()  # a connection held at the gate is one that another waits for
        gate.wait(30)
        return in_a_door(lambda session: posts(session, person, one))

    results = at_once(app, work, THREADS)
    assert sum(result is not None for result in results) > 1
    sources = Counter(row[4] for row in entries(app))
    assert sources.most_common(1)[0][1] > 1


# --- reversals and corrections ------------------------------------------------------


def _correct(session: Session, person: int, period: int, amount: int) -> None:
    """What a re-keyed question leads to: take back what stands, post what is right."""
    found = queries.unreversed(session, person, f"round:{period}/first")
    if found is not None:
        undo(session, found.id)
    first(session, person, period, amount)


@both_databases
@pytest.mark.parametrize("closed", [False, True])
def test_a_reversal_and_corrections_at_once_leave_one_standing(app: Flask, closed: bool) -> None:
    (one, two), (person,) = books(app, opened=2)
    with app.app_context(), transaction() as session:
        entry = first(session, person, one)
        if closed:
            close(session, one)

    def work(index: int) -> Any:
        if index % 4 == 0:
            return in_a_door(lambda session: undo(session, entry))
        return in_a_door(lambda session: _correct(session, person, one, index))

    at_once(app, work, 4 * THREADS)
    left = stands(app)
    assert len(left) == 1
    rows = entries(app)
    taken_back = [row[5] for row in rows if row[5]]
    assert len(taken_back) == len(set(taken_back))
    amount = next(row[3] for row in rows if row[4] == left[0])
    assert sum(row[3] for row in rows) == amount == totals(app)[person, one][0]
    assert {row[1] for row in rows[1:]} == {two if closed else one}
    assert is_proved(app)


@both_databases
def test_simultaneous_reversals_of_one_entry_reverse_once(app: Flask) -> None:
    (one,), (person,) = books(app)
    with app.app_context(), transaction() as session:
        entry = first(session, person, one)
    results = at_once(app, lambda _n: in_a_door(lambda s: undo(s, entry)), THREADS)
    assert sum(result is not None for result in results) == 1
    assert totals(app) == {}


@both_databases
def test_twin_without_the_look_under_the_lock_two_numbers_stand(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard: what stands is looked at under the total's lock. Who takes it for reversed posts
    the next number, which no unique source forbids."""
    (one,), (person,) = books(app)
    with app.app_context(), transaction() as session:
        first(session, person, one)
    look = queries.numbers_of
    monkeypatch.setattr(
        queries, "numbers_of",
        lambda *asked: [(source, True) for source, _is_reversed in look(*asked)],
    )  # fmt: skip
    together(app, *[lambda: in_a_door(lambda s: first(s, person, one, 3)) for _ in range(2)])
    assert len(stands(app)) > 1


# --- closing ------------------------------------------------------------------------


def _snapshot_sums(app: Flask, period_id: int) -> dict[int, int]:
    with app.app_context():
        rows = reading().scalars(
            select(PointsSnapshot).where(PointsSnapshot.period_id == period_id)
        )
        found = {row.person_id: row.earned for row in rows}
        db.session.remove()
    return found


def _lost(app: Flask, period_id: int) -> list[int]:
    """People with an entry in the closed period that its snapshot does not know."""
    kept = _snapshot_sums(app, period_id)
    return [
        person for person, posted, _origin, amount, *_rest in entries(app)
        if posted == period_id and kept.get(person) != amount
    ]  # fmt: skip


@both_databases
def test_what_is_posted_while_a_period_closes_is_kept_or_posted_to_the_next(app: Flask) -> None:
    (one, two), people = books(app, opened=2, people=60)

    def work(index: int) -> Any:
        if index == THREADS // 2:
            return in_a_door(lambda session: close(session, one))
        return in_a_door(lambda session: first(session, people[index], one))

    results = at_once(app, work, len(people))
    assert None not in results
    rows = entries(app)
    assert len(rows) == len(people) - 1
    assert {row[1] for row in rows} <= {one, two}
    assert _lost(app, one) == []
    assert len(_snapshot_sums(app, one)) == sum(row[1] == one for row in rows)
    assert is_proved(app)


@both_databases
def test_closing_waits_for_what_is_being_posted(app: Flask) -> None:
    (one, _two), (person,) = books(app, opened=2)
    posted = threading.Event()

    def post() -> None:
        with transaction() as session:
            first(session, person, one)
            posted.set()
            threading.Event().wait(PAUSE)

    def shut() -> Any:
        posted.wait(10)
        return in_a_door(lambda session: close(session, one))

    assert together(app, post, shut)[1] is True
    assert _snapshot_sums(app, one) == {person: 17}


@both_databases
def test_posting_waits_for_the_closing_and_goes_to_the_next(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one, two), (person,) = books(app, opened=2)
    closing = threading.Event()
    look = period_queries.earned_by_everyone

    def slowly(*args: Any) -> Any:
        found = look(*args)
        closing.set()
        threading.Event().wait(PAUSE)
        return found

    monkeypatch.setattr(period_queries, "earned_by_everyone", slowly)

    def post() -> Any:
        closing.wait(10)
        return in_a_door(lambda session: first(session, person, one))

    results = together(app, post, lambda: in_a_door(lambda session: close(session, one)))
    assert results[0] is not None
    assert results[1] is True
    assert [row[1:3] for row in entries(app)] == [(two, one)]
    assert _snapshot_sums(app, one) == {}


@both_databases
def test_twin_without_the_lock_a_posting_is_lost_to_the_closing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard: the period looked at under its lock. Looked at before the door, it closes
    meanwhile, and the entry is in no snapshot."""
    (one, _two), (person,) = books(app, opened=2)
    looked, closed = threading.Event(), threading.Event()
    look = queries.posting_period
    seen = threading.local()
    monkeypatch.setattr(queries, "posting_period", lambda *_: seen.period)

    def post() -> Any:
        seen.period = look(db.session(), one)
        db.session.remove()
        looked.set()
        closed.wait(10)
        return in_a_door(lambda session: first(session, person, one))

    def shut() -> None:
        looked.wait(10)
        in_a_door(lambda session: close(session, one))
        closed.set()

    together(app, post, shut)
    assert _lost(app, one) == [person]


# --- everything at once -------------------------------------------------------------


@both_databases
def test_all_sorts_of_postings_and_a_rebuild_at_once_end_in_agreement(app: Flask) -> None:
    (one, _two, three), people = books(app, opened=3, people=3)
    with app.app_context(), transaction() as session:
        posted = [first(session, person, one) for person in people]
        close(session, one)

    def work(index: int) -> None:
        person, entry = people[index % 3], posted[index % 3]
        acts: list[Callable[[Session], Any]] = [
            lambda s: adjust(s, person, one, 1, f"{index}"),  # of a closed period
            lambda s: adjust(s, person, three, 1, f"{index}"),
            lambda s: first(s, person, three),
            lambda s: undo(s, entry),
            services.rebuild,
        ]
        in_a_door(acts[index % len(acts)])

    at_once(app, work, 90)
    assert is_proved(app)
    assert len([row for row in entries(app) if row[4].startswith("adjust:")]) == 36


@both_databases
def test_a_rebuild_does_not_get_in_the_way_of_who_posts_for_two_periods(app: Flask) -> None:
    (one, two), (person,) = books(app, opened=2)
    with app.app_context(), transaction() as session:
        first(session, person, one)
        close(session, one)
    posted = threading.Event()

    def post() -> Any:
        with transaction() as session:
            first(session, person, two)
            posted.set()
            threading.Event().wait(PAUSE)
            return adjust(session, person, one)

    def again() -> Any:
        posted.wait(10)
        return in_a_door(services.rebuild)

    entry, (_before, after) = together(app, post, again)
    assert entry is not None
    assert (after.wrong, after.entries) == (None, 3)
    assert totals(app) == {(person, one): (19, 17), (person, two): (17, 19)}
