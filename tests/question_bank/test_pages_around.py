"""Pages around the questions: topics, laws, workbooks."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.people.models import Person
from core.db import transaction
from core.permissions import Role
from tests.factories import make_person, make_unit, sign_in
from tests.question_bank.helpers import REGULATION
from tests.statements import counted


@pytest.fixture
def people(app: Flask) -> dict[str, Person]:
    """One person of each role that meets the bank."""
    with app.app_context(), transaction() as session:
        unit = make_unit(session, "测试局")
        return {
            role.value: make_person(session, role, unit=unit)
            for role in (Role.EDITOR, Role.REVIEWER, Role.AUDITOR, Role.STAFF)
        }


def _as(app: Flask, person: Person) -> tuple[FlaskClient, str]:
    client = app.test_client()
    return client, sign_in(client, person)


def test_topics_are_made_and_renamed(app: Flask, people: dict[str, Person]) -> None:
    editor, token = _as(app, people["editor"])
    editor.post("/questions/topics", data={"name": "　公开年报 ", "csrf_token": token})
    twice = editor.post("/questions/topics", data={"name": "公开年报", "csrf_token": token})
    assert "已经有知识点" in twice.text
    where = re.findall(r"/questions/topics/\d+", twice.text)[0]
    assert "公开年报" in editor.get(where).text
    editor.post(where, data={"name": "年度报告", "csrf_token": token})
    assert "年度报告" in editor.get("/questions/topics").text
    editor.post("/questions/topics", data={"name": "依申请公开", "csrf_token": token})
    taken = editor.post(where, data={"name": "依申请公开", "csrf_token": token})
    assert "已经有知识点“依申请公开”了" in taken.text


def test_a_law_is_brought_in_and_read_article_by_article(
    app: Flask, people: dict[str, Person]
) -> None:
    editor, token = _as(app, people["editor"])
    data = {"in_force_on": "2019-05-15", "csrf_token": token}
    file = (io.BytesIO(REGULATION.encode()), "条例(2019-04-03).md")
    done = editor.post("/laws/import", data={**data, "file": file})
    page = editor.get(done.location).text
    assert "第二款的话" in page
    assert "2019年5月15日起施行" in page
    assert "现行有效" in editor.get("/laws").text
    early = {**data, "in_force_on": "2018-01-01", "file": (io.BytesIO(REGULATION.encode()), "a.md")}
    assert "施行日期早于公布日期" in editor.post("/laws/import", data=early).text
    bad = {**data, "file": (io.BytesIO("随便写写".encode()), "a.txt")}
    assert "没有找到标题" in editor.post("/laws/import", data=bad).text
    with counted(app) as seen:
        editor.get(done.location)
    assert len(seen) <= 3 + 1


def test_the_template_and_the_export_are_workbooks(app: Flask, people: dict[str, Person]) -> None:
    editor, _ = _as(app, people["editor"])
    for address in ("/questions/imports/template.xlsx", "/questions/imports/export.xlsx"):
        answer = editor.get(address)
        assert answer.data.startswith(b"PK")
        assert ".xlsx" in answer.headers["Content-Disposition"]
