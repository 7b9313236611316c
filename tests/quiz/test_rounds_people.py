"""The people of a round on pages: who is listed for whom, and at what cost."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from accounts.people.models import Posting
from accounts.units.models import Unit
from core.db import transaction
from core.permissions import Role
from tests.databases import both_databases
from tests.factories import make_person, make_unit, sign_in
from tests.quiz.rounds import begin, moment, sit
from tests.quiz.voids import NOON, Browser, ask, at_round, decide, opened, promote
from tests.statements import counted

ROUND_OVER = moment(12, 6, 0, 5)


@pytest.fixture(autouse=True)
def _noon(time_machine: Any) -> None:
    """Today is 24 November 2026."""
    time_machine.move_to(NOON, tick=False)


@both_databases
def test_everybody_is_listed_with_how_far_they_have_come(app: Flask) -> None:
    world, one = opened(app)
    sit(app, one, world.staff, right=7, now=NOON)
    sit(app, one, world.staff, right=17, now=NOON)
    begin(app, one, world.other, now=NOON)
    with app.app_context(), transaction() as session:
        waits = make_person(session, unit=make_unit(session, "市财政局"), name="谭未始")
        outside = make_person(session, Role.EDITOR, name="卞命题")
    office = Browser(app, world.office)
    html = office.get(f"/rounds/{one.id}")
    rows = {
        name: row
        for row in html.split("<tr>")
        for name in ("文知新", world.other.name, "谭未始")
        if name in row
    }
    for name, said in (("文知新", ("已交卷", ">7<", "进行中", ">2<")),
                       (world.other.name, ("作答中", ">—<", "进行中")),
                       ("谭未始", ("未开始", "市财政局", ">0<"))):  # fmt: skip
        for word in said:
            assert word in rows[name], (name, word)
    assert at_round(one, world.staff) in html
    assert at_round(one, waits) not in html
    assert outside.name not in html
    for query, found in (("state=submitted", "文知新"), ("state=in_progress", world.other.name),
                         ("state=not_started", "谭未始"), ("q=财政", "谭未始"),
                         (f"q={world.staff.staff_no.lower()}", "文知新")):  # fmt: skip
        listed = office.get(f"/rounds/{one.id}?{query}").split("<tbody>")[-1]
        assert {name for name in rows if name in listed} == {found}, query
    assert "没有符合条件的人" in office.get(f"/rounds/{one.id}?q=查无此人")
    assert office.get(f"/rounds/{one.id}?sort=-name").split("<tbody>")[-1].index("谭") < 400
    assert "sort=right" not in html  # people are not ranked


def test_the_list_goes_out_as_a_workbook_with_its_filter(app: Flask) -> None:
    world, one = opened(app)
    sit(app, one, world.staff, right=17, now=NOON)

    def rows(query: str) -> list[tuple[Any, ...]]:
        client = app.test_client()
        sign_in(client, world.office)
        data = client.get(f"/rounds/{one.id}/people.xlsx{query}").data
        sheet: Any = openpyxl.load_workbook(io.BytesIO(data)).active
        return list(sheet.iter_rows(values_only=True))

    assert len(rows("")) == 3
    heads, only = rows("?state=submitted")
    assert heads[:5] == ("轮次", "工号", "姓名", "单位", "状态")
    assert only == ("第 1 轮定期答题", world.staff.staff_no, "文知新", "城中区政府办公室", "已交卷", 1, 0,
                    17, "达标", None)  # fmt: skip


def test_who_has_left_the_staff_and_sat_is_listed_and_does_not_count(app: Flask) -> None:
    world, one = opened(app)
    sit(app, one, world.staff, right=17, now=NOON)
    promote(app, world.staff)
    html = Browser(app, world.office).get(f"/rounds/{one.id}?q=文知新")
    assert "不计" in html
    assert "已交卷" in html


def test_a_coordinator_sees_the_own_units_and_voids_nothing(app: Flask) -> None:
    world, one = opened(app)
    attempt_id = sit(app, one, world.staff, right=5, now=NOON)
    ask(app, attempt_id, world.office)
    with app.app_context(), transaction() as session:
        far = make_unit(session, "市财政局")
        person = make_person(session, unit=far, name="谭未始")
        own = make_person(session, Role.COORDINATOR, unit=far)
        auditor = make_person(session, Role.AUDITOR)
    far_one = Browser(app, own)
    listed = far_one.get(f"/rounds/{one.id}")
    assert "谭未始" in listed
    assert "文知新" not in listed
    far_one.get(at_round(one, world.staff), 404)
    assert "还没有作答" in far_one.get(at_round(one, person))
    assert "没有符合条件的人" in far_one.get(f"/rounds/{one.id}?q=文知新")
    oversight = Browser(app, auditor)
    html = oversight.get(at_round(one, world.staff))
    assert "提出作废文知新" in html
    assert "/void" not in html
    for path in (f"/rounds/attempts/{attempt_id}/void", "/rounds/voids/1"):
        for who in (far_one, oversight):
            who.get(path, 403)
            who.post(path, 403, reason="他人代答", decision="agree")
    Browser(app, world.staff).get(at_round(one, world.staff), 403)


def test_after_a_move_both_coordinators_see_who_sat_a_closed_round(
    app: Flask, time_machine: Any
) -> None:
    world, one = opened(app)
    sit(app, one, world.staff, right=17, now=NOON)
    later = moment(1, 2, year=2027)
    time_machine.move_to(later, tick=False)
    with app.app_context():
        app.extensions["jobs"]["quiz.rounds"].run(later)
    with app.app_context(), transaction() as session:
        posting = session.scalars(select(Posting).where(Posting.person_id == world.staff.id)).one()
        before, after = session.get_one(Unit, posting.unit_id), make_unit(session, "市财政局")
        posting.valid_to = later.date() - timedelta(days=1)
        session.flush()
        session.add(
            Posting(person_id=world.staff.id, unit_id=after.id, position="科员",
                    valid_from=later.date(), entered_at=later)
        )  # fmt: skip
        seeing = [make_person(session, Role.COORDINATOR, unit=unit) for unit in (before, after)]
        blind = make_person(session, Role.COORDINATOR, unit=make_unit(session))
    for person in seeing:
        html = Browser(app, person).get(f"/rounds/{one.id}")
        assert "城中区政府办公室" in html.split("<tbody>")[-1]  # the unit of that period
        assert "文知新" in html
        Browser(app, person).get(at_round(one, world.staff))
    assert "文知新" not in Browser(app, blind).get(f"/rounds/{one.id}")
    Browser(app, blind).get(at_round(one, world.staff), 404)


@both_databases
def test_after_the_period_closed_the_list_keeps_its_result_and_names_the_correction(
    app: Flask, time_machine: Any
) -> None:
    world, one = opened(app)
    attempt_id = sit(app, one, world.staff, right=17, now=NOON)
    later = moment(1, 2, year=2027)
    time_machine.move_to(later, tick=False)
    with app.app_context():
        assert app.extensions["jobs"]["quiz.rounds"].run(later) == "opened 1; closed 1"
    decide(app, ask(app, attempt_id, world.office, later), world.second)
    office = Browser(app, world.office)
    row = office.get(f"/rounds/{one.id}?q=文知新").split("<tbody>")[-1]
    for said in ("未开始", "作废 1 次", "达标", "更正后 0 分", "未达标"):
        assert said in row
    html = office.get(at_round(one, world.staff))
    assert "属于第 1 期（2026年11月–12月），那一期已经结转" in html


def test_the_pages_cost_the_same_with_one_person_and_with_300(app: Flask) -> None:
    world, one = opened(app)
    sit(app, one, world.staff, right=17, now=NOON)
    address = f"/rounds/{one.id}"

    def costs() -> list[int]:
        client = app.test_client()
        sign_in(client, world.office)
        found = []
        for path in (address, f"{address}/people.xlsx", at_round(one, world.staff)):
            with counted(app) as log:
                assert client.get(path).status_code == 200
            found.append(len(log))
        return found

    before = costs()
    with app.app_context(), transaction() as session:
        unit = make_unit(session)
        for _number in range(300):
            make_person(session, unit=unit)
    assert costs() == before
    assert max(before) <= 16
    html = Browser(app, world.office).get(f"{address}?sort=unit&page=2")
    assert "显示第 21–40 行，共 302 行" in html
