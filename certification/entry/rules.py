"""The pure decision on a start: may this person start now, and if not, why."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

MONTHS = 12


class Refusal(StrEnum):
    """Why a person may not start."""

    NOT_PUBLISHED = "not_published"
    CANCELLED = "cancelled"
    NOT_INVITED = "not_invited"
    SEES_KEYS = "sees_keys"
    PASSED = "passed"
    AWAITS_MARKS = "awaits_marks"
    NO_TRIES = "no_tries"
    CLOSED = "closed"
    NOT_OPEN = "not_open"
    NO_TRAINING = "no_training"


@dataclass(frozen=True)
class Facts:
    """What the decision rests on. ``tries_used``: attempts that count; ``open_attempt``: under way."""

    state: str  # draft | published | cancelled
    opens_at: datetime
    closes_at: datetime
    tries: int
    is_invited: bool  # by unit on post, or by name
    sees_keys: bool
    admission_reason: str
    needs_training: bool
    tries_used: int
    has_passed: bool
    awaits_marks: bool  # people are still marking an earlier try
    open_attempt: int | None
    last_attended: date | None  # within the rule's months; None: not attended


@dataclass(frozen=True)
class Verdict:
    """Whether the person may start or go on; the refusal says why not."""

    refusal: Refusal | None
    open_attempt: int | None = None

    @property
    def may_start(self) -> bool:
        return self.refusal is None


def may_start(facts: Facts, now: datetime) -> Verdict:
    """The one decision. A paper under way is always gone on with; its own deadline ends it."""
    if facts.open_attempt is not None:
        return Verdict(None, facts.open_attempt)
    checks = (
        (facts.state == "draft", Refusal.NOT_PUBLISHED),
        (facts.state == "cancelled", Refusal.CANCELLED),
        (not facts.is_invited, Refusal.NOT_INVITED),
        (facts.has_passed, Refusal.PASSED),
        (facts.awaits_marks, Refusal.AWAITS_MARKS),
        (facts.sees_keys and not facts.admission_reason, Refusal.SEES_KEYS),
        (facts.tries_used >= facts.tries, Refusal.NO_TRIES),
        (now >= facts.closes_at, Refusal.CLOSED),
        (facts.needs_training and facts.last_attended is None, Refusal.NO_TRAINING),
        (now < facts.opens_at, Refusal.NOT_OPEN),
    )
    return Verdict(next((refusal for fails, refusal in checks if fails), None))


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or that month's last day where there is none."""
    count = day.year * MONTHS + day.month - 1 - months
    year, month = divmod(count, MONTHS)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
