"""Voiding a try at a round: who asks does not decide, and what was posted follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.approvals.models import TwoPersonAct
from core.db import reading, transaction
from core.errors import Conflict, Forbidden
from quiz.attempts.models import AttemptState
from quiz.corrections.services import void_or_ask
from tests.certification import world as exams
from tests.databases import both_databases
from tests.quiz.rounds import begin, ledger, moment, sit
from tests.quiz.voids import NOON, Browser, ask, at_round, decide, opened, promote, state_of

ROUND_OVER = moment(12, 6, 0, 5)


@pytest.fixture(autouse=True)
def _noon(time_machine: Any) -> None:
    """Today is 24 November 2026."""
    time_machine.move_to(NOON, tick=False)


# --- services ---------------------------------------------------------------------


@both_databases
def test_two_people_void_a_scored_try_and_the_next_one_posts_in_its_place(app: Flask) -> None:
    world, one = opened(app)
    first = sit(app, one, world.staff, right=5, now=NOON)
    sit(app, one, world.staff, right=9, now=NOON)
    act = ask(app, first, world.office)
    assert ledger(app, world.staff) == [("first#1", 5)]
    with pytest.raises(Forbidden):
        decide(app, act, world.office)
    assert state_of(app, first) is AttemptState.RELEASED
    decide(app, act, world.second)
    assert state_of(app, first) is AttemptState.VOIDED
    assert ledger(app, world.staff) == [("first#1", 5), ("reverse 1", -5), ("first#2", 9)]
    with pytest.raises(Conflict, match="已经有了决定"):
        decide(app, act, world.second)


@both_databases
def test_one_person_voids_a_try_under_way_and_a_refused_void_changes_nothing(app: Flask) -> None:
    world, one = opened(app)
    begun = begin(app, one, world.other, now=NOON)
    with app.app_context(), transaction() as session:
        assert void_or_ask(session, begun, reason="拿错手机", by=world.office.id, now=NOON)
    assert state_of(app, begun) is AttemptState.VOIDED
    assert ledger(app, world.other) == []
    attempt_id = sit(app, one, world.staff, right=5, now=NOON)
    decide(app, ask(app, attempt_id, world.office), world.second, approve=False)
    assert state_of(app, attempt_id) is AttemptState.RELEASED
    assert ledger(app, world.staff) == [("first#1", 5)]
    ask(app, attempt_id, world.second)  # it can be asked for again


# --- pages: voiding ------------------------------------------------------------------


def test_a_void_goes_from_the_person_to_a_colleague_and_shows_what_was_posted(app: Flask) -> None:
    world, one = opened(app)
    first = sit(app, one, world.staff, right=5, now=NOON)
    sit(app, one, world.staff, right=14, now=NOON)
    office, second = Browser(app, world.office), Browser(app, world.second)
    person = at_round(one, world.staff)
    html = office.get(person)
    for said in (
        "文知新",
        "已交卷",
        "5 题，共 20 题",
        "进行中",
        f"/rounds/attempts/{first}/void",
        "+5",
    ):
        assert said in html
    asked = office.get(f"/rounds/attempts/{first}/void")
    assert "须由办公室的另一位同事同意" in asked
    assert "现在没有第二个人" not in asked
    assert office.post(f"/rounds/attempts/{first}/void", reason="他人代答") == person
    waiting = office.get(person)
    assert "等另一人决定" in waiting
    assert f"/rounds/attempts/{first}/void" not in waiting
    for html in (waiting, office.get(f"/rounds/{one.id}")):
        assert "章有法 提出作废文知新" in html
        assert "/rounds/voids/1" in html
    assert "这是本人提出的" in office.get("/rounds/voids/1")
    office.post("/rounds/voids/1", 403, decision="agree")
    assert ledger(app, world.staff) == [("first#1", 5)]
    assert "他人代答" in second.get("/rounds/voids/1")
    refused = second.post("/rounds/voids/1", 422, reason="已向本人核实")
    assert "请选同意或不同意" in refused
    assert "已向本人核实</textarea>" in refused
    assert second.post("/rounds/voids/1", decision="agree", reason="已向本人核实") == person
    html = second.get(person)
    for said in ("已作废", "冲回：这次作答已作废", "−5", "+14", "答对 14 题，共 20 题", "达标"):
        assert said in html
    second.get("/rounds/voids/1", 404)
    assert "/rounds/voids/1" not in second.get(f"/rounds/{one.id}")


@pytest.mark.parametrize(
    ("reason", "sentence"), [(" ", "请写明理由"), ("长" * 201, "最多 200 个字")]
)
def test_a_refused_void_keeps_the_reason_typed(app: Flask, reason: str, sentence: str) -> None:
    world, one = opened(app)
    attempt_id = sit(app, one, world.staff, right=5, now=NOON)
    html = Browser(app, world.office).post(
        f"/rounds/attempts/{attempt_id}/void", 422, reason=reason
    )
    assert sentence in html
    assert f'value="{reason.strip()}"' in html
    with app.app_context():
        assert list(reading().scalars(select(TwoPersonAct))) == []


@pytest.mark.parametrize("kind", ["round", "exam"])
def test_who_asks_second_is_told_and_keeps_the_reason(app: Flask, kind: str) -> None:
    if kind == "round":
        world, one = opened(app)
        attempt_id = sit(app, one, world.staff, right=5, now=NOON)
        office, second = world.office, world.second
        path = f"/rounds/attempts/{attempt_id}/void"
    else:
        city, exam = exams.arrange(app)
        attempt_id, office, second = exams.sit(app, exam, city.staff), city.office, city.second
        path = f"/exams/attempts/{attempt_id}/void"
    Browser(app, office).post(path, reason="他人代答")
    html = Browser(app, second).post(path, 409, reason="我也看到了")
    assert "已经有一份同样的申请在等另一人决定。" in html
    assert 'value="我也看到了"' in html


def test_nobody_voids_or_decides_on_their_own_try(app: Flask) -> None:
    world, one = opened(app)
    own = sit(app, one, world.staff, right=5, now=NOON)
    promote(app, world.staff)
    person = Browser(app, world.staff)
    assert "/void" not in person.get(at_round(one, world.staff))
    refused = person.post(f"/rounds/attempts/{own}/void", 409, reason="答得不好")
    assert "不能决定自己的事" in refused
    assert 'value="答得不好"' in refused
    ask(app, own, world.office)
    assert "这是本人的作答" in person.get("/rounds/voids/1")
    person.post("/rounds/voids/1", 409, decision="agree")
    assert state_of(app, own) is AttemptState.RELEASED
    assert ledger(app, world.staff) == [("first#1", 5)]


def test_alone_in_the_office_one_reads_that_nobody_can_decide(app: Flask) -> None:
    world, one = opened(app)
    attempt_id = sit(app, one, world.second, right=5, now=NOON)  # the other one is concerned
    html = Browser(app, world.office).get(f"/rounds/attempts/{attempt_id}/void")
    assert "办公室现在没有第二个人可以决定" in html


def test_a_try_under_way_is_void_at_once_and_given_back(app: Flask) -> None:
    world, one = opened(app)
    attempt_id = begin(app, one, world.staff, now=NOON)
    office = Browser(app, world.office)
    assert "马上生效" in office.get(f"/rounds/attempts/{attempt_id}/void")
    office.post(f"/rounds/attempts/{attempt_id}/void", reason="拿错手机")
    html = office.get(at_round(one, world.staff))
    assert "这次作答已作废。" in html
    assert "未开始" in html
    assert "作废 1 次" in office.get(f"/rounds/{one.id}")
    assert "还可以答 2 次" in Browser(app, world.staff).get(f"/rounds/{one.id}/brief")


def test_a_try_whose_time_is_over_has_a_score_and_takes_two(app: Flask, time_machine: Any) -> None:
    world, one = opened(app)
    attempt_id = begin(app, one, world.staff, now=NOON)
    time_machine.move_to(ROUND_OVER, tick=False)
    Browser(app, world.office).post(f"/rounds/attempts/{attempt_id}/void", reason="他人代答")
    assert state_of(app, attempt_id) is AttemptState.RELEASED
    assert ledger(app, world.staff) == [("first#1", 0)]


def test_rounds_and_exams_do_not_void_each_others_attempts(app: Flask) -> None:
    world, one = opened(app)
    attempt_id = sit(app, one, world.staff, right=5, now=NOON)
    city, exam = exams.arrange(app)
    at_exam = exams.sit(app, exam, city.staff)
    office, second = Browser(app, world.office), Browser(app, world.second)
    office.get(f"/exams/attempts/{attempt_id}/void", 404)
    office.get(f"/rounds/attempts/{at_exam}/void", 404)
    office.post(f"/exams/attempts/{at_exam}/void", reason="替考")
    second.get("/rounds/voids/1", 404)
    second.post("/rounds/voids/1", 404, decision="agree")
    office.get(f"/rounds/{one.id}/people/999", 404)


def test_the_first_page_leads_to_where_a_void_waits(app: Flask) -> None:
    world, one = opened(app)
    ask(app, sit(app, one, world.staff, right=5, now=NOON), world.office)
    html = Browser(app, world.second).get("/")
    assert "答题作废待复核" in html
    assert f'href="/rounds/{one.id}"' in html
    assert "成绩作废待复核" not in html
    assert "答题作废待复核" not in Browser(app, world.office).get("/")
    city, exam = exams.arrange(app)
    Browser(app, city.office).post(
        f"/exams/attempts/{exams.sit(app, exam, city.staff)}/void", reason="替考"
    )
    html = Browser(app, world.second).get("/")
    assert "成绩作废待复核" in html
    assert f'href="/exams/{exam.id}"' in html


def test_switched_off_there_are_no_such_pages(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    world, one = opened(app)
    attempt_id = sit(app, one, world.staff, right=5, now=NOON)
    ask(app, attempt_id, world.office)
    settings = replace(app.extensions["settings"], points=False)
    monkeypatch.setitem(app.extensions, "settings", settings)
    second = Browser(app, world.second)
    for path in (at_round(one, world.staff), "/rounds/voids/1",
                 f"/rounds/{one.id}/people.xlsx"):  # fmt: skip
        second.get(path, 404)
    assert "答题作废待复核" not in second.get("/")
