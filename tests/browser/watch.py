"""What a browser test never tolerates: CSP violations, script errors, other hosts, axe findings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

from accounts.people.models import Person
from tests.factories import sign_in

GRAVE = {"serious", "critical"}
SERVER_ERROR = 500
NOT_FOUND = 404
_axe = Axe()


class Watch:
    """Listens to every page of a context. ``expects_failures``: the test cuts or kills something."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.expects_failures = False
        self.problems: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # the browser's own line about an answer; judged in _response
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self.host:
            self.problems.append(f"another host: {request.url}")

    def _response(self, response: Response) -> None:
        is_lost = response.status == NOT_FOUND and "static/" in response.url
        if (response.status >= SERVER_ERROR or is_lost) and not self.expects_failures:
            self.problems.append(f"{response.status}: {response.url}")

    def check(self) -> None:
        """Fail with everything that was noticed."""
        assert not self.problems, "\n".join(self.problems)


def assert_accessible(page: Page) -> None:
    """axe finds nothing serious or critical on the page as it stands."""
    found: list[dict[str, Any]] = [
        finding for finding in _axe.run(page).response["violations"] if finding["impact"] in GRAVE
    ]
    assert not found, "\n".join(
        f"{finding['id']}: {finding['help']}: {[node['html'][:160] for node in finding['nodes']]}"
        for finding in found
    )


def assert_no_sideways_scroll(page: Page) -> None:
    """The page is no wider than the window."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} px too wide"


def sign_in_here(context: BrowserContext, app: Flask, person: Person, url: str) -> None:
    """Give the browser a session cookie of this person, as signing in would."""
    client = app.test_client()
    sign_in(client, person)
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
