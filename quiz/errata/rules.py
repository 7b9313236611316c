"""What a report may say, and how it moves: it is decided once."""

from __future__ import annotations

from enum import StrEnum

MIN_TEXT = 5
MAX_TEXT = 500
MOST_OPEN = 20  # reports of one person that wait for an answer


class ErratumKind(StrEnum):
    """What is said to be wrong."""

    KEY = "key"
    TEXT = "text"  # stem or options
    EXPLANATION = "explanation"
    BASIS = "basis"  # the cited law is out of date
    OTHER = "other"


class ErratumState(StrEnum):
    """open → rejected | accepted | key_wrong. Accepted: the text is to be mended."""

    OPEN = "open"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    KEY_WRONG = "key_wrong"


OUTCOMES = frozenset(ErratumState) - {ErratumState.OPEN}


def may_move(before: ErratumState, after: ErratumState) -> bool:
    """Whether a report may go from one state to another: only an open one, and only once."""
    return before is ErratumState.OPEN and after in OUTCOMES
