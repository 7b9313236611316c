"""Guesses, links and sign-ins at the same moment: the database decides."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts.signin.models import Account, LoginSession
from accounts.signin.queries import account_for, link_owner
from accounts.signin.services import SignedIn, admit, new_one_time_link, use_link
from accounts.throttle.models import SignInThrottle
from accounts.throttle.rules import address_key
from accounts.throttle.services import Refused, note_failure, take_turn
from core import clock
from core.db import reading, transaction
from core.errors import NotFound
from tests.accounts.test_signin import add_person
from tests.databases import both_databases

THREADS = 8


def at_once(app: Flask, act: Callable[[Any], Any], times: int = THREADS) -> list[Any]:
    """Do something in several threads at one moment, each in a transaction of its own."""
    barrier = Barrier(times)

    def one(_number: int) -> Any:
        with app.app_context():
            barrier.wait()
            with transaction() as session:
                return act(session)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@both_databases
def test_of_many_guesses_at_once_five_count_and_the_rest_meet_the_lock(app: Flask) -> None:
    add_person(app)
    now = clock.now()
    by_address = address_key("10.0.0.1", now)

    def guess(session: Any) -> Refused:
        return note_failure(
            session, staff_no="D00001", is_known=True, address_key=by_address, now=now
        )

    results = at_once(app, guess)
    assert sorted(r.tries_left for r in results if r.until is None) == [1, 2, 3, 4]
    assert sum(r.until is not None for r in results) == THREADS - 4
    with app.app_context():
        rows = {row.key: row.failures for row in reading().scalars(select(SignInThrottle))}
    assert rows == {"account:D00001": 5, by_address: THREADS}


def test_without_the_condition_every_guess_would_count(app: Flask) -> None:
    """The twin: the same guesses, with the lock taken off between them."""
    add_person(app)
    now = clock.now()
    by_address = address_key("10.0.0.1", now)

    def guess(session: Any) -> None:
        note_failure(session, staff_no="D00001", is_known=True, address_key=by_address, now=now)
        session.execute(update(SignInThrottle).values(blocked_until=None))

    at_once(app, guess)
    with app.app_context():
        rows = {row.key: row.failures for row in reading().scalars(select(SignInThrottle))}
    assert rows["account:D00001"] == THREADS


@both_databases
def test_a_right_password_that_was_checked_before_the_lock_does_not_open_after_it(
    app: Flask,
) -> None:
    add_person(app)
    now = clock.now()
    with app.app_context():
        account = account_for(reading(), "D00001")
    assert account
    for _try in range(5):
        with app.app_context(), transaction() as session:
            note_failure(
                session,
                staff_no="D00001",
                is_known=True,
                address_key=address_key("a", now),
                now=now,
            )
    with app.app_context(), transaction() as session:
        outcome = admit(session, account=account, address="a", device="", days=7, now=now)
    assert isinstance(outcome, Refused)
    assert outcome.until is not None
    with app.app_context():
        assert not reading().scalars(select(LoginSession)).all()


@both_databases
def test_a_slowed_address_gets_one_try_at_a_time(app: Flask) -> None:
    now = clock.now()
    key = address_key("10.0.0.1", now)
    with app.app_context(), transaction() as session:
        session.add(SignInThrottle(key=key, failures=99, last_failure_at=now))
    turns = at_once(app, lambda session: take_turn(session, address_key=key, now=now))
    assert sorted(turns) == [False] * (THREADS - 1) + [True]


@both_databases
def test_of_two_uses_of_a_link_one_sets_the_password(app: Flask) -> None:
    person = add_person(app)
    now = clock.now()
    with app.app_context(), transaction() as session:
        token = new_one_time_link(session, person.id, now)

    def use(session: Any) -> bool:
        try:
            use_link(session, token=token, password_hash="hash", now=now)
        except NotFound:
            return False
        return True

    assert sorted(at_once(app, use)) == [False] * (THREADS - 1) + [True]


def test_looking_before_using_would_let_two_in(app: Flask) -> None:
    """The twin: check first, then write, as the conditional UPDATE does not."""
    person = add_person(app)
    now = clock.now()
    with app.app_context(), transaction() as session:
        token = new_one_time_link(session, person.id, now)
    barrier = Barrier(2)

    def use(_number: int) -> bool:
        with app.app_context():
            found = link_owner(reading(), token, now)
            barrier.wait()
            with transaction() as session:
                session.execute(
                    update(Account)
                    .where(Account.person_id == found.person_id)
                    .values(password_hash="hash")
                )
            return True

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(use, range(2))) == [True, True]


@both_databases
def test_sign_ins_at_once_are_all_let_in(app: Flask) -> None:
    add_person(app)
    now = clock.now()
    with app.app_context():
        account = account_for(reading(), "D00001")
    assert account
    results = at_once(
        app,
        lambda session: admit(session, account=account, address="a", device="", days=7, now=now),
    )
    assert all(isinstance(result, SignedIn) for result in results)
    assert len({result.token for result in results}) == THREADS


@pytest.mark.parametrize("known", [True, False])
def test_a_guess_is_five_statements_whether_the_number_is_known_or_not(
    app: Flask, known: bool
) -> None:
    from sqlalchemy import event

    from core.db import db

    add_person(app)
    client = app.test_client()
    from tests.accounts.test_signin import csrf_of

    token = csrf_of(client.get("/sign-in"))
    seen: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    number = "D00001" if known else "D99999"
    client.post("/sign-in", data={"csrf_token": token, "staff_no": number, "password": "wrong"})
    assert len([s for s in seen if not s.startswith("BEGIN")]) == 4
