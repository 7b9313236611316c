"""Take the README's pictures of a running demo: ``python -m tools.screenshot --password P``.

Five pages at 1280 and 360 px: home of staff, a sitting, a result, a certificate, home of the office.
Start ``make run`` first: it prints the password. The sitting is that of ``--candidate``: it is
started where none runs, which uses one of their tries; so it is not D00001, whom newcomers try.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDE, NARROW = 1280, 360
HEIGHTS = {WIDE: 820, NARROW: 740}
OFFICE = "OFFICE01"
WHOLE = ("certificate", WIDE)  # shown to its foot
ANSWERED = 4  # questions that are answered in the picture of the sitting
PATIENCE_MS = 15_000


class Trouble(Exception):
    """Why there are no pictures, and what to do, in one line."""


def main() -> int:
    """Take the pictures; 1 and one line on standard error where that cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.screenshot",
        description="Take pictures of a running demo at 1280 and 360 px.",
    )
    parser.add_argument("--password", required=True, help="of the demo, printed by make run")
    parser.add_argument("--base", default="http://127.0.0.1:5000", help="address of the demo")
    parser.add_argument("--folder", type=Path, default=Path("instance/pictures"))
    parser.add_argument("--candidate", default="D00002", help="may sit the open exam")
    parser.add_argument("--certified", default="D00041", help="passed the past exam")
    options = parser.parse_args()
    try:
        for file in _pictures(options):
            print(f"{file} ({file.stat().st_size // 1000} kB)")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


def _pictures(options: argparse.Namespace) -> Iterator[Path]:
    try:
        from playwright.sync_api import Error

        from tests.chromium import Unavailable, launch
    except ImportError as error:
        raise Trouble(f"{error.name} is not installed: run make setup") from error
    options.folder.mkdir(parents=True, exist_ok=True)
    walks: tuple[tuple[str, Walk], ...] = (
        (options.candidate, _candidate), (options.certified, _certified), (OFFICE, _office),
    )  # fmt: skip
    try:
        with launch() as browser:
            for width in HEIGHTS:
                for staff_no, walk in walks:
                    page = _signed_in(browser, options, width, staff_no)
                    for name in walk(page):
                        file = options.folder / f"{name}-{width}.png"
                        page.screenshot(path=file, full_page=(name, width) == WHOLE)
                        yield file
                    page.context.close()
    except Unavailable as error:
        raise Trouble(str(error)) from error
    except Error as error:
        raise Trouble(_reason(options.base, error.message)) from error


def _reason(base: str, message: str) -> str:
    if "ERR_CONNECTION" in message:
        return f"Nothing answers at {base}: start it with make run, or name another with --base"
    return f"The demo at {base} does not look as expected: {' '.join(message.split())[:200]}"


def _signed_in(browser: Browser, options: argparse.Namespace, width: int, staff_no: str) -> Page:
    context = browser.new_context(
        base_url=options.base, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce",
        viewport={"width": width, "height": HEIGHTS[width]},
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("[name=staff_no]").fill(staff_no)
    page.locator("[name=password]").fill(options.password)
    with page.expect_navigation():
        page.locator("[name=password]").press("Enter")
    if page.url.endswith("/sign-in"):
        raise Trouble(f"{staff_no} cannot sign in at {options.base} with this password")
    return page


# --- what each person shows: go there, then name the picture ----------------------

Walk = Callable[["Page"], Iterator[str]]


def _candidate(page: Page) -> Iterator[str]:
    page.goto("/")
    yield "home"
    page.goto("/my/exams")
    page.get_by_role("link", name=re.compile("^(继续作答|考前说明)$")).first.click()
    option, start = page.locator(".sg-option"), page.locator("form[action$='/start'] button")
    option.or_(start).first.wait_for()
    if start.is_visible():
        start.click()
        option.first.wait_for()
    for _question in range(1, ANSWERED):
        page.keyboard.press("2")
        page.keyboard.press("ArrowRight")
    page.locator(".sg-option:not(:has(:checked))").first.click()
    page.locator("#save").get_by_text("已保存").wait_for()
    yield "exam"


def _certified(page: Page) -> Iterator[str]:
    page.goto("/my/exams")
    page.get_by_role("link", name="看成绩", exact=True).first.click()
    page.locator(".sg-verdict").wait_for()
    yield "result"
    page.get_by_role("link", name="查看证书", exact=True).click()
    page.locator(".sg-cert").wait_for()
    yield "certificate"


def _office(page: Page) -> Iterator[str]:
    page.goto("/")
    yield "office"


if __name__ == "__main__":
    sys.exit(main())
