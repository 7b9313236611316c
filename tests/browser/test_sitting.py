"""The page of a sitting in a real Chromium: answering, saving, handing in; wide, narrow, by keyboard."""

from __future__ import annotations

import gzip
import threading

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from accounts.signin.models import Account
from core.db import reading, transaction
from quiz.attempts.models import AttemptState
from tests.browser.desk import (
    ALL_RIGHT,
    LETTERS,
    Visit,
    answer_everything,
    answers,
    attempt,
    choose,
    expect_saved,
    fill_blanks,
    open_paper,
    openings,
    path,
)
from tests.browser.live import ThreadServer
from tests.browser.watch import assert_accessible, assert_no_sideways_scroll
from tests.quiz.sittings import Arranged, arrange_sitting, set_deadline

pytestmark = pytest.mark.browser

LIGHT = 100_000  # bytes, compressed


# --- from the first question to the receipt -----------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_a_paper_is_sat_to_its_receipt(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged, width: int, height: int
) -> None:
    page = open_paper(visit(live.url, sitting.person, width=width, height=height), sitting)
    assert_accessible(page)
    answer_everything(page)
    expect_saved(page)
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.locator("button:visible, a:visible", has_text="交卷").last.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("全部题目都已作答，现在交卷吗？")
    expect(dialog.locator(".btn-primary")).to_have_text("确认交卷")
    assert_accessible(page)
    dialog.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("heading", name="已交卷")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert answers(app, sitting) == ALL_RIGHT
    done = attempt(app, sitting)
    assert done.state is AttemptState.SCORED
    assert done.receipt is not None
    expect(page.locator("[data-slot=answers]")).to_have_text(done.receipt["answers"])
    assert page.evaluate("Object.keys(localStorage).length") == 0
    assert page.evaluate("caches.keys()") == []
    page.reload()
    expect(page.get_by_role("heading", name="已交卷")).to_be_visible()
    expect(page.get_by_text("8 / 8 题")).to_be_visible()


def test_the_answer_sheet_is_a_drawer_on_a_phone(
    visit: Visit, live: ThreadServer, sitting: Arranged
) -> None:
    page = open_paper(visit(live.url, sitting.person, width=360, height=740), sitting)
    expect(page.locator("nav.sg-sheet")).to_be_hidden()
    choose(page, "B")
    page.get_by_role("button", name="标记", exact=True).click()
    page.get_by_role("button", name="答题卡 1/8").click()
    drawer = page.get_by_role("dialog", name="答题卡")
    expect(drawer).to_contain_text("已答 1，未答 7，标记 1")
    expect(drawer.get_by_role("link", name="第 1 题，已答，已标记")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="答题卡 1/8").click()
    drawer.get_by_role("link", name="第 6 题，未答").click()
    expect(drawer).to_be_hidden()
    expect(page.get_by_text("第 6 题", exact=True)).to_be_visible()


