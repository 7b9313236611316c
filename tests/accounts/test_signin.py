"""Signing in and out in a browser without script."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from accounts.people.models import Person
from accounts.signin.models import Account, LoginSession
from accounts.signin.services import check_password, hash_password
from accounts.throttle.models import SignInThrottle
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.permissions import Role
from tests.factories import make_person, make_unit, sign_in

PASSWORD = "卧龙先生-correct-horse-87"
HASH = hash_password(PASSWORD)


def add_person(
    app: Flask, *roles: Role, staff_no: str = "D00001", must_change: bool = False
) -> Person:
    """A person who signs in with PASSWORD."""
    with app.app_context(), transaction() as session:
        person = make_person(
            session, *roles, staff_no=staff_no, name="田小满", must_change=must_change,
            unit=make_unit(session, "测试区教育局"),
        )  # fmt: skip
        session.execute(
            update(Account).where(Account.person_id == person.id).values(password_hash=HASH)
        )
        return person


def csrf_of(page: TestResponse) -> str:
    """The token in a page's first form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def enter(
    client: FlaskClient, staff_no: str = "D00001", password: str = PASSWORD, **more: str
) -> TestResponse:
    """Fill in the sign-in form and send it."""
    token = csrf_of(client.get("/sign-in"))
    return client.post(
        "/sign-in",
        data={"csrf_token": token, "staff_no": staff_no, "password": password, **more},
    )


def whoami(client: FlaskClient) -> bool:
    """Whether this browser is signed in."""
    return client.get("/account/sessions").status_code == 200


def count(app: Flask, table: type) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("typed", ["D00001", "d00001", " ｄ00001 "])
def test_staff_number_and_password_open_the_door(
    app: Flask, client: FlaskClient, typed: str
) -> None:
    add_person(app)
    answer = enter(client, typed)
    assert answer.status_code == 302
    assert answer.location == "/"
    assert whoami(client)


def test_a_stranger_is_sent_to_sign_in_and_then_to_the_page_first_asked_for(
    app: Flask, client: FlaskClient
) -> None:
    add_person(app)
    asked = client.get("/account/sessions?x=1")
    assert asked.status_code == 302
    assert asked.location == "/sign-in?next=/account/sessions?x%3D1"
    page = client.get(asked.location)
    assert 'value="/account/sessions?x=1"' in page.text
    assert enter(client, next="/account/sessions?x=1").location == "/account/sessions?x=1"


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_no_sign_in_leads_to_another_site(app: Flask, client: FlaskClient, target: str) -> None:
    add_person(app)
    assert enter(client, next=target).location == "/"


def test_a_wrong_password_says_how_many_tries_are_left_and_keeps_the_staff_number(
    app: Flask, client: FlaskClient
) -> None:
    add_person(app)
    assert "还可以试 4 次" in enter(client, password="wrong").text
    answer = enter(client, password="wrong")
    assert answer.status_code == 401
    assert "工号或密码不对，还可以试 3 次" in answer.text
    assert 'value="D00001"' in answer.text
    assert "wrong" not in answer.text


def test_five_wrong_passwords_lock_the_account_until_a_time_that_is_told(
    app: Flask, client: FlaskClient
) -> None:
    add_person(app)
    with time_machine.travel("2026-11-24T02:45:30Z", tick=False) as now:
        for _try in range(5):
            answer = enter(client, password="wrong")
        assert answer.status_code == 429
        assert "锁定到 10:47" in answer.text
        refused = enter(client)
        assert refused.status_code == 429
        assert "锁定到 10:47" in refused.text
        now.shift(60)
        assert enter(client, password="wrong").status_code == 429
        assert "锁定到 10:48" in enter(client).text or "锁定到 10:49" in enter(client).text
        now.shift(121)
        assert enter(client).status_code == 302
    assert not app_rows(app, "account:")


def app_rows(app: Flask, prefix: str) -> list[SignInThrottle]:
    with app.app_context():
        return list(
            reading().scalars(select(SignInThrottle).where(SignInThrottle.key.startswith(prefix)))
        )


def test_an_unknown_staff_number_is_answered_like_a_wrong_password(
    app: Flask, client: FlaskClient
) -> None:
    add_person(app)
    known = [enter(client, password="wrong").text for _try in range(6)]
    unknown = [enter(client, staff_no="D99999", password="wrong").text for _try in range(6)]

    def bare(pages: list[str]) -> list[str]:
        without_values = [re.sub(r'value="[^"]*"', "", page) for page in pages]
        return [re.sub(r"\d\d:\d\d", "", page) for page in without_values]  # until when

    assert bare(known) == bare(unknown)


