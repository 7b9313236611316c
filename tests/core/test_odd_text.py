"""Text that a database refuses, in every place where somebody can put it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.models import ReviewEvent
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic, make_unit, sign_in

FILTERS = ("q", "action", "actor", "subject", "state", "unit", "topic", "kind", "year", "sort",
           "page", "phase", "show", "only", "after", "basis", "author", "import", "article", "type")  # fmt: skip


@both_databases
def test_no_list_falls_over_what_is_asked(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, *Role, unit=make_unit(session))
    sign_in(client, person)
    wrong = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments or "static" in rule.endpoint:
            continue
        for odd in ("\0", "9" * 30, "%_\\'\"", "😀\u202e²"):
            path = "/" + rule.rule.lstrip("/")
            answer = client.get(path, query_string=dict.fromkeys(FILTERS, odd))
            if answer.status_code >= 500 and path != "/readyz":
                wrong.append(f"{path} {odd!r}: {answer.status_code}")
            answer.close()
    assert not wrong


@both_databases
def test_a_staff_number_with_nul_is_only_wrong(app: Flask, client: FlaskClient) -> None:
    answer = client.post("/api/v1/session", json={"staff_no": "a\0b", "password": "x\0"})
    assert answer.status_code == 401


@both_databases
def test_a_form_loses_its_nul_and_keeps_its_text(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.REVIEWER)
        version = make_question(session, make_person(session, Role.EDITOR), make_topic(session))
    csrf = sign_in(client, person)
    where = f"/questions/versions/{version.id}/retire"
    too_long = client.post(where, data={"csrf_token": csrf, "comment": "长" * 501})
    assert too_long.status_code == 422
    assert "最多 500 个字" in too_long.text
    client.post(where, data={"csrf_token": csrf, "comment": "已\0废止"})
    with app.app_context():
        assert [event.comment for event in reading().query(ReviewEvent)] == ["已废止"]


@pytest.mark.parametrize("odd", ["<script>alert(1)</script>", '"><img src=x onerror=x>'])
def test_what_people_write_is_shown_as_text(app: Flask, client: FlaskClient, odd: str) -> None:
    with app.app_context(), transaction() as session:
        unit = make_unit(session, f"局{odd}")
        person = make_person(session, *Role, unit=unit, name=f"名{odd}")
        topic = make_topic(session, f"点{odd}")
        make_question(session, person, topic, stem=f"题{odd}", options=[odd, "乙", "丙", "丁"])
    sign_in(client, person)
    seen = 0
    pages = {"/", "/people", "/units", "/questions", "/questions/topics", "/training/new",
             "/exams/new", "/people/new"}  # fmt: skip
    found = {
        link
        for page in pages
        for link in re.findall(r'href="(/(?:people|units|questions)/\d+)"', client.get(page).text)
    }
    for page in pages | found:
        text = client.get(page).text
        assert odd not in text, page
        seen += "alert(1)" in text or "onerror" in text
    assert seen > 3
