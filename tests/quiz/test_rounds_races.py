"""A thousand at once: one posting; a void and a submission at once: the try that counts posts."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from accounts.people.models import Person
from core.db import transaction
from points.ledger import queries as ledger_queries
from points.ledger import services as points
from quiz.attempts import services
from quiz.attempts.services import Outcome, ask_void, decide_void
from quiz.closing import services as closing
from quiz.counting import queries as counting_queries
from quiz.counting import services as counting
from quiz.rounds.models import QuizRound
from quiz.sitting import services as sitting
from tests.databases import both_databases
from tests.quiz.rounds import DAY, World, arrange, at, balance, begin, hand_in, ledger, sit
from tests.quiz.test_races import THREADS, _unconditional_end, at_once


def submit_at_once(app: Flask, number: int) -> tuple[Person, list[Any]]:
    """So many submissions of one attempt, ten of them at any moment."""
    world, one = arrange(app)
    attempt_id = begin(app, one, world.staff)

    def work(_index: int) -> Any:
        with transaction() as session:
            return services.submit(
                session, attempt_id=attempt_id, who=world.staff.id, epoch=1,
                operations=[(1, 1, None)], seqs={}, now=DAY,
            )  # fmt: skip

    return world.staff, at_once(app, work, number)


@pytest.mark.slow
@both_databases
def test_a_thousand_simultaneous_submissions_post_once(app: Flask) -> None:
    person, results = submit_at_once(app, 1000)
    assert {one.outcome for one in results} == {Outcome.DONE}
    assert len({one.receipt["signature"] for one in results}) == 1
    assert ledger(app, person) == [("first#1", 0)]


@both_databases
def test_without_the_end_of_the_attempt_the_ledger_still_posts_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_everyone_end(monkeypatch)
    person, _results = submit_at_once(app, THREADS)
    assert ledger(app, person) == [("first#1", 0)]


@both_databases
def test_twin_without_any_guard_every_submission_posts(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_everyone_end(monkeypatch)
    numbers = itertools.count(1)
    monkeypatch.setattr(ledger_queries, "numbers_of", lambda *_: [])
    monkeypatch.setattr(points, "numbered", lambda stem, _number: f"{stem}#{next(numbers)}")
    person, _results = submit_at_once(app, THREADS)
    assert len(ledger(app, person)) > 1


def let_everyone_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what makes an attempt end once: the look under the lock, the condition, the number."""
    scores = itertools.count(1)
    real = closing.score_row
    monkeypatch.setattr(sitting, "_has_ended", lambda *_: False)
    monkeypatch.setattr(closing, "_END", _unconditional_end())
    monkeypatch.setattr(
        closing, "score_row",
        lambda attempt_id, _n, marking, **rest: real(attempt_id, next(scores), marking, **rest),
    )  # fmt: skip


# --- which try counts -----------------------------------------------------------------


def void_and_submit(app: Flask, world: World, one: QuizRound) -> list[tuple[str, int]]:
    """The first try is voided at the moment at which the second is handed in; the ledger."""
    first = sit(app, one, world.staff, right=3)
    second = begin(app, one, world.staff)
    with at(DAY), app.app_context(), transaction() as session:
        act = ask_void(session, first, reason="替考", by=world.office.id, now=DAY)
    gate = threading.Barrier(2)

    def void() -> None:
        with app.app_context():
            gate.wait()
            with transaction() as session:
                decide_void(session, act, approve=True, by=world.second.id, now=DAY)

    def submit() -> None:
        gate.wait()
        hand_in(app, second, world.staff, right=7)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(void), pool.submit(submit)]:
            done.result()
    return ledger(app, world.staff)


@both_databases
def test_a_void_and_a_submission_at_once_leave_the_try_that_counts(app: Flask) -> None:
    world, one = arrange(app)
    assert void_and_submit(app, world, one) == [
        ("first#1", 3), ("reverse 1", -3), ("first#2", 7),
    ]  # fmt: skip
    assert balance(app, world.staff) == 7


@pytest.mark.postgres
@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_twin_without_the_persons_lock_neither_sees_the_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, one = arrange(app)
    real, together = counting_queries.counting, threading.Barrier(2)

    def look_together(*arguments: Any) -> Any:
        found = real(*arguments)
        if threading.current_thread() is not threading.main_thread():
            together.wait(10)
        return found

    monkeypatch.setattr(counting, "hold_person", lambda *_: None)
    monkeypatch.setattr(counting, "counting", look_together)
    assert void_and_submit(app, world, one) == [("first#1", 3), ("reverse 1", -3)]
