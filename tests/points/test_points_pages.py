"""Pages about points: one's own, by unit, who is behind, periods; within scope and at any size."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
import python_calamine
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.roles.models import RoleGrant
from accounts.units.models import UnitKind
from config import Settings
from core import clock
from core.db import db, table_of, transaction
from core.permissions import Role
from points.ledger.models import PointsEntry, PointsTotal
from points.ledger.services import post_first, reverse
from points.periods.models import PointsSnapshot
from points.periods.queries import PeriodView
from points.standing.rules import Standing
from tests import databases
from tests.databases import both_databases
from tests.factories import LONG_AGO, make_unit
from tests.points.town import Browser, Town, arrange, make_town
from tests.statements import counted

SIX = (16, 14, 11, 18, 17, None)


def _sheet(data: bytes) -> list[list[Any]]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [list(row) for row in book.get_sheet_by_index(0).iter_rows()]


def _words(page: str) -> str:
    """What is read on a page, without marks and runs of blanks."""
    parted = re.sub(r"</(td|th|dt|dd|p|tr)>", " ", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", parted))


# --- one's own --------------------------------------------------------------------


def test_one_sees_the_sum_the_target_and_every_line_with_its_reason(app: Flask) -> None:
    town, periods = arrange(app, staff=SIX)
    page = Browser(app, town.staff).get("/points")
    words = _words(page)
    assert "本期还没有作答，再得 12 分即达标。" in words
    assert words.count("达标线") >= 2
    assert page.count('class="f-blue"') == 4
    assert page.count('class="f-amber"') == 1
    assert page.count('class="l-open"') == 1
    assert f"{periods[2].label}：11 分，达标线 12 分，未达标" in page  # for who cannot see it
    assert "答对 17 题，共 20 题，每题 1 分。" in words
    assert "规则：每题积分 1 分，2018年8月10日起执行" in words
    assert words.index("第 5 轮定期答题") < words.index("第 1 轮定期答题")


def test_the_state_of_this_period_is_said_in_words(app: Flask) -> None:
    town, _periods = arrange(app, 2, staff=(16, 12), colleague=(11, 8), stranger=(3, None))
    for person, said in (
        (town.staff, "本期得 12 分，已达标。"),
        (town.colleague, "本期得 8 分，达标线是 12 分。"),
        (town.stranger, "本期还没有作答，再得 12 分即达标。"),
    ):
        assert said in _words(Browser(app, person).get("/points"))


def test_before_the_first_round_the_page_says_what_will_be_there(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session)
    words = _words(Browser(app, town.staff).get("/points"))
    assert "定期答题还没有开放过" in words
    assert "还没有积分" in words


def test_a_reversal_names_the_line_it_takes_back_and_a_later_line_its_period(app: Flask) -> None:
    town, periods = arrange(app, 4, staff=(16, 11, 18, None))
    with app.app_context(), transaction() as session:
        entry = session.scalars(
            select(PointsEntry).where(
                PointsEntry.origin_period_id == periods[1].id,
                PointsEntry.person_id == town.staff.id,
            )
        ).one()
        reverse(session, entry_id=entry.id, facts={"reason": "第 7 题答案更正"}, now=clock.now())
        post_first(
            session, person_id=town.staff.id, origin_period_id=periods[1].id,
            stem="round:2/first", amount=12, rule_version_id=entry.rule_version_id,
            facts={"title": "第 2 轮定期答题", "right": 12, "total": 20, "per_answer": 1},
            now=clock.now(),
        )  # fmt: skip
    browser = Browser(app, town.staff)
    words = _words(browser.get("/points"))
    assert f"冲回第 {entry.id} 笔：第 2 轮定期答题，+11 分。理由：第 7 题答案更正。" in words
    assert f"已由第 {entry.id + 2} 笔冲回。" in words
    assert f"属于{periods[1].label}，那一期已经结转，所以记入{periods[3].label}。" in words
    assert re.search(r"11 12 未达标 更正后 12 分 达标", words)  # the snapshot, and beside it
    rows = _sheet(browser.file("/points/mine.xlsx"))
    assert rows[0] == ["笔", "记入时间", "记入的期", "事项", "积分", "说明", "规则"]
    assert [row[4] for row in rows[1:]] == [12, -11, 18, 11, 16]
    assert rows[2][5].startswith(f"冲回第 {entry.id} 笔")


def test_a_long_ledger_is_paged_and_nobody_sees_anothers(app: Flask) -> None:
    town, _periods = arrange(app, 25, staff=(13,) * 25)
    browser = Browser(app, town.staff)
    first, second = browser.get("/points"), browser.get("/points?page=2")
    assert "第 25 轮定期答题" in first
    assert "第 5 轮定期答题" not in first
    assert "第 5 轮定期答题" in second
    assert "显示第 21–25 行，共 25 行" in second
    assert "第 25 轮定期答题" not in Browser(app, town.colleague).get("/points")


# --- by unit ----------------------------------------------------------------------


def test_the_office_sees_every_unit_with_the_period_before_beside_it(app: Flask) -> None:
    town, periods = arrange(app, 3, staff=(16, 3, 16), colleague=(3, 3, 3), stranger=(16, 16, 16))
    office = Browser(app, town.office)
    words = _words(office.get("/points/units"))  # the last settled one
    assert "33%，达标 1 人，计入 3 人" in words
    assert "上一期 66%" in words
    assert re.search(r"市财政局 100% 100% 1 1 市直部门", words)
    assert re.search(r"城中区人民政府办公室 0% 100% 0 1 县区", words)
    newest = _words(office.get("/points/units?period=3"))
    assert "正在答题" in newest
    assert re.search(r"城中区人民政府办公室 100% 0% 1 1 县区", newest)
    first = _words(office.get("/points/units?period=1"))
    assert "这是第一期，没有上一期可比。" in first
    rows = _sheet(office.file("/points/units.xlsx?period=2&kind=county"))
    assert [row[:6] for row in rows[1:]] == [
        [periods[1].label, "城中区人民政府办公室", "县区", 1, 0, 0]
    ]


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("sort=share", ["城中区人民政府办公室", "城中区政务服务中心", "市财政局"]),
        ("sort=-before", ["市财政局", "城中区人民政府办公室", "城中区政务服务中心"]),
        ("sort=-kind", ["城中区政务服务中心", "市财政局", "城中区人民政府办公室"]),
        ("q=财政", ["市财政局"]),
        ("kind=subordinate", ["城中区政务服务中心"]),
        ("kind=nonsense&sort=nonsense&period=99&page=7", ["城中区人民政府办公室", "城中区政务服务中心", "市财政局"]),
        ("q=没有", []),
    ],
)  # fmt: skip
def test_units_are_sorted_and_filtered(app: Flask, query: str, order: list[str]) -> None:
    town, _periods = arrange(app, 3, staff=(3, 3, 0), colleague=(0, 0, 0), stranger=(16, 16, 0))
    page = Browser(app, town.office).get(f"/points/units?{query}")
    found = re.findall(r'<a href="/points/units/\d+\?period=\d">([^<]+)</a>', page)
    assert found == order  # equal ones stay in the order of their names


def test_a_coordinator_sees_their_own_units_and_no_other(app: Flask) -> None:
    town, _periods = arrange(app, 3, staff=(16, 3, 16), stranger=(3, 3, 3))
    own = Browser(app, town.coordinator)
    page = own.get("/points/units")
    assert "城中区政务服务中心" in page  # below their unit
    assert "市财政局" not in page
    assert "市财政局" not in str(_sheet(own.file("/points/units.xlsx")))
    own.get(f"/points/units/{town.below.id}")
    for path in (f"/points/units/{town.other.id}", f"/points/units/{town.other.id}.xlsx",
                 f"/points/units/{town.root.id}", "/points/units/999"):  # fmt: skip
        own.get(path, 404)
    assert "路过人" in Browser(app, town.auditor).get(f"/points/units/{town.other.id}")


def test_the_people_of_a_unit_are_filtered_by_result_and_never_sorted_by_points(
    app: Flask,
) -> None:
    town, periods = arrange(app, 3, staff=(16, 3, 16), coordinator=(None, None, None))
    office = Browser(app, town.office)
    path = f"/points/units/{town.unit.id}"
    page = office.get(f"{path}?period=2")
    assert re.search(r"A1001 文知新 3 12 未达标", _words(page))
    assert "sort=earned" not in page
    for standing, found in (("short", True), ("on_target", False), ("pending", False),
                            ("not_counted", False), ("nonsense", True)):  # fmt: skip
        assert ("文知新" in office.get(f"{path}?period=2&standing={standing}")) is found
    assert "文知新" in office.get(f"{path}?period=3&standing=on_target")
    assert "文知新" not in office.get(f"{path}?period=3&standing=pending")
    assert "没有符合条件的人员" in office.get(f"{path}?period=2&q=zz")
    assert "文知新" in office.get(f"{path}?period=2&q=a10")
    rows = _sheet(office.file(f"{path}.xlsx?period=2"))
    assert rows[1] == [
        periods[1].label, "城中区人民政府办公室", "A1001", "文知新", 3, 12, "未达标", 3, "未达标",
    ]  # fmt: skip


@both_databases
def test_filters_by_result_agree_with_what_is_shown(app: Flask) -> None:
    town, _periods = arrange(app, 2, staff=(16, 12), colleague=(3, 3))
    office = Browser(app, town.office)
    shown = {"on_target": "达标", "short": "未达标", "pending": "进行中", "not_counted": "不计"}
    for period in (1, 2):
        for unit in (town.unit, town.below):
            hits = 0
            for standing, word in shown.items():
                page = office.get(f"/points/units/{unit.id}?period={period}&standing={standing}")
                body = page.partition("<tbody>")[2].partition("</tbody>")[0]
                assert not body or word in _words(body)
                hits += bool(body)
            assert hits == 1


# --- behind, periods --------------------------------------------------------------


def _behind_town(app: Flask) -> tuple[Town, list[PeriodView]]:
    return arrange(
        app, staff=(16, 16, 16, 3, 3, None), colleague=(16, 16, 3, 3, 3, None),
        stranger=(3, 3, 3, 3, 3, 3),
    )  # fmt: skip


def test_a_coordinator_is_told_of_two_in_a_row_and_the_office_of_three(app: Flask) -> None:
    town, periods = _behind_town(app)
    own = Browser(app, town.coordinator)
    page = own.get("/points/behind")
    assert "文知新" in page
    assert "温故" in page
    assert "路过人" not in page
    assert "可以要求重新参加资格考试" not in page
    assert "文知新" not in own.get("/points/behind?rounds=3")
    office = Browser(app, town.office)
    page = office.get("/points/behind")
    assert re.search(r"A1002 温故 城中区政务服务中心 3／12 分 3／12 分 3／12 分", _words(page))
    assert "文知新" not in page
    assert "可以要求重新参加资格考试" in page
    assert "文知新" in office.get("/points/behind?rounds=2")
    rows = _sheet(office.file("/points/behind.xlsx?rounds=3"))
    assert rows[0][3:] == [f"{one.label}（达标线 12 分）" for one in periods[2:5]]
    assert [row[0] for row in rows[1:]] == ["A1002", "B2001"]
    auditor = Browser(app, town.auditor).get("/points/behind")
    assert "温故" in auditor
    assert "新建考试" not in auditor


def test_an_exam_for_those_behind_begins_with_their_names(app: Flask) -> None:
    town, _periods = _behind_town(app)
    office = Browser(app, town.office)
    assert "/exams/new?behind=3" in office.get("/points/behind")
    assert "A1002\nB2001</textarea>" in office.get("/exams/new?behind=3").replace("\r", "")
    assert "A1001\nA1002\nB2001</textarea>" in office.get("/exams/new?behind=2").replace("\r", "")
    for nothing in ("", "?behind=1", "?behind=x"):
        assert "A1002" not in office.get(f"/exams/new{nothing}")


def test_before_enough_periods_nobody_is_behind(app: Flask) -> None:
    town, _periods = arrange(app, 3, staff=(3, 3, 3))
    office = Browser(app, town.office)
    assert "还不满 3 期" in office.get("/points/behind")
    assert "文知新" in office.get("/points/behind?rounds=2")
    assert _sheet(office.file("/points/behind.xlsx?rounds=3"))[1:] == []


def test_periods_show_when_they_ran_and_with_what_they_closed(app: Flask) -> None:
    town, periods = arrange(app, 3, staff=(11, 16, 16), stranger=(16, 16, 3))
    with app.app_context(), transaction() as session:
        post_first(
            session, person_id=town.staff.id, origin_period_id=periods[0].id, stem="other",
            amount=1, rule_version_id=None, facts={"title": "补"}, now=clock.now(),
        )  # fmt: skip
    page = Browser(app, town.office).get("/points/periods")
    words = _words(page)
    for period in periods[:2]:
        assert len(period.digest) == 64
        assert period.digest in page
    assert re.search(r"3 33% 更正后 66% 1 人", words)
    assert "进行中" in words
    own = _words(Browser(app, town.coordinator).get("/points/periods"))
    assert "人数只算负责的单位" in own
    assert re.search(r"2 0% 更正后 50% 1 人", own)


# --- off, and at any size ---------------------------------------------------------


PAGES = (
    "/points", "/points/mine.xlsx", "/points/units", "/points/units.xlsx", "/points/units/1",
    "/points/units/1.xlsx", "/points/behind", "/points/behind.xlsx", "/points/periods",
    "/points/adjustments", "/points/adjustments/new", "/points/adjustments/1",
)  # fmt: skip


@pytest.fixture
def without_points(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An installation with points switched off."""
    folder = tmp_path_factory.mktemp("off")
    app = databases.testing_app(
        Settings(instance_dir=folder, points=False, log_level="ERROR", **databases.SECRETS)
    )
    databases.migrate(app)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_without_points_there_are_no_pages_about_them(without_points: Flask) -> None:
    with without_points.app_context(), transaction() as session:
        town = make_town(session)
    staff, office = Browser(without_points, town.staff), Browser(without_points, town.office)
    for path in PAGES:
        person = staff if path in {"/points", "/points/mine.xlsx"} else office
        assert "这里没有启用积分" in person.get(path, 404)


