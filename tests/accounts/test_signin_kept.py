"""A form sent after the sign-in has ended is not lost."""

from __future__ import annotations

import html
import io
import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from accounts.signin.models import LoginSession
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from core.rulebook.models import RuleVersion
from tests.accounts.test_signin import PASSWORD, add_person
from tests.factories import sign_in

FORM = {"value": "75", "effective_from": "2099-01-01", "why": "<b>试行</b>一年"}
TARGET = "/rules/exam.minutes/change"


def end_all(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(LoginSession).values(revoked_at=clock.now()))


def hidden(page: str) -> list[tuple[str, str]]:
    """The hidden inputs of the main form of a page."""
    main = page[page.index("<main") :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', main)
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


def values(app: Flask) -> list[object]:
    with app.app_context():
        return list(
            reading().scalars(
                select(RuleVersion.value)
                .where(RuleVersion.rule == "exam.minutes")
                .order_by(RuleVersion.id)
            )
        )


def sign_in_again(client: FlaskClient, page: str, **more: str) -> str:
    fields = dict(hidden(page))
    answer = client.post(
        "/sign-in", data={**fields, "staff_no": "OFFICE1", "password": PASSWORD, **more}
    )
    return answer.text


def test_what_was_typed_survives_the_end_of_the_sign_in(app: Flask, client: FlaskClient) -> None:
    office = add_person(app, Role.OFFICE, staff_no="OFFICE1")
    csrf = sign_in(client, office)
    end_all(app)
    refused = client.post(TARGET, data={**FORM, "csrf_token": csrf})
    assert refused.status_code == 401
    assert "登录后接着提交" in refused.text
    assert "kept.csrf_token" not in refused.text
    page = sign_in_again(client, refused.text)
    assert "接着提交" in page
    assert "75" in page
    assert "&lt;b&gt;试行&lt;/b&gt;一年" in page
    assert "<dt>理由</dt>" in page
    assert values(app) == [60]
    fields = dict(hidden(page))
    assert {key: fields[key] for key in FORM} == FORM
    assert client.post(TARGET, data=fields).status_code == 302
    assert values(app) == [60, 75]


def test_a_wrong_password_on_the_way_loses_nothing(app: Flask, client: FlaskClient) -> None:
    office = add_person(app, Role.OFFICE, staff_no="OFFICE1")
    csrf = sign_in(client, office)
    end_all(app)
    refused = client.post(TARGET, data={**FORM, "csrf_token": csrf}).text
    again = sign_in_again(client, refused, password="wrong")
    assert "还可以试 4 次" in again
    page = sign_in_again(client, again)
    assert client.post(TARGET, data=dict(hidden(page))).status_code == 302
    assert values(app) == [60, 75]


def test_it_survives_a_lost_cookie_too(app: Flask, client: FlaskClient) -> None:
    office = add_person(app, Role.OFFICE, staff_no="OFFICE1")
    csrf = sign_in(client, office)
    client.delete_cookie("shanggang")
    refused = client.post(TARGET, data={**FORM, "csrf_token": csrf})
    assert refused.status_code == 401
    page = sign_in_again(client, refused.text)
    assert client.post(TARGET, data=dict(hidden(page))).status_code == 302
    assert values(app) == [60, 75]


def test_a_form_older_than_the_present_sign_in_can_be_sent_on(
    app: Flask, client: FlaskClient
) -> None:
    office = add_person(app, Role.OFFICE, staff_no="OFFICE1")
    old = sign_in(client, office)
    client.delete_cookie("shanggang")
    sign_in(client, office)
    refused = client.post(TARGET, data={**FORM, "csrf_token": old})
    assert refused.status_code == 400
    assert client.post(TARGET, data=dict(hidden(refused.text))).status_code == 302
    assert values(app) == [60, 75]


def test_the_sign_in_form_itself_may_be_old(app: Flask, client: FlaskClient) -> None:
    add_person(app, Role.OFFICE, staff_no="OFFICE1")
    answer = client.post("/sign-in", data={"staff_no": "OFFICE1", "password": PASSWORD})
    assert answer.status_code == 400
    assert "请再登录一次" in answer.text
    assert "接着提交" not in sign_in_again(client, answer.text)
    assert client.get("/account/sessions").status_code == 200


def test_nothing_is_kept_for_a_form_of_another_site(app: Flask, client: FlaskClient) -> None:
    for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post(TARGET, data=FORM, headers=foreign)
        assert answer.status_code == 400
        assert "kept" not in answer.text
        answer = client.post(
            "/sign-in", data={"kept_to": TARGET, "kept.why": "x", "staff_no": "A"}, headers=foreign
        )
        assert answer.status_code == 400
        assert "kept" not in answer.text


def test_passwords_and_files_are_not_kept(app: Flask, client: FlaskClient) -> None:
    office = add_person(app, Role.OFFICE, staff_no="OFFICE1")
    csrf = sign_in(client, office)
    end_all(app)
    refused = client.post(
        TARGET,
        data={**FORM, "csrf_token": csrf, "new_password": "s3cret", "sheet": (io.BytesIO(b"bytes"), "a.xlsx")},
    ).text  # fmt: skip
    assert "s3cret" not in refused
    assert "bytes" not in refused
    assert "选的文件没有留下" in sign_in_again(client, refused)


def test_an_address_that_takes_no_forms_is_not_carried(app: Flask, client: FlaskClient) -> None:
    add_person(app, Role.OFFICE, staff_no="OFFICE1")
    first = client.get("/sign-in").text
    for target in ("https://evil.example/", "//evil.example", "/nowhere", "/healthz", "/\\x"):
        page = sign_in_again(client, first, kept_to=target)
        assert "接着提交" not in page
        client.delete_cookie("shanggang")
        first = client.get("/sign-in").text