def test_what_is_open_or_marked_is_shown_before_handing_in(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    page = open_paper(visit(live.url, sitting.person), sitting)
    choose(page, "B")
    page.get_by_role("link", name="第 3 题，未答").click()
    page.get_by_role("button", name="标记", exact=True).click()
    page.get_by_role("button", name="交卷", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("还有 7 题没有作答，现在交卷吗？")
    expect(dialog.locator(".btn-primary")).to_have_text("回去作答第 2 题")
    expect(dialog.locator("[data-slot=marked-jump]")).to_have_text("3")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="交卷", exact=True).click()
    dialog.get_by_role("button", name="回去作答第 2 题").click()
    expect(page.get_by_text("第 2 题", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="第 3 题，未答，已标记")).to_be_visible()
    expect(page.get_by_text("第 2 题", exact=True)).to_be_visible()
    assert attempt(app, sitting).marked == [3]


def test_a_cleared_answer_is_cleared_on_the_server_too(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    page = open_paper(visit(live.url, sitting.person), sitting)
    choose(page, "B")
    expect_saved(page)
    page.get_by_role("button", name="清除答案").click()
    expect(page.get_by_role("link", name="第 1 题，未答")).to_be_visible()
    expect_saved(page)
    assert answers(app, sitting) == {1: "null"}


def test_a_paper_is_sat_by_keyboard_alone(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    page = open_paper(visit(live.url, sitting.person), sitting)
    expect(page.locator("legend")).to_be_focused()
    press = page.keyboard.press
    for _question in range(3):
        press("2")
        press("ArrowRight")
    for _question in range(2):
        press("1")
        press("3")
        press("Enter")
    press("ArrowLeft")
    press(" ")
    expect(page.get_by_role("button", name="已标记")).to_have_attribute("aria-pressed", "true")
    press("ArrowRight")
    for _question in range(2):
        press("1")
        press("ArrowRight")
    press("Tab")
    expect(page.locator(".sg-blank input").first).to_be_focused()
    page.keyboard.type("二十")
    press("ArrowLeft")  # moves in the text, not to another question
    press("Tab")
    page.keyboard.type("工作日")
    expect(page.get_by_text("第 8 题", exact=True)).to_be_visible()
    page.get_by_role("button", name="检查并交卷").focus()
    press("Enter")
    expect(page.get_by_role("button", name="确认交卷")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("heading", name="已交卷")).to_be_visible()
    assert answers(app, sitting) == ALL_RIGHT


def test_the_text_grows_without_a_reload(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    page = open_paper(visit(live.url, sitting.person), sitting)
    page.locator("summary", has_text="字号").click()
    with page.expect_response("**/account/text-size"):
        page.get_by_role("button", name="特大字号").click()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    assert_no_sideways_scroll(page)
    assert openings(app) == 1
    with app.app_context():
        assert (
            reading()
            .scalars(select(Account.text_size).where(Account.person_id == sitting.person.id))
            .one()
            == "xl"
        )


def test_the_exam_page_is_light(visit: Visit, live: ThreadServer, sitting: Arranged) -> None:
    page = open_paper(visit(live.url, sitting.person), sitting)
    files = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    weight = {
        address: len(gzip.compress(page.request.get(address).body(), 6))
        for address in {page.url, *(name for name in files if "/api/" not in name)}
    }
    assert len(weight) > 30  # the page, its styles and its modules
    assert sum(weight.values()) < LIGHT, weight


# --- nothing is lost, nothing is done twice --------------------------------------------


def lose_answers(page: Page, pattern: str, times: int = 1) -> None:
    """Requests arrive, their responses do not."""
    lost: list[int] = []

    def lose(route: Route) -> None:
        if len(lost) < times:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route(pattern, lose)


def test_lost_responses_cost_nothing(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    context = visit(live.url, sitting.person, worker=False)
    page = context.new_page()
    lose_answers(page, "**/open")
    lose_answers(page, "**/answers")
    lose_answers(page, "**/api/**/submit")
    page.goto(path(sitting))
    expect(page.get_by_text("第 1 题", exact=True)).to_be_visible()
    assert (openings(app), attempt(app, sitting).epoch) == (1, 1)
    choose(page, "B")
    expect(page.locator("#save")).to_contain_text("1 题待上传")
    expect_saved(page)
    page.get_by_role("button", name="交卷", exact=True).click()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("heading", name="已交卷")).to_be_visible()
    assert answers(app, sitting) == {1: '"B"'}


def test_saved_is_said_only_after_the_acknowledgement(
    visit: Visit, live: ThreadServer, sitting: Arranged
) -> None:
    page = open_paper(visit(live.url, sitting.person, worker=False), sitting)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/answers", hold)
    choose(page, "B")
    page.wait_for_timeout(600)
    assert held
    expect(page.locator("#save")).to_have_text("正在保存")
    held[0].continue_()
    expect_saved(page)


def test_the_paper_hands_itself_in_at_the_deadline(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    with app.app_context(), transaction() as session:
        set_deadline(session, sitting.attempt_id, 6)
    page = open_paper(visit(live.url, sitting.person, worker=False), sitting)
    held: list[Route] = []  # the server is slow to answer, so that what is said meanwhile is seen
    is_slow = threading.Event()
    is_slow.set()

    def hold(route: Route) -> None:
        if is_slow.is_set():
            held.append(route)
        else:
            route.continue_()

    page.route("**/submit", hold)
    expect(page.locator(".sg-clock--last")).to_be_visible()
    choose(page, "B")
    expect(page.locator("#net")).to_contain_text("时间到，正在自动交卷")
    expect(page.locator(".sg-option input").first).to_be_disabled()
    assert_accessible(page)
    is_slow.clear()
    for route in held:
        route.continue_()
    expect(page.get_by_role("heading", name="已自动交卷")).to_be_visible()
    assert answers(app, sitting) == {1: '"B"'}
    assert attempt(app, sitting).state is AttemptState.SCORED


@pytest.mark.parametrize("minutes", [10, 5, 1])
def test_the_time_that_is_left_is_announced(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged, minutes: int
) -> None:
    page = open_paper(visit(live.url, sitting.person), sitting)
    with app.app_context(), transaction() as session:
        set_deadline(session, sitting.attempt_id, minutes * 60 + 2)
    choose(page, "B")
    expect_saved(page)
    expect(page.locator("#live")).to_have_text(f"还剩 {minutes} 分钟")


def test_a_paper_that_was_closed_meanwhile_says_so(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    page = open_paper(visit(live.url, sitting.person), sitting)
    choose(page, "B")
    expect_saved(page)
    with app.app_context(), transaction() as session:
        set_deadline(session, sitting.attempt_id, -60)
    page.keyboard.press("ArrowRight")
    choose(page, "C")
    expect(page.get_by_role("heading", name="这份试卷已经交卷")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("第 2 题的最后一次修改没有在交卷前送到")
    assert_accessible(page)
    assert answers(app, sitting) == {1: '"B"'}


def test_a_stranger_finds_no_paper(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    with app.app_context(), transaction() as session:
        other = arrange_sitting(session, person=None)
    page = visit(live.url, other.person).new_page()
    answer = page.goto(path(sitting))
    assert answer is not None
    assert answer.status == 404


# --- without JavaScript ------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_a_paper_is_sat_without_script(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged, width: int, height: int
) -> None:
    page = visit(live.url, sitting.person, width=width, height=height, script=False).new_page()
    page.goto(path(sitting))
    page.get_by_role("button", name="打开试卷").click()
    for letters in LETTERS:
        choose(page, *letters)
        page.locator("button:visible", has_text="下一题").last.click()
    fill_blanks(page, "二十", "工作日")
    page.locator("button:visible", has_text="交卷").last.click()
    expect(page.get_by_role("heading", name="全部题目都已作答，现在交卷吗？")).to_be_visible()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("heading", name="已交卷")).to_be_visible()
    assert answers(app, sitting) == ALL_RIGHT


def test_the_pages_for_browsers_without_script_are_accessible(
    visit: Visit, live: ThreadServer, sitting: Arranged
) -> None:
    page = visit(live.url, sitting.person, width=360, height=740).new_page()
    page.route("**/js/sitting/main.js", lambda route: route.abort())
    page.goto(path(sitting))
    assert_accessible(page)
    page.get_by_role("button", name="打开试卷").click()
    for address in ("?q=1&epoch=1", "?q=4&epoch=1", "?q=8&epoch=1", "/submit?epoch=1", "?epoch=7"):
        page.goto(path(sitting) + address)
        assert_accessible(page)
        assert_no_sideways_scroll(page)


def test_script_takes_over_a_page_that_was_opened_without(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    plain = visit(live.url, sitting.person, script=False).new_page()
    plain.goto(path(sitting))
    plain.get_by_role("button", name="打开试卷").click()
    choose(plain, "B")
    plain.locator("button:visible", has_text="下一题").last.click()
    page = visit(live.url, sitting.person).new_page()
    page.goto(f"{path(sitting)}?q=2&epoch=1")
    expect(page.get_by_role("link", name="第 1 题，已答")).to_be_visible()
    expect(page.get_by_text("第 2 题", exact=True)).to_be_visible()
    choose(plain, "C")
    plain.locator("button:visible", has_text="下一题").last.click()
    expect(plain.get_by_role("heading", name="这份试卷已在另一个窗口或设备上打开")).to_be_visible()
    assert answers(app, sitting) == {1: '"B"'}
    assert attempt(app, sitting).epoch == 2