def _many(session: Session, people: int, periods: list[PeriodView]) -> int:
    """So many more people with an entry in every period, in bulk; the id of one of their units."""
    now, root = clock.now(), make_unit(session, "大单位", kind=UnitKind.COUNTY)
    units = [root.id, *(make_unit(session, parent=root).id for _number in range(40))]
    first = 1_000_000
    ids = range(first, first + people)
    session.execute(insert(table_of(Person)), [
        {"id": one, "staff_no": f"N{one}", "name": f"众{one}", "phone": "", "remark": "",
         "created_at": now} for one in ids])  # fmt: skip
    session.execute(insert(table_of(Posting)), [
        {"person_id": one, "unit_id": units[one % len(units) if one % 2 else 0], "position": "科员",
         "valid_from": LONG_AGO, "entered_at": now} for one in ids])  # fmt: skip
    session.execute(insert(table_of(RoleGrant)), [
        {"person_id": one, "role": Role.STAFF, "granted_at": now, "reason": ""} for one in ids
    ])  # fmt: skip
    for period in periods:
        session.execute(insert(table_of(PointsEntry)), [
            {"person_id": one, "period_id": period.id, "origin_period_id": period.id, "amount": 11,
             "source": f"round:{period.number}/first#1", "posted_at": now,
             "facts": {"title": period.label, "right": 11, "total": 20, "per_answer": 1}}
            for one in ids])  # fmt: skip
        session.execute(insert(table_of(PointsTotal)), [
            {"person_id": one, "period_id": period.id, "earned": 11, "posted": 11} for one in ids
        ])  # fmt: skip
        if period.closed_at:
            session.execute(insert(table_of(PointsSnapshot)), [
                {"period_id": period.id, "person_id": one, "unit_id": root.id, "earned": 11,
                 "standing": Standing.SHORT} for one in ids])  # fmt: skip
    return root.id


