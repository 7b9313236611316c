"""The hold, and what a registration is worth on a day, as pure decisions."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum

MONTHS = 12


class RegistrationState(StrEnum):
    """draft → submitted → (returned → submitted)* → recorded → ended; withdrawn before recorded."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    RECORDED = "recorded"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class EndKind(StrEnum):
    """What ended a registration."""

    TRANSFER = "transfer"
    RETIREMENT = "retirement"
    RESIGNATION = "resignation"
    DISMISSAL = "dismissal"
    DEATH = "death"
    DISCIPLINE = "discipline"
    REVOCATION = "revocation"


# Departures that need grounds, and no decision on a transfer.
DEPARTURES = (
    EndKind.RETIREMENT, EndKind.RESIGNATION, EndKind.DISMISSAL, EndKind.DEATH, EndKind.DISCIPLINE,
)  # fmt: skip


def held_through(recorded_on: date, *, months: int = MONTHS) -> date:
    """Last day on which a registered person is held on post.

    The day of recording is not counted; the period ends on the day of the same number, or on the
    month's last day where there is none. Source: Civil Code, art. 201-202; notice 2018-142, 二（二）.
    """
    year, month = divmod(recorded_on.year * MONTHS + recorded_on.month - 1 + months, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(recorded_on.day, last))


def free_from(held_through: date) -> date:
    """First day on which the person may be moved."""
    return held_through + timedelta(days=1)


def is_inside_hold(effective_on: date, held_through: date) -> bool:
    """Whether a move on this day falls into the hold."""
    return effective_on <= held_through
