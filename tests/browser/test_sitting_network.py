"""A sitting in bad weather: no network, a killed server, lost answers, refusals."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, Request, Route, expect

from core.db import transaction
from quiz.attempts.models import AttemptState
from tests.browser.desk import (
    ALL_RIGHT,
    Visit,
    answer_everything,
    answers,
    attempt,
    choose,
    expect_saved,
    hand_in,
    in_bad_weather,
    open_paper,
    openings,
    path,
    wait_until_kept,
)
from tests.browser.live import ProcessServer, ThreadServer
from tests.browser.watch import assert_accessible, assert_no_sideways_scroll
from tests.quiz.sittings import Arranged, set_deadline

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_the_network_is_cut_the_page_reloaded_and_nothing_lost(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged, width: int, height: int
) -> None:
    context = in_bad_weather(visit(live.url, sitting.person, width=width, height=height))
    page = open_paper(context, sitting)
    choose(page, "C")
    expect_saved(page)
    wait_until_kept(page)

    context.set_offline(True)
    answer_everything(page)
    expect(page.locator("#save")).to_have_text("8 题待上传")
    expect(page.locator("#net")).to_contain_text("网络已断开，可以继续答题。")
    expect(page.locator("#net")).to_contain_text("刷新页面也不会丢")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert answers(app, sitting) == {1: '"C"'}

    page.reload()
    expect(page.get_by_text("第 8 题", exact=True)).to_be_visible()
    expect(page.locator(".sg-blank input").last).to_have_value("工作日")
    expect(page.locator("#save")).to_have_text("8 题待上传")
    page.keyboard.press("Escape")
    page.locator("button:visible", has_text="上一题").click()
    choose(page, "B")
    choose(page, "A")

    context.set_offline(False)
    expect_saved(page)
    expect(page.locator("#net")).to_be_hidden()
    assert answers(app, sitting) == ALL_RIGHT
    assert (openings(app), attempt(app, sitting).epoch) == (1, 1)
    page.locator("button:visible", has_text="下一题").click()
    hand_in(page)
    assert attempt(app, sitting).state is AttemptState.SCORED


def test_unsent_answers_go_on_after_a_reload_with_network(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    context = in_bad_weather(visit(live.url, sitting.person, worker=False))
    page = open_paper(context, sitting)
    page.route("**/answers", lambda route: route.abort())
    choose(page, "B")
    expect(page.locator("#save")).to_have_text("1 题待上传")
    page.unroute("**/answers")
    page.reload()
    expect_saved(page)
    assert answers(app, sitting) == {1: '"B"'}
    assert attempt(app, sitting).epoch == 2


def test_the_server_is_killed_while_it_saves(
    visit: Visit, live_process: ProcessServer, app: Flask, sitting: Arranged
) -> None:
    context = in_bad_weather(visit(live_process.url, sitting.person))
    page = open_paper(context, sitting)
    choose(page, "B")
    expect_saved(page)
    acknowledged = answers(app, sitting)
    page.keyboard.press("ArrowRight")
    choose(page, "C")
    live_process.kill()
    choose(page, "B")
    expect(page.locator("#save")).to_have_text("1 题待上传")
    expect(page.locator("#net")).to_contain_text("可以继续答题")
    assert acknowledged.items() <= answers(app, sitting).items()
    live_process.start()
    expect_saved(page)
    assert answers(app, sitting) == {1: '"B"', 2: '"B"'}
    hand_in(page)
    assert attempt(app, sitting).state is AttemptState.SCORED


def test_a_paper_opens_by_itself_when_the_server_is_back(
    visit: Visit, live: ThreadServer, sitting: Arranged
) -> None:
    context = in_bad_weather(visit(live.url, sitting.person, worker=False))
    page = context.new_page()
    blocked = True

    def block(route: Route) -> None:
        route.abort() if blocked else route.continue_()

    page.route("**/open", block)
    page.goto(path(sitting))
    expect(page.get_by_text("正在打开试卷")).to_be_visible()
    expect(page.locator("#net")).to_contain_text("现在打不开试卷，联网后会自动打开")
    expect(page.locator("#clock")).to_contain_text("截止")  # not started
    blocked = False
    expect(page.get_by_text("第 1 题", exact=True)).to_be_visible()
    expect(page.locator("#clock")).to_contain_text("还剩")
    expect(page.locator("#net")).to_be_hidden()


def test_the_loss_of_the_network_is_said_before_an_answer_waits(
    visit: Visit, live: ThreadServer, sitting: Arranged
) -> None:
    context = in_bad_weather(visit(live.url, sitting.person))
    page = open_paper(context, sitting)
    context.set_offline(True)
    expect(page.locator("#net")).to_contain_text("答案会先存在本机，联网后自动上传")
    expect(page.locator("#save")).to_have_text("网络已断开")
    context.set_offline(False)
    expect(page.locator("#net")).to_be_hidden()


def test_time_runs_out_without_network(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    context = in_bad_weather(visit(live.url, sitting.person))
    with app.app_context(), transaction() as session:
        set_deadline(session, sitting.attempt_id, 5)
    page = open_paper(context, sitting)
    choose(page, "B")
    expect_saved(page)
    context.set_offline(True)
    page.keyboard.press("ArrowRight")
    choose(page, "C")
    expect(page.locator("#net")).to_contain_text("时间到，正在自动交卷")
    expect(page.locator("#net")).to_contain_text("会一直重试")
    context.set_offline(False)
    expect(page.get_by_role("heading", name="已自动交卷")).to_be_visible()
    assert answers(app, sitting) == {1: '"B"', 2: '"C"'}  # within the grace


# --- what the server may say --------------------------------------------------------------


def answer_once(page: Page, pattern: str, status: int, code: str, **extra: object) -> list[Request]:
    """The first request gets this problem document; what comes later goes to the server."""
    seen: list[Request] = []

    def answer(route: Route) -> None:
        seen.append(route.request)
        if len(seen) > 1:
            route.continue_()
            return
        document = {"status": status, "code": code, "detail": "第 1 题的答案不合规格", "acked": []}
        route.fulfill(
            status=status, json={**document, **extra}, content_type="application/problem+json"
        )

    page.route(pattern, answer)
    return seen


def test_an_answer_that_the_server_misses_is_sent_again_with_the_paper(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    page = open_paper(visit(live.url, sitting.person, worker=False), sitting)
    choose(page, "B")
    expect_saved(page)
    seen = answer_once(page, "**/api/**/submit", 409, "missing", positions=[1])
    hand_in(page)
    assert [(request.post_data_json or {})["ops"] for request in seen] == [
        [],
        [{"position": 1, "seq": 1, "value": "B"}],
    ]
    assert answers(app, sitting) == {1: '"B"'}


def test_a_conflict_is_told_plainly(visit: Visit, live: ThreadServer, sitting: Arranged) -> None:
    page = open_paper(visit(live.url, sitting.person, worker=False), sitting)
    answer_once(page, "**/answers", 409, "conflict", positions=[1])
    choose(page, "B")
    expect(page.locator("#net")).to_contain_text("同一题在另一个窗口里有不同的答案")
    page.get_by_role("button", name="在此继续").click()
    expect_saved(page)


def test_one_answer_that_is_refused_does_not_hold_up_the_others(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    page = open_paper(visit(live.url, sitting.person, worker=False), sitting)
    answer_once(page, "**/answers", 422, "invalid")
    choose(page, "B")
    expect(page.locator("#net")).to_contain_text("第 1 题没有存上。")
    page.keyboard.press("ArrowRight")
    choose(page, "C")
    expect(page.get_by_role("link", name="第 2 题，已答")).to_be_visible()
    expect_saved(page)
    assert answers(app, sitting) == {2: '"C"'}


def test_an_outdated_token_is_renewed_without_a_word(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    context = visit(live.url, sitting.person)
    context.add_init_script("""
        const real = window.fetch;
        let first = true;
        window.fetch = (address, options) => {
          const isUnsafe = Boolean(options?.headers?.["X-CSRFToken"]);
          if (isUnsafe && first) options.headers["X-CSRFToken"] = "outdated";
          first = first && !isUnsafe;
          return real(address, options);
        };
    """)
    page = open_paper(context, sitting)
    choose(page, "B")
    expect_saved(page)
    assert openings(app) == 1