def _costs(app: Flask, town: Town, unit_id: int) -> dict[str, int]:
    """How many statements each page takes."""
    office, staff = Browser(app, town.office), Browser(app, town.staff)
    own = Browser(app, town.coordinator)
    found = {}
    for name, person, path in (
        ("mine", staff, "/points"),
        ("units", office, "/points/units?sort=-share"),
        ("own units", own, "/points/units"),
        ("unit", office, f"/points/units/{unit_id}"),
        ("open unit", office, f"/points/units/{unit_id}?period=10"),
        ("behind", office, "/points/behind"),
        ("own behind", own, "/points/behind"),
        ("periods", office, "/points/periods"),
        ("adjustments", office, "/points/adjustments"),
    ):
        with counted(app) as log:
            person.get(path)
        found[name] = len(log)
    return found


@pytest.mark.slow
def test_pages_take_as_many_statements_with_10_000_people_and_100_000_entries(app: Flask) -> None:
    town, periods = arrange(app, 10, staff=(11,) * 10, colleague=(3,) * 10)
    before = _costs(app, town, town.unit.id)
    with app.app_context(), transaction() as session:
        unit_id = _many(session, 10_000, periods)
    after = _costs(app, town, unit_id)
    assert after == before
    assert max(after.values()) <= 12, after
    page = Browser(app, town.office).get("/points/behind")
    assert "共 10003 行" in page
