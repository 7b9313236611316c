"""A real Chromium for tests: which one, how it is started, and fonts that hold Chinese.

``pytest_plugins = [..., "tests.chromium"]`` in ``tests/conftest.py`` makes these fixtures known:

``browser``  one Playwright browser for each xdist worker
``page``     a new tab of its own context: zh-CN, Asia/Shanghai

A test that uses one of them is marked ``browser`` by itself. ``launch()`` serves scripts.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pylopdf_fonts_zh_cn
import pytest

from tests.postgres import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHOSEN = "SHANGGANG_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "No Chromium for browser tests: install one (Debian: apt install chromium; "
    f"elsewhere: .venv/bin/playwright install chromium) or name one in {CHOSEN}."
)
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Unavailable(Exception):
    """No Chromium is to be had here; the text says how to get one."""


def _downloaded() -> list[Path]:
    """Browsers that ``playwright install`` put here, newest first."""
    home = Path.home()
    places = [
        Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or home / ".cache/ms-playwright"),
        home / "Library/Caches/ms-playwright",
    ]
    shapes = ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*")
    found = [
        path for place in places for shape in shapes for path in place.glob(f"chromium-*/{shape}")
    ]
    return sorted(found, reverse=True)


def executable() -> Path:
    """The Chromium to drive: the chosen one, the system's, else Playwright's own."""
    if chosen := os.environ.get(CHOSEN):
        if not os.access(chosen, os.X_OK):
            raise Unavailable(f"{CHOSEN} names {chosen}, which is no program.")
        return Path(chosen)
    installed = [Path(path) for path in map(shutil.which, NAMES) if path]
    applications = [Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")]
    for path in [*installed, *_downloaded(), *applications]:
        if os.access(path, os.X_OK):
            return path
    raise Unavailable(MISSING)


def arguments() -> list[str]:
    """Command line: no traffic of its own; root may not use the sandbox."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGUMENTS, *(["--no-sandbox"] if root else [])]


def font_config(folder: Path) -> Path:
    """Write a fontconfig file into ``folder``: the system's fonts and Noto Sans/Serif SC."""
    sans, serif = pylopdf_fonts_zh_cn.sans_path(), pylopdf_fonts_zh_cn.serif_path()
    families = {
        "sans-serif": "Noto Sans SC",
        "system-ui": "Noto Sans SC",
        "monospace": "Noto Sans SC",
        "serif": "Noto Serif SC",
    }
    aliases = "\n".join(
        f"  <alias><family>{generic}</family><accept><family>{chinese}</family></accept></alias>"
        for generic, chinese in families.items()
    )
    folders = "\n".join(f"  <dir>{escape(str(path))}</dir>" for path in {sans.parent, serif.parent})
    file = folder / "fonts.conf"
    file.write_text(
        f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
{folders}
  <cachedir>{escape(str(folder / "cache"))}</cachedir>
{aliases}
</fontconfig>
""",
        encoding="utf-8",
    )
    return file


@contextmanager
def launch(*, headless: bool = True) -> Iterator[Browser]:
    """Start a Chromium for a ``with`` block."""
    from playwright.sync_api import sync_playwright

    program = executable()
    with tempfile.TemporaryDirectory(prefix="shanggang-chromium-") as folder:
        environment: dict[str, str | float | bool] = dict(os.environ)
        environment["FONTCONFIG_FILE"] = str(font_config(Path(folder)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program,
                args=arguments(),
                env=environment,
                headless=headless,
            )
            yield browser
            browser.close()


# --- pytest ---------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser, so that ``-m "not browser"`` leaves it out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium shared by the tests of one worker; contexts keep them apart."""
    try:
        with launch() as started:
            yield started
    except Unavailable as error:
        missing(error)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab in a context of its own, as a member of staff in China has it."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
