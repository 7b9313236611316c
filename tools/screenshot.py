"""Take the README's pictures of a running demo: ``python -m tools.screenshot --password P``.

Five pages at 1280 and 360 px: home of staff, a sitting, a result, a certificate, home of the office.
Start ``make run`` first; it prints the password. The sitting is that of the person named by
``--candidate``: it is started where none runs, which uses one of their tries, so it is not D00001.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = {1280: 800, 360: 740}
OFFICE = "OFFICE01"


class Trouble(Exception):
    """Why there are no pictures, and what to do; one line."""


def main() -> int:
    """Take the pictures; 1 and one line on standard error where that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshot", description=__doc__)
    parser.add_argument("--password", required=True, help="printed by the first `make run`")
    parser.add_argument("--base", default="http://127.0.0.1:5000", help="address of the demo")
    parser.add_argument("--folder", type=Path, default=Path("instance/pictures"))
    parser.add_argument("--candidate", default="D00002", help="admitted to the open exam")
    parser.add_argument("--certified", default="D00041", help="passed the past exam")
    options = parser.parse_args()
    try:
        for file in _pictures(options):
            print(f"{file} ({file.stat().st_size // 1000} kB)")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


def _pictures(options: argparse.Namespace) -> list[Path]:
    try:
        from playwright.sync_api import Error

        from tests.chromium import Unavailable, launch
    except ImportError as error:
        raise Trouble(f"Playwright is not installed ({error.name}): run make setup") from error
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        with launch() as browser:
            return [
                file
                for width in SIZES
                for who, walk in (
                    (options.candidate, _candidate), (options.certified, _certified),
                    (OFFICE, _office),
                )
                for file in _walk(browser, options, width, who, walk)
            ]  # fmt: skip
    except Unavailable as error:
        raise Trouble(str(error)) from error
    except Error as error:
        raise Trouble(_reason(options.base, error.message)) from error


def _reason(base: str, message: str) -> str:
    if "ERR_CONNECTION_REFUSED" in message:
        return f"Nothing answers at {base}: start it with make run, or name it with --base."
    return "The demo does not show what was expected: " + message.splitlines()[0]
