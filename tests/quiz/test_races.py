"""A hundred at once: one attempt, one receipt; and what happens with the guard off."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, text, update

from core import clock
from core.db import db, table_of, transaction
from quiz.attempts import queries as attempt_queries
from quiz.attempts import services
from quiz.attempts.models import Attempt, Score
from quiz.attempts.rules import answers_digest
from quiz.attempts.services import Outcome, start
from quiz.closing import services as closing
from quiz.papers.models import Paper
from quiz.sitting import services as sitting
from quiz.sitting.queries import answers_of
from tests.databases import both_databases
from tests.factories import make_person
from tests.quiz.candidates import acts, attempts, count, make_occasion, sit

MANY = 100
THREADS = 10  # as many as the pool of connections holds without waiting for long


def at_once(app: Flask, work: Callable[[int], Any], number: int = MANY) -> list[Any]:
    """The results of so many calls that start together, each with an application context."""
    gate = threading.Barrier(THREADS)

    def one(index: int) -> Any:
        with app.app_context():
            if index < THREADS:
                gate.wait()
            return work(index)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(number)))


def _occasion_and_person(app: Flask) -> tuple[int, int]:
    with app.app_context(), transaction() as session:
        return make_occasion(session).id, make_person(session).id


def _start(app: Flask, number: int = MANY) -> list[tuple[int, bool]]:
    occasion_id, person_id = _occasion_and_person(app)

    def work(_index: int) -> tuple[int, bool]:
        with transaction() as session:
            attempt, is_new = start(
                session, occasion_id=occasion_id, person_id=person_id, now=clock.now()
            )
            return attempt.id, is_new

    return at_once(app, work, number)


@both_databases
def test_a_hundred_simultaneous_starts_give_one_attempt(app: Flask) -> None:
    results = _start(app)
    assert len({attempt_id for attempt_id, _new in results}) == 1
    assert Counter(is_new for _id, is_new in results) == {True: 1, False: MANY - 1}
    assert count(app, Attempt) == count(app, Paper) == 1
    assert acts(app, results[0][0]) == ["attempt.start"]


def _drop_the_unique_number(app: Flask) -> None:
    with app.app_context():
        with db.engine.connect().execution_options(writes=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("ALTER TABLE attempt DROP CONSTRAINT uq_attempt_number"))
                connection.commit()
                return
        raw = db.engine.raw_connection()
        try:
            cursor = raw.cursor()
            made = cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'attempt'").fetchone()
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("PRAGMA legacy_alter_table=ON")
            cursor.execute("ALTER TABLE attempt RENAME TO attempt_before")
            begin = made[0].index("CONSTRAINT uq_attempt_number")
            end = made[0].index(")", begin) + 1
            kept = made[0][:begin].rstrip().removesuffix(",") + made[0][end:]
            cursor.execute(kept)
            cursor.execute("DROP TABLE attempt_before")
            cursor.execute("PRAGMA legacy_alter_table=OFF")
        finally:
            raw.close()
        db.engine.dispose()


@both_databases
def test_twin_without_the_guard_simultaneous_starts_give_several(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard: the unique number in the database, and the look at what is there in the same
    writing transaction. Without the first, and looking before the door, starts multiply."""
    _drop_the_unique_number(app)
    look = attempt_queries.entry_of
    gate = threading.Barrier(THREADS)
    seen = threading.local()

    def look_too_early(session: Any, occasion_id: int, person_id: int) -> Any:
        return seen.entry if hasattr(seen, "entry") else look(session, occasion_id, person_id)

    monkeypatch.setattr(attempt_queries, "entry_of", look_too_early)
    occasion_id, person_id = _occasion_and_person(app)

    def work(_index: int) -> int:
        seen.entry = look(db.session(), occasion_id, person_id)
        gate.wait()
        with transaction() as session:
            attempt, _new = start(
                session, occasion_id=occasion_id, person_id=person_id, now=clock.now()
            )
            return attempt.id

    assert len(set(at_once(app, work, THREADS))) > 1


# --- submits ------------------------------------------------------------------------


