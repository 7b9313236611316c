"""Pages of rounds, without a browser: what staff read before and after, what managers see and do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.people.models import Person
from config import Settings
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from quiz.opening.services import open_due
from quiz.rounds.models import QuizPlan, QuizRound
from quiz.rounds.rules import PlanState
from tests.factories import make_person, make_unit, sign_in
from tests.quiz.rounds import (
    World,
    arrange,
    at,
    begin,
    make_bank,
    make_world,
    moment,
    sit,
)
from tests.quiz.test_rounds_points import void_scored
from tests.statements import counted

NOON = moment(11, 24, 12)


@pytest.fixture(autouse=True)
def _noon(time_machine: Any) -> None:
    """Today is 24 November 2026."""
    time_machine.move_to(NOON, tick=False)


def page(app: Flask, person: Person, path: str, status: int = 200) -> str:
    client = app.test_client()
    sign_in(client, person)
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def post(client: FlaskClient, path: str, csrf: str, **data: Any) -> Any:
    return client.post(path, data={"csrf_token": csrf, **data})


def opened(app: Flask, **options: Any) -> tuple[World, QuizRound]:
    return arrange(app, now=NOON, **options)


# --- before -------------------------------------------------------------------------


def test_the_brief_says_what_to_know_and_offers_the_start(app: Flask) -> None:
    world, one = opened(app)
    html = page(app, world.staff, f"/rounds/{one.id}/brief")
    for said in ("第 1 轮定期答题", "2026年12月5日 24:00 截止，可分几次答完。", "20 题，每个人的题不一样",
                 "只有第一次交的计积分", "12 分，满分 20 分", "还可以答 2 次", "开始答题"):  # fmt: skip
        assert said in html
    assert "分钟" not in html


def test_a_start_leads_to_the_sitting_which_has_no_clock(app: Flask) -> None:
    world, one = opened(app)
    client = app.test_client()
    csrf = sign_in(client, world.staff)
    answer = post(client, f"/rounds/{one.id}/start", csrf)
    assert answer.status_code == 302
    sitting = client.get(answer.location).text
    assert "2026年12月5日 24:00 截止，可分几次答完。" in sitting
    assert "data-untimed" in sitting
    assert 'role="timer"' not in sitting
    assert "计时照常进行" not in sitting
    assert "分钟" not in sitting.replace("minutes_left", "").split("data-words")[0]
    # without script, too
    opened_ = post(client, f"{answer.location}/open", csrf, open_id="no-script-1", position=1)
    asked = client.get(opened_.location).text
    assert "第 1 题" in asked
    summary = client.get(f"{answer.location}/submit?epoch=1").text
    assert "2026年12月5日 24:00 截止，可以先离开，以后接着答。" in summary
    assert "还剩" not in summary
    assert "继续作答" in page(app, world.staff, f"/rounds/{one.id}/brief")


@pytest.mark.parametrize(
    ("roles", "posted", "sentence"),
    [
        ((Role.STAFF, Role.EDITOR), True, "您的工作能看到试题答案"),
        ((Role.STAFF,), False, "您现在没有在岗任职"),
    ],
)
def test_who_may_not_start_reads_why(
    app: Flask, roles: tuple[Role, ...], posted: bool, sentence: str
) -> None:
    _world, one = opened(app)
    with app.app_context(), transaction() as session:
        person = make_person(session, *roles, unit=make_unit(session) if posted else None)
    html = page(app, person, f"/rounds/{one.id}/brief")
    assert sentence in html
    assert "开始答题</button>" not in html
    client = app.test_client()
    refused = post(client, f"/rounds/{one.id}/start", sign_in(client, person))
    assert refused.status_code == 409
    assert sentence in refused.text


def test_after_the_end_the_brief_leads_to_the_result_and_an_overdue_try_is_closed(
    app: Flask, time_machine: Any
) -> None:
    world, one = opened(app)
    attempt_id = begin(app, one, world.staff, now=NOON)
    time_machine.move_to(moment(12, 6, 0, 2), tick=False)
    html = page(app, world.staff, f"/rounds/{one.id}/brief")
    assert "这一轮已于 2026年12月5日 24:00 截止" in html
    assert f"/rounds/results/{attempt_id}" in html
    assert "（到时自动交卷）" in page(app, world.staff, f"/rounds/results/{attempt_id}")


# --- after --------------------------------------------------------------------------


def test_the_result_shows_points_with_their_line_and_every_answer_explained(app: Flask) -> None:
    world, one = opened(app)
    attempt_id = sit(app, one, world.staff, right=17, now=NOON)
    html = page(app, world.staff, f"/rounds/results/{attempt_id}")
    for said in ("达标", "积分 17 分已记入明细", "答对 17 题，共 20 题，每题 1 分", "+17",
                 "第 1 期（2026年11月–12月）", "解析", "答错了"):  # fmt: skip
        assert said in html
    assert html.count('class="sg-review"') == 3
    assert (
        page(app, world.staff, f"/rounds/results/{attempt_id}?show=all").count('sg-review"') == 20
    )
    for stranger in (world.other, world.office):
        path = f"/rounds/results/{attempt_id}"
        page(app, stranger, path, 403 if stranger is world.office else 404)


def test_a_second_try_says_that_the_first_counts(app: Flask) -> None:
    world, one = opened(app)
    first = sit(app, one, world.staff, right=3, now=NOON)
    assert "再答一次" in page(app, world.staff, f"/rounds/results/{first}")
    second = sit(app, one, world.staff, right=20, now=NOON)
    html = page(app, world.staff, f"/rounds/results/{second}")
    assert "不计积分</strong>" in html
    assert "计积分的是第一次交的：3 分" in html
    assert "再答一次" not in html


def test_a_void_try_says_so_and_its_points_are_taken_back(app: Flask) -> None:
    world, one = opened(app)
    attempt_id = sit(app, one, world.staff, right=9, now=NOON)
    void_scored(app, world, attempt_id, now=NOON)
    html = page(app, world.staff, f"/rounds/results/{attempt_id}")
    for said in ("已作废", "冲回：这次作答已作废", "-9"):
        assert said in html
    assert "解析" not in html


def test_a_try_under_way_leads_back_to_its_paper(app: Flask) -> None:
    world, one = opened(app)
    attempt_id = begin(app, one, world.staff, now=NOON)
    client = app.test_client()
    sign_in(client, world.staff)
    answer = client.get(f"/rounds/results/{attempt_id}")
    assert answer.location == f"/attempts/{attempt_id}"


# --- managers ------------------------------------------------------------------------


def test_rounds_are_listed_with_participation_and_share_on_target(app: Flask) -> None:
    world, one = opened(app)
    sit(app, one, world.staff, right=17, now=NOON)
    begin(app, one, world.other, now=NOON)
    html = page(app, world.office, "/rounds")
    assert "第 1 轮定期答题" in html
    assert "1 / 2 人，50%" in html
    shown = page(app, world.office, f"/rounds/{one.id}")
    for said in ("开放中", "占 50%", "单选，易", "12 分，满分 20 分；答对 12 题", "补开"):
        assert said in shown


def test_a_coordinator_sees_the_own_units_only(app: Flask) -> None:
    world, one = opened(app)
    sit(app, one, world.staff, right=17, now=NOON)
    with app.app_context(), transaction() as session:
        elsewhere = make_unit(session)
        person = make_person(session, Role.COORDINATOR, unit=elsewhere)
        make_person(session, unit=elsewhere)
    assert "0 / 1 人，0%" in page(app, person, "/rounds")
    assert "1 / 3 人，33%" in page(app, world.office, "/rounds")
    assert "新建答题计划" not in page(app, person, "/rounds/plan")


@pytest.mark.parametrize("path", ["/rounds", "/rounds/{id}"])
def test_a_page_of_managers_costs_the_same_with_many_people_and_rounds(
    app: Flask, path: str, time_machine: Any
) -> None:
    world, one = opened(app, every=1)

    def cost() -> int:
        client = app.test_client()
        sign_in(client, world.office)
        with counted(app) as log:
            assert client.get(path.format(id=one.id)).status_code == 200
        return len(log)

    before = cost()
    for month, year in ((12, 2026), (1, 2027), (2, 2027)):
        time_machine.move_to(moment(month, 3, year=year), tick=False)
        with app.app_context(), transaction() as session:
            unit = make_unit(session)
            for _number in range(10):
                make_person(session, unit=unit)
            assert open_due(session, clock.now())
    assert cost() == before


def test_the_round_list_of_staff_costs_three_statements(app: Flask) -> None:
    from core.viewer import Viewer
    from quiz.rounds.queries import round_entries

    world, one = opened(app)
    sit(app, one, world.staff, right=3, now=NOON)
    viewer = Viewer(world.staff.id, "T1", "文知新", 1, "", "", {Role.STAFF: None})
    with counted(app) as log, app.app_context():
        (entry,) = round_entries(reading(), viewer, NOON)
    assert len(log) == 3
    assert (entry.tries_left, entry.right, entry.earned, entry.is_on_target) == (1, 3, 3, False)
    assert entry.may_start


# --- the plan -------------------------------------------------------------------------


@pytest.fixture
def office(app: Flask) -> Person:
    """Somebody of the office in a city with a bank, and no plan."""
    with app.app_context(), transaction() as session:
        make_bank(session)
        return make_person(session, Role.OFFICE, unit=make_unit(session))


def test_a_plan_is_made_shown_and_ended(app: Flask, office: Person) -> None:
    client = app.test_client()
    csrf = sign_in(client, office)
    assert "新建答题计划" in client.get("/rounds/plan").text
    answer = post(client, "/rounds/plan", csrf, title="定期答题", first_month="2027-01",
                  every_months="2")  # fmt: skip
    assert answer.status_code == 302
    html = client.get("/rounds/plan").text
    for said in ("在用", "每 2 个月一轮，从 2027年1月起", "全部", "2027年1月1日 00:00",
                 "2027年2月5日 24:00", "2027年3月1日 00:00", "2027年5月1日 00:00"):  # fmt: skip
        assert said in html
    assert "结束“定期答题”？" in client.get("/rounds/plan/end").text
    assert post(client, "/rounds/plan/end", csrf, plan="1").status_code == 302
    with app.app_context():
        assert reading().scalars(select(QuizPlan)).one().state is PlanState.ENDED
    assert client.get("/rounds/plan/end").status_code == 404


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"title": " "}, "请填写名称"),
        ({"title": "长" * 65}, "最多 64 个字"),
        ({"every_months": "两个"}, "每几个月一轮要填整数"),
        ({"every_months": "13"}, "填 1 到 12 的整数"),
        ({"every_months": ""}, "请填写每几个月一轮"),
        ({"first_month": "2026-10"}, "这个月开放的一轮已经截止"),
        ({"first_month": "2020-01"}, "请从列出的月份里选"),
        ({"topics": "999"}, "有一项已经不能选，请重新选择"),
    ],
)
def test_a_refused_plan_keeps_what_was_typed(
    app: Flask, office: Person, sent: dict[str, str], sentence: str
) -> None:
    client = app.test_client()
    csrf = sign_in(client, office)
    form = {"title": "每月一答", "first_month": "2027-01", "every_months": "3"} | sent
    answer = post(client, "/rounds/plan", csrf, **form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "没有建成，还差几处。填的内容还在。" in answer.text
    if "title" not in sent:
        assert 'value="每月一答"' in answer.text
    with app.app_context():
        assert list(reading().scalars(select(QuizPlan))) == []


def test_a_second_plan_at_once_is_told_of_the_first(app: Flask, office: Person) -> None:
    with app.app_context(), transaction() as session:
        make_world(session, now=NOON, bank=False)
    client = app.test_client()
    answer = post(client, "/rounds/plan", sign_in(client, office), title="再来一个",
                  first_month="2027-01", every_months="2")  # fmt: skip
    assert answer.status_code == 409
    assert "已经有一个在用的答题计划" in answer.text


def test_the_plan_page_says_when_the_bank_is_short_or_empty(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        from question_bank.questions.models import Difficulty, QuestionType

        topic = make_bank(session, [(QuestionType.SINGLE, Difficulty.EASY, 3)])
        world = make_world(session, now=NOON, bank=False, topic_ids=[topic])
    html = page(app, world.office, "/rounds/plan")
    assert "每轮应有 20 题，题库现在只有 3 题可用" in html


def test_the_plan_page_says_when_there_is_no_question_at_all(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        world = make_world(session, now=NOON, bank=False)
    assert "没有题，到开放日也不会开放" in page(app, world.office, "/rounds/plan")


def test_switched_off_the_pages_are_not_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    world, one = opened(app)
    settings: Settings = app.extensions["settings"]
    monkeypatch.setitem(app.extensions, "settings", replace(settings, points=False))
    for path in ("/rounds", "/rounds/plan", f"/rounds/{one.id}"):
        page(app, world.office, path, 404)
    page(app, world.staff, f"/rounds/{one.id}/brief", 404)
    with at(NOON):
        client = app.test_client()
        assert (
            post(client, f"/rounds/{one.id}/start", sign_in(client, world.staff)).status_code == 404
        )
