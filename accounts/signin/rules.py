"""What a staff number looks like, how long things last, and where one may be sent afterwards."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

SEEN_EVERY = timedelta(minutes=5)
LINK_LIFE = timedelta(days=3)
KEPT_AFTER_END = timedelta(days=30)
BATCH = 100
MIN_PASSWORD = 10
MAX_PASSWORD = 128
STAFF_NO_LENGTH = 32

TEXT_SIZES = ("", "l", "xl")
LANGUAGES = ("zh_Hans_CN", "en")

_STAFF_NO = re.compile(r"[A-Z0-9][A-Z0-9_-]{1,31}")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")

_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "HarmonyOS"), ("Android", "Android"),
    ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
_BROWSERS = (
    ("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip


def normal_staff_no(text: str) -> str:
    """A staff number as it is stored: half-width, upper case, no blanks around it, no NUL."""
    return unicodedata.normalize("NFKC", text.replace("\0", "")).strip().upper()


def is_staff_no(text: str) -> bool:
    """Whether a normalised text may be a staff number."""
    return bool(_STAFF_NO.fullmatch(text))


def local_path(target: str | None) -> str | None:
    """The target if it is a path on this site, else None: a sign-in leads nowhere else."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    return None if _UNSAFE.search(target) else target


def next_text_size(size: str) -> str:
    """The text size after this one; after the last the first."""
    position = TEXT_SIZES.index(size) if size in TEXT_SIZES else -1
    return TEXT_SIZES[(position + 1) % len(TEXT_SIZES)]


def device_of(user_agent: str) -> str:
    """What a person recognises of a browser's description, e.g. ``Chrome · Windows``."""
    browser = next((word for sign, word in _BROWSERS if sign in user_agent), "")
    system = next((word for sign, word in _SYSTEMS if sign in user_agent), "")
    return " · ".join(word for word in (browser, system) if word)