def _submit_at_once(app: Flask, number: int = MANY) -> list[Any]:
    candidate = sit(app)
    candidate.save((1, 1, "A"))

    def work(index: int) -> Any:
        with transaction() as session:
            return services.submit(
                session, attempt_id=candidate.attempt_id, who=candidate.person_id, epoch=1,
                operations=[(2, 1, "B")], seqs={1: 1}, now=clock.now(),
            )  # fmt: skip

    return at_once(app, work, number)


@both_databases
def test_a_hundred_simultaneous_submits_give_one_receipt(app: Flask) -> None:
    results = _submit_at_once(app)
    assert {one.outcome for one in results} == {Outcome.DONE}
    assert len({one.receipt["signature"] for one in results}) == 1
    attempt = attempts(app)[0]
    assert count(app, Score) == 1
    assert acts(app, attempt.id) == ["attempt.start", "attempt.submit", "attempt.score"]


@both_databases
def test_twin_without_the_guard_submits_give_several_receipts(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard: the state read under the lock, and the end as a conditional update. The third
    net, one first score for each attempt, is taken away, too, so that the race can be seen."""
    numbers = itertools.count(1)
    real = closing.score_row
    monkeypatch.setattr(sitting, "_has_ended", lambda *_: False)
    monkeypatch.setattr(closing, "_END", _unconditional_end())
    monkeypatch.setattr(
        closing, "score_row",
        lambda attempt_id, _n, marking, **rest: real(attempt_id, next(numbers), marking, **rest),
    )  # fmt: skip
    results = _submit_at_once(app, THREADS)
    assert len({one.receipt["signature"] for one in results}) > 1
    assert count(app, Score) > 1


def _unconditional_end() -> Any:
    attempt = table_of(Attempt)
    return (
        update(attempt)
        .where(attempt.c.id == bindparam("attempt_id"))
        .values(
            state=bindparam("to_state", type_=attempt.c.state.type),
            submitted_at=bindparam("at", type_=attempt.c.submitted_at.type),
            closed_by=bindparam("by"),
            answers_digest=bindparam("digest"),
            receipt=bindparam("signed", type_=attempt.c.receipt.type),
        )
    )


# --- answers ------------------------------------------------------------------------


def _save_out_of_order(app: Flask) -> tuple[int, str]:
    candidate = sit(app)
    letters = "ABCD"

    def work(index: int) -> Any:
        seq = MANY - index
        with transaction() as session:
            return services.save(
                session, attempt_id=candidate.attempt_id, who=candidate.person_id, epoch=1,
                operations=[(1, seq, letters[seq % 4])], now=clock.now(),
            )  # fmt: skip

    results = at_once(app, work)
    assert {one.outcome for one in results} == {Outcome.DONE}
    held = candidate.open().get_json()["answers"]["1"]
    return held["seq"], held["value"]


@both_databases
def test_of_simultaneous_saves_the_newest_stays(app: Flask) -> None:
    assert _save_out_of_order(app) == (MANY, "A")


@both_databases
def test_a_save_and_a_submit_at_once_lose_nothing(app: Flask) -> None:
    """Whatever is acknowledged is in the answers that the receipt is about."""
    for _round in range(5):
        candidate = sit(app)

        def work(index: int, candidate: Any = candidate) -> Any:
            with transaction() as session:
                if index == 5:
                    return services.submit(
                        session, attempt_id=candidate.attempt_id, who=candidate.person_id, epoch=1,
                        operations=[], seqs={}, now=clock.now(),
                    )  # fmt: skip
                return services.save(
                    session, attempt_id=candidate.attempt_id, who=candidate.person_id, epoch=1,
                    operations=[(index % 3 + 1, index + 1, "B")], now=clock.now(),
                )  # fmt: skip

        results = at_once(app, work, THREADS)
        acked = {pair for one in results if one.outcome is Outcome.DONE for pair in one.acked}
        with app.app_context():
            stored = answers_of(db.session(), candidate.attempt_id)[candidate.attempt_id]
            db.session.rollback()
        for position, seq in acked:
            assert stored[position].seq >= seq
        ended = next(a for a in attempts(app) if a.id == candidate.attempt_id)
        assert ended.receipt is not None
        assert ended.receipt["answers"] == answers_digest(stored)
