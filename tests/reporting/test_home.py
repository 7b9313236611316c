"""Home pages: every role finds what it can do now, in a few statements."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from accounts.people.models import Person
from core.db import reading, transaction
from core.permissions import Role
from reporting.home.rules import urgency
from tests.factories import make_person, make_unit, sign_in
from tests.statements import counted

WORDS = {
    "D00001": ["件事现在可以做", "第四季度政务公开资格考试", "去考试", "还没有证书"],
    "COORD01": ["各单位", "登记培训"],
    "EDITOR01": ["题可用", "导入题库"],
    "REVIEW01": ["开始审核", "题待审"],
    "OFFICE01": ["在岗人员", "持有效证书", "正在进行的考试", "第四季度政务公开资格考试"],
    "AUDIT01": ["最近的操作", "demo.load"],
    "ADMIN01": ["账号", "管理单位"],
}


@pytest.fixture
def city(app: Flask) -> Flask:
    """The demo city, small."""
    done = app.test_cli_runner().invoke(
        args=["demo", "load", "--password", "Demo-pass-2026", "--people", "40",
              "--questions", "120", "--candidates", "8"]
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return app


def _home(app: Flask, staff_no: str) -> tuple[str, int]:
    with app.app_context():
        person = reading().query(Person).filter_by(staff_no=staff_no).one()
    client = app.test_client()
    sign_in(client, person)
    client.get("/")
    with counted(app) as log:
        page = client.get("/")
    assert page.status_code == 200
    return page.text, len(log)


def test_every_role_finds_its_work(city: Flask) -> None:
    for staff_no, words in WORDS.items():
        text, statements = _home(city, staff_no)
        for word in words:
            assert word in text, (staff_no, word)
        assert statements <= 12, (staff_no, statements)


def test_someone_certified_sees_the_certificate_and_the_result(city: Flask) -> None:
    text, _statements = _home(city, "D00009")
    assert "政公证" in text
    assert "第三季度政务公开资格考试" in text
    assert "合格" in text


def test_a_coordinator_sees_own_units_only(city: Flask) -> None:
    text, _statements = _home(city, "COORD01")
    units = re.findall(r'<th scope="row"><a[^>]*>([^<]+)</a>', text)
    assert units
    assert all(name.startswith("城中区") for name in units)


def test_on_an_empty_city_every_page_stands(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        unit = make_unit(session)
        people = [make_person(session, role, unit=unit) for role in Role]
    for person in people:
        client = app.test_client()
        sign_in(client, person)
        assert client.get("/").status_code == 200


@pytest.mark.parametrize(("days", "kind"), [(4, "now"), (3, "soon"), (0, "soon")])
def test_the_plate_turns_red_three_days_before(days: int, kind: str) -> None:
    assert urgency(days) == kind
