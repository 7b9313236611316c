"""What practice draws from, and what of it counts, as pure decisions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core import clock

KIND = "practice"  # of the occasion
COUNTS = (5, 10, 20)  # questions that a practice may have
MOST = max(COUNTS)
OPEN_DAYS = 7  # how long it may be left and resumed
LATELY = timedelta(days=30)  # what was answered since is drawn last


class Source(StrEnum):
    """Where the questions of a practice came from."""

    TOPIC = "topic"
    NOTEBOOK = "notebook"


@dataclass(frozen=True)
class Candidate:
    """A question that practice may draw, with the version that is approved now."""

    version_id: int
    question_id: int


def closes_at(started_at: datetime) -> datetime:
    """Until when a practice may be resumed: the end of the civil day seven days on."""
    return clock.end_of(clock.civil_date(started_at) + timedelta(days=OPEN_DAYS))


def choose(
    candidates: Sequence[Candidate],
    answered_at: Mapping[int, datetime],
    count: int,
    dice: random.Random,
) -> list[Candidate]:
    """So many of the candidates: first what was not answered lately, then the longest ago.

    ``answered_at``: question id → when the person last answered it, as far as that was lately.
    Among equals chance decides.
    """
    shuffled = dice.sample(list(candidates), len(candidates))
    fresh = [one for one in shuffled if one.question_id not in answered_at]
    lately = [one for one in shuffled if one.question_id in answered_at]
    lately.sort(key=lambda one: answered_at[one.question_id])
    return (fresh + lately)[:count]


@dataclass(frozen=True)
class Tally:
    """A practice in figures."""

    right: int
    wrong: int
    unanswered: int

    @property
    def all(self) -> int:
        return self.right + self.wrong + self.unanswered


def counted(checked: bool | None, is_answered: bool, is_right: bool) -> bool | None:
    """Whether one position was right; None where it was not answered.

    ``checked``: the answer when its explanation was asked for, None where that did not happen. It
    counts whatever was put there afterwards; else the last answer does.
    """
    if checked is not None:
        return checked
    return is_right if is_answered else None


def tally(verdicts: Sequence[bool | None]) -> Tally:
    """The figures of all positions; see ``counted``."""
    return Tally(
        sum(one is True for one in verdicts), sum(one is False for one in verdicts),
        sum(one is None for one in verdicts),
    )  # fmt: skip
