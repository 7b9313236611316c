"""A sitting in several windows, on several devices, and by whom: newest wins, nothing is overwritten."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Error, expect
from sqlalchemy import update

from accounts.signin.models import LoginSession
from core import clock
from core.db import transaction
from tests.browser.desk import (
    Visit,
    answers,
    attempt,
    choose,
    expect_saved,
    in_bad_weather,
    open_paper,
    path,
    wait_until_kept,
)
from tests.browser.live import ThreadServer
from tests.browser.watch import assert_accessible, sign_in_here
from tests.factories import make_person
from tests.quiz.sittings import Arranged

pytestmark = pytest.mark.browser


# --- two windows ----------------------------------------------------------------------


def test_the_older_window_is_read_only_and_can_go_on(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    context = visit(live.url, sitting.person)
    first = open_paper(context, sitting)
    choose(first, "B")
    expect_saved(first)
    second = open_paper(context, sitting)
    expect(second.get_by_role("link", name="第 1 题，已答")).to_be_visible()
    expect(first.locator("#net")).to_contain_text("这里只能查看")
    expect(first.locator(".sg-option input").first).to_be_disabled()
    assert_accessible(first)
    choose(second, "D")
    expect_saved(second)

    first.bring_to_front()
    first.get_by_role("button", name="在此继续").click()
    expect(first.locator(".sg-option input").nth(3)).to_be_checked()
    expect(second.locator("#net")).to_contain_text("这里只能查看")
    choose(first, "C")
    expect_saved(first)
    assert answers(app, sitting) == {1: '"C"'}
    assert attempt(app, sitting).epoch == 3


def test_another_device_is_told_of_by_the_server(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    desk = open_paper(visit(live.url, sitting.person), sitting)
    phone = open_paper(visit(live.url, sitting.person, width=360, height=740), sitting)
    choose(phone, "C")
    expect_saved(phone)
    choose(desk, "B")
    expect(desk.locator("#net")).to_contain_text("这份试卷已在另一个窗口或设备上打开")
    assert answers(app, sitting) == {1: '"C"'}


@pytest.mark.parametrize(("mine", "kept"), [(True, '"B"'), (False, '"C"')])
def test_where_both_changed_the_candidate_chooses(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged, mine: bool, kept: str
) -> None:
    desk = open_paper(in_bad_weather(visit(live.url, sitting.person)), sitting)
    desk.context.set_offline(True)
    choose(desk, "B")
    desk.keyboard.press("ArrowRight")
    choose(desk, "D")
    expect(desk.locator("#save")).to_have_text("2 题待上传")
    phone = open_paper(visit(live.url, sitting.person, width=360, height=740), sitting)
    choose(phone, "C")
    expect_saved(phone)

    desk.context.set_offline(False)
    expect(desk.locator("#net")).to_contain_text("这里只能查看")
    desk.reload()
    dialog = desk.get_by_role("dialog", name="有的题在别处改过，用哪个答案？")
    expect(dialog).to_contain_text("第 1 题")
    expect(dialog.locator("[data-slot=mine]")).to_have_text("B 15 个工作日")
    expect(dialog.locator("[data-slot=theirs]")).to_have_text("C 20 个工作日")
    assert_accessible(desk)
    desk.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    if mine:
        dialog.get_by_label("本机上没上传的答案").check()
    dialog.get_by_role("button", name="用选定的答案").click()
    expect_saved(desk)
    assert answers(app, sitting) == {1: kept, 2: '"D"'}


def test_without_network_one_window_of_a_device_writes(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    context = in_bad_weather(visit(live.url, sitting.person))
    first = open_paper(context, sitting)
    wait_until_kept(first)
    context.set_offline(True)
    choose(first, "B")
    second = context.new_page()
    second.goto(path(sitting))
    expect(second.locator("#net")).to_contain_text("正在本机的另一个窗口里作答")
    expect(second.locator(".sg-option input").first).to_be_disabled()
    expect(second.locator(".sg-option input").nth(1)).to_be_checked()
    choose(first, "C")
    first.close()
    expect(second.locator(".sg-option input").first).to_be_enabled(timeout=15_000)
    expect(second.locator(".sg-option input").nth(2)).to_be_checked()
    choose(second, "D")
    context.set_offline(False)
    expect_saved(second)
    assert answers(app, sitting) == {1: '"D"'}
    assert attempt(app, sitting).epoch == 1


# --- who sits here ----------------------------------------------------------------------


def end_sign_ins(app: Flask, sitting: Arranged) -> None:
    with app.app_context(), transaction() as session:
        session.execute(
            update(LoginSession)
            .where(LoginSession.person_id == sitting.person.id)
            .values(revoked_at=clock.now())
        )


def test_an_ended_sign_in_is_renewed_beside_the_page(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    context = visit(live.url, sitting.person)
    page = open_paper(context, sitting)
    end_sign_ins(app, sitting)
    choose(page, "B")
    expect(page.locator("#net")).to_contain_text("登录已结束，答案都在本机。")
    link = page.get_by_role("link", name="重新登录")
    expect(link).to_have_attribute("href", "/sign-in")
    expect(link).to_have_attribute("target", "_blank")
    assert_accessible(page)
    page.keyboard.press("ArrowRight")
    choose(page, "C")
    expect(page.locator("#save")).to_have_text("2 题待上传")
    sign_in_here(context, app, sitting.person, live.url)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect_saved(page)
    expect(page.locator("#net")).to_be_hidden()
    assert answers(app, sitting) == {1: '"B"', 2: '"C"'}
    assert attempt(app, sitting).epoch == 1


def test_another_person_finds_no_paper_and_the_owner_the_unsent_answers(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    with app.app_context(), transaction() as session:
        other = make_person(session)
    context = in_bad_weather(visit(live.url, sitting.person))
    page = open_paper(context, sitting)
    wait_until_kept(page)
    page.route("**/answers", lambda route: route.abort())
    choose(page, "B")
    expect(page.locator("#save")).to_have_text("1 题待上传")
    page.unroute("**/answers")
    context.clear_cookies()
    sign_in_here(context, app, other, live.url)
    page.keyboard.press("ArrowRight")
    choose(page, "C")
    expect(page.get_by_role("heading", name="现在登录的是另一个人")).to_be_visible()
    expect(page.locator(".sg-option")).to_have_count(0)
    assert page.evaluate("caches.keys()") == []
    assert "题" not in page.evaluate("JSON.stringify(localStorage)")

    context.clear_cookies()
    sign_in_here(context, app, sitting.person, live.url)
    page.reload()
    expect_saved(page)
    assert answers(app, sitting) == {1: '"B"', 2: '"C"'}


def test_signing_in_or_out_throws_the_kept_paper_away(
    visit: Visit, live: ThreadServer, app: Flask, sitting: Arranged
) -> None:
    context = in_bad_weather(visit(live.url, sitting.person))
    page = open_paper(context, sitting)
    wait_until_kept(page)
    elsewhere = context.new_page()
    elsewhere.goto("/")
    elsewhere.locator("summary.sg-who").click()
    elsewhere.get_by_role("button", name="退出").click()
    elsewhere.wait_for_url("**/sign-in*")
    assert elsewhere.evaluate("caches.keys()") == []
    context.set_offline(True)
    with pytest.raises(Error, match="ERR_"):
        elsewhere.goto(path(sitting))
