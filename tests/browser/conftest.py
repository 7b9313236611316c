"""Fixtures of browser tests: a live server, and browsers that are watched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.people.models import Person
from app import create_app
from core.db import transaction
from tests.browser.desk import Visit
from tests.browser.live import ProcessServer, ThreadServer, closing, free_port, settings_in
from tests.browser.watch import Watch, sign_in_here
from tests.quiz.sittings import Arranged, arrange_sitting

TIMEOUT_MS = 15_000  # machines that run tests are busy
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def app(tmp_path: Path, sqlite_template: Path) -> Iterator[Flask]:
    """The application as operators run it, on a fresh SQLite file of its own."""
    shutil.copy(sqlite_template, tmp_path / "shanggang.db")
    with closing(create_app(settings_in(tmp_path))) as app:
        yield app


@pytest.fixture
def live(app: Flask) -> Iterator[ThreadServer]:
    """The application at ``live.url``; ``stop`` and ``start`` take it away and bring it back."""
    server = ThreadServer(app, free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def live_process(app: Flask) -> Iterator[ProcessServer]:
    """The same out of a gunicorn process that can be killed."""
    server = ProcessServer(app.extensions["settings"], free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visit(browser: Browser, app: Flask) -> Iterator[Visit]:
    """Open a browser: ``visit(url, person, width=360, script=False)``; watched until the end.

    ``worker=False`` where a test answers in the server's stead: what passes by a service worker
    cannot be caught.

    ``context.watch.expects_failures = True`` where a test cuts the network or kills the server.
    """
    contexts: list[tuple[BrowserContext, Watch]] = []

    def open_browser(
        url: str,
        person: Person | None = None,
        *,
        width: int = 1280,
        height: int = 800,
        script: bool = True,
        scale: float = 1,
        worker: bool = True,
    ) -> BrowserContext:
        context = browser.new_context(
            base_url=url, locale="zh-CN", timezone_id="Asia/Shanghai", java_script_enabled=script,
            viewport={"width": width, "height": height}, device_scale_factor=scale,
            reduced_motion="reduce", service_workers="allow" if worker else "block",
        )  # fmt: skip
        context.set_default_timeout(TIMEOUT_MS)
        watch = Watch(context, url)
        context.watch = watch  # type: ignore[attr-defined]
        contexts.append((context, watch))
        if person is not None:
            sign_in_here(context, app, person, url)
        return context

    yield open_browser
    for context, _watch in contexts:
        context.close()
    for _context, watch in contexts:
        watch.check()


@pytest.fixture
def sitting(app: Flask) -> Arranged:
    """A started sitting: three single, two multiple, two true/false, one fill-in."""
    with app.app_context(), transaction() as session:
        return arrange_sitting(session)


@pytest.fixture
def page(visit: Visit, live: ThreadServer) -> Page:
    """A watched tab at 1280 px, nobody signed in."""
    return visit(live.url).new_page()
