"""Why a question is suspended, and how that ends."""

from __future__ import annotations

from enum import StrEnum

MAX_AT_ONCE = 200  # questions confirmed or retired by one decision


class Reason(StrEnum):
    """Why a version left all draws."""

    LAW_CHANGED = "law_changed"
    LAW_DELETED = "law_deleted"
    REPORTED = "reported"


class SuspensionOutcome(StrEnum):
    """How a suspension ended: the question stands, another version took its place, it is out of use."""

    CONFIRMED = "confirmed"
    REPLACED = "replaced"
    RETIRED = "retired"