def test_an_unknown_staff_number_takes_as_long_as_a_known_one(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_person(app)
    checked: list[str] = []
    monkeypatch.setattr(
        "accounts.signin.services.check_password",
        lambda stored, _password: checked.append(stored),
    )
    enter(client, password="wrong")
    enter(client, staff_no="D99999", password="wrong")
    assert len(checked) == 2
    assert check_password("", PASSWORD) is False


def test_a_success_writes_no_throttle_row_and_forgets_the_failures(
    app: Flask, client: FlaskClient
) -> None:
    add_person(app)
    enter(client)
    assert count(app, SignInThrottle) == 0
    other = app.test_client()
    enter(other, password="wrong")
    assert [row.failures for row in app_rows(app, "account:")] == [1]
    enter(other)
    assert app_rows(app, "account:") == []


def test_failures_of_another_day_are_forgotten(app: Flask, client: FlaskClient) -> None:
    add_person(app)
    with time_machine.travel("2026-11-24T00:00:00Z", tick=False) as now:
        for _try in range(4):
            enter(client, password="wrong")
        now.shift(timedelta(hours=13))
        assert "还可以试 4 次" in enter(client, password="wrong").text


def test_a_busy_address_is_slowed_but_not_locked(app: Flask, client: FlaskClient) -> None:
    add_person(app)
    with time_machine.travel("2026-11-24T02:00:00Z", tick=False) as now:
        with app.app_context(), transaction() as session:
            from accounts.throttle.rules import ADDRESS_FREE, address_key

            session.add(
                SignInThrottle(
                    key=address_key("127.0.0.1", clock.now()), failures=ADDRESS_FREE,
                    last_failure_at=clock.now(),
                )
            )  # fmt: skip
        assert enter(client).status_code == 302
        slowed = enter(app.test_client())
        assert slowed.status_code == 429
        assert slowed.headers["Retry-After"] == "2"
        now.shift(2)
        assert enter(app.test_client()).status_code == 302
        now.shift(timedelta(minutes=11))
        assert enter(app.test_client()).status_code == 302
        assert enter(app.test_client()).status_code == 302


def test_a_lock_is_in_the_audit_trail_and_no_password_is(app: Flask, client: FlaskClient) -> None:
    add_person(app)
    for _try in range(5):
        enter(client, password="gue55-me")
    for _try in range(5):
        enter(client, staff_no="MY-SECRET", password="gue55-me")
    with app.app_context():
        events = list(
            reading().scalars(select(AuditEvent).where(AuditEvent.action == "account.lock"))
        )
        assert [event.subject_id for event in events] == ["D00001", "unknown"]
        text = "".join(str(vars(event)) for event in events)
    assert "gue55" not in text
    assert "MY-SECRET" not in text


def test_a_disabled_account_does_not_open(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    with app.app_context(), transaction() as session:
        session.execute(
            update(Account).where(Account.person_id == person.id).values(disabled_at=clock.now())
        )
    assert enter(client).status_code == 401


def test_an_account_without_a_password_does_not_open(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        make_person(session, staff_no="D00001")
    assert enter(client, password="").status_code == 422
    assert enter(client, password="x").status_code == 401


def test_signing_in_changes_the_csrf_token_and_keeps_only_the_language(
    app: Flask, client: FlaskClient
) -> None:
    add_person(app)
    before = csrf_of(client.get("/sign-in"))
    client.post("/language", data={"csrf_token": before, "language": "en", "next": "/sign-in"})
    with client.session_transaction() as cookie:
        raw = cookie["csrf_token"]
        cookie["planted"] = "x"
    enter(client)
    client.get("/account/sessions")
    with client.session_transaction() as cookie:
        assert cookie["csrf_token"] != raw
        assert "planted" not in cookie
        assert cookie["language"] == "en"


def test_signing_out_ends_the_session_on_the_server(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    csrf = sign_in(client, person)
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    answer = client.post("/sign-out", data={"csrf_token": csrf})
    assert answer.location == "/sign-in"
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert not whoami(thief)
    again = csrf_of(client.get("/sign-in"))
    assert client.post("/sign-out", data={"csrf_token": again}).status_code == 302


@pytest.mark.parametrize(("hours", "lives"), [(7, True), (9, False)])
def test_an_idle_session_ends(app: Flask, client: FlaskClient, hours: int, lives: bool) -> None:
    add_person(app)
    with time_machine.travel("2026-11-24T00:00:00Z", tick=False) as now:
        enter(client)
        now.shift(timedelta(hours=hours))
        assert whoami(client) is lives


def test_a_session_in_use_ends_after_a_week_in_any_case(app: Flask, client: FlaskClient) -> None:
    add_person(app)
    with time_machine.travel("2026-11-24T00:00:00Z", tick=False) as now:
        enter(client)
        for _step in range(23):
            now.shift(timedelta(hours=7))
            assert whoami(client)
        now.shift(timedelta(hours=7, seconds=1))
        assert not whoami(client)


def test_use_is_noted_at_most_once_in_five_minutes(app: Flask, client: FlaskClient) -> None:
    add_person(app)

    def seen() -> str:
        with app.app_context():
            return str(reading().scalar(select(LoginSession.last_seen_at)))

    with time_machine.travel("2026-11-24T00:00:00Z", tick=False) as now:
        enter(client)
        first = seen()
        now.shift(timedelta(minutes=4))
        whoami(client)
        assert seen() == first
        now.shift(timedelta(minutes=2))
        whoami(client)
        assert seen() != first


def test_who_is_signed_in_needs_no_sign_in_page(app: Flask, client: FlaskClient) -> None:
    add_person(app)
    enter(client)
    assert client.get("/sign-in").location == "/"
