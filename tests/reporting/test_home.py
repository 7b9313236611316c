"""Home pages: every role finds what it can do now, in a few statements."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from accounts.people.models import Person
from core.db import reading, transaction
from core.permissions import Role
from reporting.home.rules import Bar, distribution, share, urgency
from tests.factories import make_person, make_unit, sign_in
from tests.statements import counted

WORDS = {
    "D00001": ["件事现在可以做", "第四季度政务公开资格考试", "去考试", "还没有证书", "积分明细", "错题本"],
    "COORD01": ["各单位", "给持证人员备案", "登记培训", "定期答题"],
    "EDITOR01": ["题可用", "导入题库"],
    "REVIEW01": ["开始审核", "题待审"],
    "OFFICE01": ["全市一览", "在岗人员", "持有效证书", "已备案", "上期积分达标", "天内证书到期",
                 "锁定期 90 天内期满", "待办", "备案待审", "积分落后", "各类单位积分达标", "合格率",
                 "正在进行的考试", "第四季度政务公开资格考试"],
    "AUDIT01": ["全市一览", "最近的操作", "demo.load", "各类单位积分达标"],
    "ADMIN01": ["账号", "管理单位"],
}  # fmt: skip


def home(app: Flask, person: Person, path: str = "/") -> Any:
    """The first page of a person."""
    client = app.test_client()
    sign_in(client, person)
    page = client.get(path)
    assert page.status_code == 200
    return page


def words_of(page: Any) -> str:
    """What a page says, without its marks."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


@pytest.mark.slow
def test_every_role_finds_its_work_in_the_demo_city(app: Flask) -> None:
    done = app.test_cli_runner().invoke(
        args=["demo", "load", "--password", "Demo-pass-2026", "--people", "60",
              "--questions", "120", "--candidates", "8"]
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    with app.app_context():
        people = {one.staff_no: one for one in reading().query(Person)}
    for staff_no, wanted in WORDS.items():
        text = words_of(home(app, people[staff_no]))
        for word in wanted:
            assert word in text, (staff_no, word)
    units = re.findall(r'<th scope="row"><a[^>]*>([^<]+)</a>', home(app, people["COORD01"]).text)
    assert units
    assert all(name.startswith("城中区") for name in units)
    client = app.test_client()
    sign_in(client, people["OFFICE01"])
    main = client.get("/").text.partition("<main")[2].partition("</main>")[0]
    for address in set(re.findall(r'href="(/[^"#]*)"', main)):
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address


@pytest.mark.parametrize("points", [True, False])
def test_on_an_empty_city_every_page_stands(
    app: Flask, points: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(app.extensions["settings"], points=points)
    monkeypatch.setitem(app.extensions, "settings", settings)
    with app.app_context(), transaction() as session:
        unit = make_unit(session)
        people = [make_person(session, role, unit=unit) for role in Role]
    for person in people:
        text = words_of(home(app, person))
        assert ("积分" in text) <= points, person.name


def test_staff_with_two_roles_find_both(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        unit = make_unit(session)
        person = make_person(session, Role.STAFF, Role.COORDINATOR, unit=unit)
    client = app.test_client()
    sign_in(client, person)
    client.get("/")
    with counted(app) as log:
        text = words_of(client.get("/"))
    assert "证书与锁定期" in text
    assert "各单位" in text
    assert len(log) <= 32


@pytest.mark.parametrize(("days", "kind"), [(4, "now"), (3, "soon"), (0, "soon")])
def test_the_plate_turns_red_three_days_before(days: int, kind: str) -> None:
    assert urgency(days) == kind


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(389, 412, "94.4"), (1, 1, "100"), (0, 5, "0"), (0, 0, "0")]
)
def test_a_share_has_one_decimal_at_most(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


# --- scores as bars ---------------------------------------------------------------


def test_scores_are_laid_from_the_pass_mark() -> None:
    found = distribution({7_950: 2, 8_000: 3, 10_000: 1, 6_100: 1}, full=100, pass_mark=80)
    assert found is not None
    assert (found.sat, found.passed, found.pass_share) == (7, 4, "57.1")
    assert found.bars[0] == Bar(60, 65, 1, False)
    assert found.bars[found.line] == Bar(80, 85, 3, True)
    assert found.bars[found.line - 1] == Bar(75, 80, 2, False)
    assert found.bars[-1] == Bar(95, 100, 1, True)
    assert sum(bar.number for bar in found.bars) == 7
    assert found.median == 80


def test_a_pass_mark_between_two_bars_moves_the_bars() -> None:
    found = distribution({8_100: 1, 8_200: 1, 100: 1}, full=100, pass_mark=82)
    assert found is not None
    assert found.bars[0].low == 0
    assert [bar.low for bar in found.bars[found.line - 1 : found.line + 1]] == [77, 82]
    assert [bar.number for bar in found.bars if bar.is_pass] == [1, 0, 0, 0]


def test_when_all_pass_the_line_still_stands_on_the_picture() -> None:
    found = distribution({9_000: 4}, full=100, pass_mark=80)
    assert found is not None
    assert (found.line, found.bars[0].low) == (1, 75)
    assert found.median == 90


def test_half_marks_lie_between_and_nobody_gives_no_picture() -> None:
    found = distribution({9_000: 1, 8_500: 1}, full=100, pass_mark=60)
    assert found is not None
    assert found.median == 87.5
    assert distribution({}, full=100, pass_mark=60) is None
