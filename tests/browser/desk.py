"""What a candidate does at the page of a sitting, and what the server has of it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select

from core.db import reading
from quiz.attempts.models import Answer, Attempt, Opening
from tests.quiz.sittings import Arranged

Visit = Callable[..., BrowserContext]
ALL_RIGHT = {
    1: '"B"', 2: '"B"', 3: '"B"', 4: '["A","C"]', 5: '["A","C"]', 6: "true", 7: "true",
    8: '["二十","工作日"]',
}  # fmt: skip

LETTERS: tuple[tuple[str, ...], ...] = (
    ("B",), ("B",), ("B",), ("A", "C"), ("A", "C"), ("A",), ("A",),
)  # fmt: skip


def answers(app: Flask, sitting: Arranged) -> dict[int, str]:
    """What the server has: position → value as JSON."""
    with app.app_context():
        rows = reading().execute(
            select(Answer.position, Answer.value).where(Answer.attempt_id == sitting.attempt_id)
        )
        return {row.position: row.value for row in rows}


def attempt(app: Flask, sitting: Arranged) -> Attempt:
    with app.app_context():
        found = reading().get(Attempt, sitting.attempt_id)
        assert found is not None
        return found


def openings(app: Flask) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(Opening)) or 0


def path(sitting: Arranged) -> str:
    return f"/attempts/{sitting.attempt_id}"


def open_paper(context: BrowserContext, sitting: Arranged) -> Page:
    """A tab with the opened paper."""
    page = context.new_page()
    page.goto(path(sitting))
    expect(page.get_by_text("第 1 题", exact=True)).to_be_visible()
    return page


def expect_saved(page: Page) -> None:
    expect(page.locator("#save")).to_contain_text("已保存")


def choose(page: Page, *letters: str) -> None:
    for letter in letters:
        page.locator(".sg-option", has=page.locator(f'[data-slot=key]:text-is("{letter}")')).click()


def fill_blanks(page: Page, *texts: str) -> None:
    for number, text in enumerate(texts):
        page.locator(".sg-blank input").nth(number).fill(text)


def answer_everything(page: Page) -> None:
    """All questions rightly, from the first to the last, by the buttons."""
    for letters in LETTERS:
        choose(page, *letters)
        page.locator("button:visible", has_text="下一题").click()
    fill_blanks(page, "二十", "工作日")


def in_bad_weather(context: BrowserContext) -> BrowserContext:
    """This test cuts or kills something: failed requests are meant."""
    context.watch.expects_failures = True  # type: ignore[attr-defined]
    return context


def wait_until_kept(page: Page) -> None:
    """Until a reload without network would work."""
    page.wait_for_function(
        "caches.match(location.pathname).then((page) => page && caches.match(location.pathname + '/paper'))"
    )
    page.wait_for_timeout(300)


def hand_in(page: Page) -> None:
    page.locator("button:visible, a:visible", has_text="交卷").last.click()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("heading", name="已交卷")).to_be_visible()
