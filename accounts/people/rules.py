"""How names and phones are written, and when a posting may change."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum

MOBILE_DIGITS = 11
NAME_LENGTH = 64
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# a landline with its area code, or a local number
_LANDLINE = re.compile(r"0[0-9]{9,11}|[2-8][0-9]{6,7}")
_SEPARATORS = re.compile(r"[\s\-‐‑–—()（）·.]+")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


class PhoneFault(StrEnum):
    """What is wrong with a phone number."""

    CHARACTERS = "characters"  # holds what is no digit
    LENGTH = "length"  # a mobile number has 11 digits
    NUMBER = "number"  # no mobile number, no landline


def normal_name(text: str) -> str:
    """A name as it is stored: half-width, single blanks, none between Chinese characters."""
    return _HAN_GAP.sub("", " ".join(unicodedata.normalize("NFKC", text).split()))


def normal_phone(text: str) -> str:
    """A phone number as it is stored: figures only, without blanks, dashes and brackets."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).removeprefix("+86")


def phone_fault(phone: str) -> PhoneFault | None:
    """What is wrong with a normalised phone number; an empty one is for others to refuse."""
    if not phone or _MOBILE.fullmatch(phone) or _LANDLINE.fullmatch(phone):
        return None
    if not (phone.isascii() and phone.isdecimal()):
        return PhoneFault.CHARACTERS
    if phone.startswith("1") and len(phone) != MOBILE_DIGITS:
        return PhoneFault.LENGTH
    return PhoneFault.NUMBER


class PostingFault(StrEnum):
    """Why a posting may not begin or end on a day."""

    FUTURE = "future"
    TOO_EARLY = "too_early"


def start_fault(since: date, *, today: date, latest: date | None) -> PostingFault | None:
    """Whether a new posting may begin on ``since``; ``latest``: the first day that is still free.

    A post is entered when it is taken up: until then "on post" would be untrue.
    """
    if since > today:
        return PostingFault.FUTURE
    if latest is not None and since < latest:
        return PostingFault.TOO_EARLY
    return None
