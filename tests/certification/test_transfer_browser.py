"""The decision in a real browser: the button follows the choice; without script it works too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from certification.transfers.rules import TransferState
from core import clock
from tests.browser.live import ThreadServer, free_port
from tests.browser.watch import (
    Watch,
    assert_accessible,
    assert_no_sideways_scroll,
    sign_in_here,
)
from tests.certification.posts import asked, seen, settle


@pytest.fixture
def server(app: Flask) -> Iterator[ThreadServer]:
    started = ThreadServer(app, free_port())
    started.start()
    yield started
    started.stop()


def _context(browser: Browser, server: ThreadServer, *, width: int, script: bool) -> BrowserContext:
    return browser.new_context(
        base_url=server.url, locale="zh-CN", timezone_id="Asia/Shanghai",
        viewport={"width": width, "height": 800}, java_script_enabled=script,
    )  # fmt: skip


def _fine(page: Page) -> None:
    assert_no_sideways_scroll(page)
    assert_accessible(page)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_button_says_what_it_will_do(
    app: Flask, server: ThreadServer, browser: Browser, width: int
) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, clock.today() + timedelta(days=30))
    context = _context(browser, server, width=width, script=True)
    watch = Watch(context, server.url)
    sign_in_here(context, app, posts.city.second, server.url)
    page = context.new_page()
    page.goto(f"/transfers/{transfer_id}")
    button = page.locator("form[data-decide] button[type=submit]")
    acknowledge = page.get_by_label("名持证备案人员")
    expect(button).to_have_text("提交决定")
    expect(acknowledge).to_be_hidden()
    page.get_by_text("不批准", exact=True).click()
    expect(button).to_have_text("不批准调岗")
    expect(acknowledge).to_be_hidden()
    page.get_by_text("作为例外批准", exact=True).click()
    expect(button).to_have_text("批准调岗")
    expect(acknowledge).to_be_visible()
    _fine(page)
    button.click()
    expect(page.locator(".sg-summary-error")).to_contain_text("请确认已知道调出后只剩 1 人持证备案")
    expect(page.locator("input[value=approve]")).to_be_checked()
    _fine(page)
    acknowledge.check()
    button.click()
    expect(page.locator(".sg-toast")).to_contain_text("已批准季分明调岗")
    assert seen(app, transfer_id).state is TransferState.APPROVED
    watch.check()
    context.close()


def test_without_script_the_choice_and_one_button_do_the_same(
    app: Flask, server: ThreadServer, browser: Browser
) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, clock.today() + timedelta(days=30))
    context = _context(browser, server, width=360, script=False)
    sign_in_here(context, app, posts.city.second, server.url)
    page = context.new_page()
    page.goto(f"/transfers/{transfer_id}")
    page.locator("input[value=refuse]").check()
    page.get_by_label("说明").fill("接替人还没有到岗")
    page.get_by_role("button", name="提交决定").click()
    expect(page.get_by_text("没有批准季分明调岗")).to_be_visible()
    assert seen(app, transfer_id).state is TransferState.REFUSED
    context.close()
