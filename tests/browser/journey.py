"""One person at a browser of their own, who signs in, reads, presses and answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.browser.watch import Watch, assert_accessible, assert_no_sideways_scroll

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator

    from tests.browser.office_workbook import Row


class Visitor:
    """A tab of ``context`` at the site ``base``; every page that is visited is looked at."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context, self.base = context, base
        self.page = context.new_page()
        self.watch: Watch = context.watch  # type: ignore[attr-defined]

    def sign_in(self, staff_no: str, password: str) -> None:
        """Through the real page, to the home page."""
        self.page.goto("/sign-in")
        self.page.get_by_label("工号").fill(staff_no)
        self.page.get_by_label("密码", exact=True).fill(password)
        self.press("登录")
        self.page.wait_for_url(f"{self.base}/")
        self.look()

    def visit(self, address: str) -> None:
        """Open an address and look at the page."""
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{answer.status} at {address}"
        self.look()

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """Press the button of this name."""
        place = within or self.page
        place.get_by_role("button", name=name, exact=True).filter(visible=True).first.click()

    def go(self, name: str, *, within: Locator | None = None) -> None:
        """Follow the link of this name and look at the page it leads to."""
        place = within or self.page
        place.get_by_role("link", name=name, exact=True).filter(visible=True).first.click()
        self.look()

    def follow(self, beginning: str) -> None:
        """Follow the link whose words begin like this and look at the page it leads to."""
        name = re.compile(f"^{re.escape(beginning)}")
        self.page.get_by_role("link", name=name).filter(visible=True).first.click()
        self.look()

    def reads(self, *sentences: str) -> None:
        """Wait until each of these can be seen on the page."""
        for sentence in sentences:
            self.page.get_by_text(sentence).filter(visible=True).first.wait_for()

    def look(self) -> None:
        """Axe and the width of the page as it stands; what they find fails the test at its end."""
        self.page.wait_for_load_state()
        for judge in (assert_accessible, assert_no_sideways_scroll):
            try:
                judge(self.page)
            except AssertionError as error:
                self.watch.problems.append(f"{urlsplit(self.page.url).path}: {error}")

    # --- the sitting --------------------------------------------------------------

    def stem(self) -> str:
        """The question on the screen."""
        return self.page.locator(".sg-q__stem").inner_text()

    def answer(self, row: Row) -> None:
        """Answer the question on the screen as somebody does who knows."""
        place = self.page.locator(".sg-q")
        assert row.right is not None
        if isinstance(row.right, bool):
            place.get_by_text("正确" if row.right else "错误", exact=True).click()
        elif row.options:
            for text in row.right:
                place.get_by_text(text, exact=True).click()
        else:
            for index, text in enumerate(row.right):
                place.locator("input[type=text]").nth(index).fill(text)
                place.locator("input[type=text]").nth(index).blur()

    def answer_wrongly(self, row: Row) -> None:
        """Answer the question on the screen as somebody does who does not know."""
        place = self.page.locator(".sg-q")
        assert row.right is not None
        if isinstance(row.right, bool):
            place.get_by_text("错误" if row.right else "正确", exact=True).click()
        elif row.options:
            wrong = next(text for text in row.options if text and text not in row.right)
            place.get_by_text(wrong, exact=True).click()
        else:
            for index in range(len(row.right)):
                place.locator("input[type=text]").nth(index).fill("不知道")
                place.locator("input[type=text]").nth(index).blur()

    def has_next(self) -> bool:
        """Whether another question follows the one on the screen."""
        button = self.page.get_by_role("button", name="下一题", exact=True).filter(visible=True)
        return button.count() > 0

    def hand_in_paper(self) -> None:
        """Whatever the button is called here, through the summary to the end."""
        for name in ("检查并交卷", "交卷", "结束练习"):
            button = self.page.get_by_role("button", name=name, exact=True).filter(visible=True)
            if button.count():
                button.first.click()
                break
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name=re.compile("^(确认交卷|结束练习)$")).click()

    def cut_network(self) -> None:
        """No network, once the page has what a reload without it needs."""
        self.page.wait_for_function(_IS_KEPT)
        self.watch.expects_failures = True
        self.context.set_offline(True)

    def restore_network(self) -> None:
        self.context.set_offline(False)


# The page, the paper and at least the main script lie in the cache, which a worker watches.
_IS_KEPT = """async () => {
  if (!navigator.serviceWorker.controller && !(await navigator.serviceWorker.getRegistration())?.active)
    return false;
  const kept = await (await caches.open('sg-sitting-1')).keys();
  const files = performance.getEntriesByType('resource').filter(({name}) => /\\.(js|css|svg)(\\?|$)/.test(name));
  return kept.length >= new Set(files.map(({name}) => name.split('?')[0])).size;
}"""
