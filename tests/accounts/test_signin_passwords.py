"""Changing a password, first passwords, one-time links, and one's own sign-ins."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from accounts.people.models import Person
from accounts.signin.models import Account, LoginSession, OneTimeLink
from accounts.signin.services import (
    check_password,
    ensure_strong,
    new_one_time_link,
    set_password,
)
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import Invalid
from core.permissions import Role
from tests.accounts.test_signin import PASSWORD, add_person, csrf_of, enter, whoami
from tests.factories import sign_in

NEW = "另一个-battery-staple-42"


def stored(app: Flask, person: Person) -> Account:
    with app.app_context():
        return reading().execute(select(Account).where(Account.person_id == person.id)).scalar_one()


def change(client: FlaskClient, csrf: str, **fields: str) -> tuple[int, str]:
    data = {"csrf_token": csrf, "current": PASSWORD, "password": NEW, "again": NEW, **fields}
    answer = client.post("/account/password", data=data)
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short-1", "至少 10 个字符，现在是 7 个"),
        ("password12", "容易被猜到"),
        ("1234567890", "容易被猜到"),
        ("D00001D00001", "容易被猜到"),
        ("x" * 129, "最多 128 个字符"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(app: Flask, password: str, why: str) -> None:
    with app.test_request_context(), pytest.raises(Invalid, match=why):
        ensure_strong(password, about=["田小满", "D00001", "测试区教育局"])


def test_a_password_of_one_s_own_name_and_number_is_refused(app: Flask) -> None:
    with app.test_request_context():
        ensure_strong("tianxiaoman-mango7", about=[])
        with pytest.raises(Invalid, match="容易被猜到"):
            ensure_strong("田小满-D00001", about=["田小满", "D00001", ""])


def test_a_new_password_ends_all_other_sign_ins(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    csrf = sign_in(client, person)
    other = app.test_client()
    sign_in(other, person)
    assert change(client, csrf)[0] == 302
    assert whoami(client)
    assert not whoami(other)
    assert check_password(stored(app, person).password_hash, NEW)
    assert enter(other).status_code == 401
    assert enter(other, password=NEW).status_code == 302


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"current": "wrong"}, "现在的密码不对，还可以试 4 次"),
        ({"again": "another-one-entirely"}, "两遍输的不一样"),
        ({"password": "abc", "again": "abc"}, "至少 10 个字符"),
        ({"password": "", "again": ""}, "新密码要填"),
        ({"password": PASSWORD, "again": PASSWORD}, "新密码和现在的一样"),
    ],
)
def test_a_refused_change_says_why_and_changes_nothing(
    app: Flask, client: FlaskClient, fields: dict[str, str], why: str
) -> None:
    person = add_person(app)
    csrf = sign_in(client, person)
    status, page = change(client, csrf, **fields)
    assert status == 422
    assert why in page
    assert PASSWORD not in page
    assert check_password(stored(app, person).password_hash, PASSWORD)


def test_guessing_the_present_password_is_throttled_too(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    csrf = sign_in(client, person)
    for _try in range(5):
        _status, page = change(client, csrf, current="wrong")
    assert "锁定到" in page
    assert "锁定到" in change(client, csrf)[1]
    assert check_password(stored(app, person).password_hash, PASSWORD)


def test_a_first_password_opens_nothing_but_its_own_change(app: Flask, client: FlaskClient) -> None:
    person = add_person(app, must_change=True)
    enter(client)
    assert client.get("/account/sessions").location == "/account/password"
    page = client.get("/account/password")
    assert "先换成您自己的密码" in page.text
    assert 'name="current"' not in page.text
    answer = client.post(
        "/account/password", data={"csrf_token": csrf_of(page), "password": NEW, "again": NEW}
    )
    assert answer.status_code == 302
    assert whoami(client)
    assert stored(app, person).must_change is False


def test_the_api_names_the_first_password_as_the_reason(app: Flask, client: FlaskClient) -> None:
    add_person(app, must_change=True)
    client.post("/api/v1/session", json={"staff_no": "D00001", "password": PASSWORD})
    with client.session_transaction() as cookie:
        assert "_user_id" in cookie


def test_a_reset_ends_the_sign_ins_the_lock_and_open_links(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    sign_in(client, person)
    guesser = app.test_client()
    for _try in range(5):
        enter(guesser, password="wrong")
    with app.app_context(), transaction() as session:
        token = new_one_time_link(session, person.id, clock.now())
    with app.app_context(), transaction() as session:
        set_password(session, person.id, NEW, must_change=True, now=clock.now())
    assert not whoami(client)
    assert client.get(f"/link/{token}").status_code == 404
    assert enter(guesser, password=NEW).status_code == 302


# --- one-time links ---------------------------------------------------------------


def link_for(app: Flask, person: Person) -> str:
    with app.app_context(), transaction() as session:
        return "/link/" + new_one_time_link(session, person.id, clock.now())


def test_a_link_sets_a_password_once_and_signs_in(app: Flask, client: FlaskClient) -> None:
    person = add_person(app, Role.ADMIN, staff_no="ADMIN1")
    link = link_for(app, person)
    page = client.get(link)
    assert page.status_code == 200
    assert "田小满" not in page.text
    assert client.get(link).status_code == 200, "looking uses nothing up"
    data = {"csrf_token": csrf_of(page), "password": NEW, "again": NEW}
    assert client.post(link, data={**data, "again": "x"}).status_code == 422
    assert client.post(link, data={**data, "password": "abc", "again": "abc"}).status_code == 422
    assert client.post(link, data=data).status_code == 302
    assert whoami(client)
    late = app.test_client()
    assert late.get(link).status_code == 404
    assert (
        late.post(link, data={**data, "csrf_token": csrf_of(late.get("/sign-in"))}).status_code
        == 404
    )
    assert enter(late, "ADMIN1", NEW).status_code == 302


def test_a_link_expires_after_three_days(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    with time_machine.travel("2026-11-24T00:00:00Z", tick=False) as now:
        link = link_for(app, person)
        now.shift(timedelta(days=3) - timedelta(seconds=1))
        assert client.get(link).status_code == 200
        now.shift(timedelta(seconds=2))
        assert client.get(link).status_code == 404


def test_a_new_link_ends_the_one_before(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    first, second = link_for(app, person), link_for(app, person)
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200


def test_the_table_holds_digests_only(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    token = link_for(app, person).removeprefix("/link/")
    enter(client)
    with client.session_transaction() as cookie:
        cookie_token = cookie["_user_id"]
    with app.app_context():
        digests = [
            *reading().scalars(select(OneTimeLink.token_digest)),
            *reading().scalars(select(LoginSession.token_digest)),
        ]
    assert all(len(digest) == 64 for digest in digests)
    assert token not in digests
    assert cookie_token not in digests


# --- flask admin ------------------------------------------------------------------


def test_the_first_administrator_gets_a_one_time_link(app: Flask, client: FlaskClient) -> None:
    run = app.test_cli_runner()
    made = run.invoke(args=["admin", "create", "admin1", "管理员甲"])
    assert made.exit_code == 0, made.output
    found = re.search(r"http://127\.0\.0\.1:\d+(/link/\S+)", made.stdout)
    assert found
    page = client.get(found[1])
    data = {"csrf_token": csrf_of(page), "password": NEW, "again": NEW}
    assert client.post(found[1], data=data).status_code == 302
    assert whoami(client)
    with app.app_context():
        event = (
            reading()
            .execute(select(AuditEvent).where(AuditEvent.action == "account.create_admin"))
            .scalar_one()
        )
        assert event.actor.startswith("cli:")


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["create", "d00001", "某人"], "已经有了"),
        (["create", "一号", "某人"], "不对"),
        (["create", "ADMIN2", " "], "姓名要填"),
        (["link", "NOBODY"], "There is no account"),
    ],
)
def test_a_wrong_command_says_why_in_one_line(app: Flask, args: list[str], why: str) -> None:
    add_person(app)
    done = app.test_cli_runner().invoke(args=["admin", *args])
    assert done.exit_code == 1
    assert why in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_new_link_comes_from_the_command_line(app: Flask, client: FlaskClient) -> None:
    add_person(app)
    done = app.test_cli_runner().invoke(args=["admin", "link", "d00001"])
    assert done.exit_code == 0
    assert client.get(done.stdout.strip().removeprefix("http://127.0.0.1:5000")).status_code == 200


# --- one's own sign-ins -----------------------------------------------------------


def test_one_sees_one_s_own_sign_ins_and_can_end_one(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    csrf = sign_in(client, person)
    other = app.test_client()
    enter(other)
    page = client.get("/account/sessions").text
    assert "2 台设备" in page
    assert page.count('/end"') == 1, "this device is ended by signing out"
    ending = re.search(r'action="(/account/sessions/\d+/end)"', page)
    assert ending
    assert client.post(ending[1], data={"csrf_token": csrf}).status_code == 302
    assert not whoami(other)
    assert client.post(ending[1], data={"csrf_token": csrf}).status_code == 404


def test_a_stranger_s_sign_in_cannot_be_ended(app: Flask, client: FlaskClient) -> None:
    csrf = sign_in(client, add_person(app))
    other = app.test_client()
    sign_in(other, add_person(app, staff_no="D00002"))
    with app.app_context():
        ids = reading().scalars(select(LoginSession.id).order_by(LoginSession.id)).all()
    answer = client.post(f"/account/sessions/{ids[-1]}/end", data={"csrf_token": csrf})
    assert answer.status_code == 404
    assert whoami(other)


def test_signing_out_everywhere_ends_every_device(app: Flask, client: FlaskClient) -> None:
    person = add_person(app)
    csrf = sign_in(client, person)
    other = app.test_client()
    sign_in(other, person)
    assert (
        client.post("/account/sessions/end-all", data={"csrf_token": csrf}).location == "/sign-in"
    )
    assert not whoami(client)
    assert not whoami(other)


# --- how the pages look -----------------------------------------------------------


def test_the_text_size_goes_round_and_stays_with_the_account(
    app: Flask, client: FlaskClient
) -> None:
    person = add_person(app)
    csrf = sign_in(client, person)
    for size in ("l", "xl", ""):
        back = client.post(
            "/account/text-size", data={"csrf_token": csrf, "next": "/account/sessions?"}
        )
        assert back.location == "/account/sessions"
        assert stored(app, person).text_size == size
    client.post("/account/text-size", data={"csrf_token": csrf, "size": "xl"})
    assert 'class="sg-size-xl"' in client.get("/account/sessions").text
    client.post("/account/text-size", data={"csrf_token": csrf, "size": "huge"})
    assert stored(app, person).text_size == "xl"


def test_the_language_is_kept_in_the_cookie_and_with_the_account(
    app: Flask, client: FlaskClient
) -> None:
    person = add_person(app)
    csrf = csrf_of(client.get("/sign-in"))
    back = client.post(
        "/language", data={"csrf_token": csrf, "language": "en", "next": "/sign-in?"}
    )
    assert back.location == "/sign-in"
    assert '<html lang="en"' in client.get("/sign-in").text
    csrf = sign_in(client, person)
    client.post("/language", data={"csrf_token": csrf, "language": "zh_Hans_CN"})
    assert stored(app, person).locale == "zh_Hans_CN"
    client.post("/language", data={"csrf_token": csrf, "language": "tlh"})
    assert stored(app, person).locale == "zh_Hans_CN"


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "/language", "/nowhere"]
)
def test_small_forms_lead_back_to_pages_of_this_site_only(
    app: Flask, client: FlaskClient, target: str
) -> None:
    csrf = csrf_of(client.get("/sign-in"))
    back = client.post("/language", data={"csrf_token": csrf, "language": "en", "next": target})
    assert back.location == "/"


def test_old_sign_ins_links_and_counts_are_dropped_and_history_stays(app: Flask) -> None:
    person = add_person(app)
    with time_machine.travel("2026-11-24T00:00:00Z", tick=False) as now:
        client = app.test_client()
        enter(client)
        enter(app.test_client(), password="wrong")
        link_for(app, person)
        now.shift(timedelta(days=20))
        enter(client)
        now.shift(timedelta(days=20))
        done = app.test_cli_runner().invoke(args=["jobs", "run", "signin.prune"])
    assert "2 sign-ins and links, 1 counts dropped" in done.output
    with app.app_context():
        assert len(reading().scalars(select(LoginSession)).all()) == 1
        assert reading().scalars(select(AuditEvent)).all()


def test_changing_the_hash_while_it_is_checked_refuses_the_sign_in(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = add_person(app)

    def change_meanwhile(stored_hash: str, password: str) -> bool:
        with app.app_context(), transaction() as session:
            session.execute(
                update(Account).where(Account.person_id == person.id).values(password_hash="other")
            )
        return True

    monkeypatch.setattr("accounts.signin.services.check_password", change_meanwhile)
    assert enter(client).status_code == 401
