"""A short answer on material in a real Chromium: typed on a phone, kept offline, marked, seen."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from accounts.people.models import Person
from certification.blueprints.rules import Row
from core import clock
from core.db import transaction
from core.permissions import Role
from question_bank.questions.models import QuestionType
from quiz.attempts.services import start
from tests.browser.desk import Visit, choose, expect_saved, in_bad_weather, wait_until_kept
from tests.browser.live import ThreadServer
from tests.browser.watch import assert_accessible, assert_no_sideways_scroll
from tests.certification.world import make_city, make_exam
from tests.factories import make_person, make_question

pytestmark = pytest.mark.browser

CASE = "某市民申请公开一份会议纪要。\n机关认为它是内部信息，没有答复。"
TEXT = "一、先登记。\n二、二十个工作日内答复。"


def _arrange(app: Flask) -> tuple[Person, Person, int]:
    """A candidate at a paper of one choice and one short answer on a case, a reviewer, the attempt."""
    with app.app_context(), transaction() as session:
        city = make_city(session)
        make_question(
            session, city.editor, city.topic, type_=QuestionType.SHORT_ANSWER, passage=CASE,
            stem="机关的做法对不对？为什么？",
        )  # fmt: skip
        rows = (
            Row(city.topic.id, "single", "easy", 1, 10),
            Row(city.topic.id, "short_answer", None, 1, 10),
        )
        exam = make_exam(session, city, rows=rows, pass_mark=10)
        reviewer = make_person(session, Role.REVIEWER, unit=city.root)
        assert exam.occasion_id is not None
        attempt, _new = start(
            session, occasion_id=exam.occasion_id, person_id=city.staff.id, now=clock.now()
        )
    return city.staff, reviewer, attempt.id


def _type_without_network(page: Page) -> None:
    """Two lines, a reload, and the final text: all kept on the phone."""
    box = page.get_by_label("您的答案")
    box.fill("草稿")
    box.press("End")
    box.press("Enter")  # a new line, not the next question
    box.press_sequentially("第二行")
    expect(page.locator("#save")).to_have_text("1 题待上传")
    page.reload()
    expect(box).to_have_value("草稿\n第二行")
    box.fill(TEXT)


def _hand_in(page: Page) -> None:
    page.locator("button:visible, a:visible", has_text="交卷").last.click()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_text("评完以后出成绩")).to_be_visible()
    page.get_by_role("link", name="查看结果").click()
    expect(page.get_by_text("等待阅卷")).to_be_visible()
    assert_accessible(page)


def _mark(desk: Page) -> None:
    """From the first page to the last answer, by keyboard at the end."""
    desk.goto("/")
    desk.get_by_role("link", name="开始阅卷").click()
    desk.get_by_role("link", name="阅卷：").click()
    assert_accessible(desk)
    desk.get_by_role("link", name="开始评分").click()
    expect(desk.locator(".sg-essay-text")).to_have_text(TEXT)
    assert_accessible(desk)
    desk.get_by_label("评语").fill("要点齐全。")
    desk.get_by_label("分数").fill("9.5")
    desk.get_by_label("分数").press("Enter")
    expect(desk.get_by_text("这道题的答卷都评完了。")).to_be_visible()


def test_a_short_answer_from_the_phone_to_the_result(
    visit: Visit, live: ThreadServer, app: Flask
) -> None:
    candidate, reviewer, attempt_id = _arrange(app)
    phone = in_bad_weather(visit(live.url, candidate, width=360, height=740))
    page = phone.new_page()
    page.goto(f"/attempts/{attempt_id}")
    choose(page, "A")
    expect_saved(page)
    expect(page.locator(".sg-material")).to_be_hidden()
    page.locator("button:visible", has_text="下一题").click()
    material = page.locator(".sg-material__text")
    expect(material).to_contain_text("某市民申请公开一份会议纪要")
    assert_accessible(page)
    wait_until_kept(page)
    phone.set_offline(True)
    _type_without_network(page)
    page.locator("summary", has_text="材料").click()
    expect(material).to_be_hidden()
    assert_no_sideways_scroll(page)
    phone.set_offline(False)
    expect_saved(page)
    page.locator("button:visible", has_text="上一题").click()
    page.locator("button:visible", has_text="下一题").click()
    expect(material).to_be_hidden()  # folded away, it stays so
    _hand_in(page)
    _mark(visit(live.url, reviewer).new_page())
    page.goto(f"/results/{attempt_id}?show=all")
    for said in ("得 9.5 / 10 分", "要点齐全。", "二十个工作日内答复"):
        expect(page.get_by_text(said)).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
