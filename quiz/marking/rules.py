"""What a mark may be, and in which order a marker meets the answers to one question."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

HALF = 50  # hundredths
HUNDREDTHS = 100
MAX_COMMENT = 500
MAX_REASON = 200
LONGEST = 8  # characters of a typed mark


def hundredths(text: str, most: int) -> int | None:
    """A typed mark in hundredths; None unless it is in half marks from 0 to ``most`` marks."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain or len(plain) > LONGEST or not set(plain) <= set("0123456789."):
        return None
    try:
        value = Decimal(plain) * HUNDREDTHS
    except InvalidOperation:
        return None
    is_sound = value % HALF == 0 and value <= most * HUNDREDTHS
    return int(value) if is_sound else None


def in_order_of(marker_id: int, answer_ids: Iterable[int]) -> list[int]:
    """Answers in an order of this marker's own.

    Two who mark the same question seldom meet at one answer, and no candidate is always first.
    """

    def place(answer_id: int) -> bytes:
        return hashlib.sha256(f"{marker_id}:{answer_id}".encode()).digest()

    return sorted(answer_ids, key=place)
