"""When rounds open and close, what they are made of, and who may sit one: pure decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from core import clock

MONTHS = 12
MOST_MONTHS = 12  # between two rounds

Cell = TypeVar("Cell")


class PlanState(StrEnum):
    """Whether a plan still opens rounds."""

    ACTIVE = "active"
    ENDED = "ended"


# --- the rules in force -------------------------------------------------------------


@dataclass(frozen=True)
class Dated:
    """One version of one rule. Of several for one day the one that was entered last holds."""

    id: int
    rule: str
    value: Any
    effective_from: date


def in_force(versions: Sequence[Dated], rule: str, day: date) -> Dated:
    """The version of a rule that holds on a civil day. Raises ValueError where there is none."""
    found = [one for one in versions if one.rule == rule and one.effective_from <= day]
    if not found:
        raise ValueError(f"{rule} has no value on {day}")
    return max(found, key=lambda one: (one.effective_from, one.id))


# --- slots ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """When one round of a plan is due. ``closes_at`` is the end (24:00) of ``last_day``."""

    number: int  # 1, 2, …
    opens_on: date
    last_day: date
    opens_at: datetime
    closes_at: datetime

    def is_due(self, now: datetime) -> bool:
        """Whether its window has begun; it may be over."""
        return self.opens_at <= now

    def is_open(self, now: datetime) -> bool:
        """Whether one may begin in it."""
        return self.opens_at <= now < self.closes_at


def month_after(month: date, months: int) -> date:
    """The first day of the month so many months later."""
    year, rest = divmod(month.year * MONTHS + month.month - 1 + months, MONTHS)
    return date(year, rest + 1, 1)


def slot(first_month: date, every_months: int, number: int, versions: Sequence[Dated]) -> Slot:
    """The slot of a number. Days are civil days in Asia/Shanghai.

    The rules in force on the first of its month say on which day it opens; those in force on that
    day, until which day of the following month it stays open.
    """
    month = month_after(first_month, (number - 1) * every_months)
    opens_on = month.replace(day=in_force(versions, "quiz.opens_day", month).value)
    last_day = month_after(month, 1).replace(
        day=in_force(versions, "quiz.closes_day", opens_on).value
    )
    return Slot(number, opens_on, last_day, clock.start_of(opens_on), clock.end_of(last_day))


def slots(first_month: date, every_months: int, versions: Sequence[Dated]) -> Iterator[Slot]:
    """All slots of a plan from the first on, without end."""
    number = 0
    while True:
        number += 1
        yield slot(first_month, every_months, number, versions)


def due_slots(
    first_month: date, every_months: int, versions: Sequence[Dated], now: datetime
) -> list[Slot]:
    """The slots whose windows have begun by now, oldest first."""
    found: list[Slot] = []
    for one in slots(first_month, every_months, versions):
        if not one.is_due(now):
            return found
        found.append(one)
    return found


def period_months(slot_: Slot, every_months: int) -> tuple[date, date]:
    """First and last month of the period of points that begins with a slot."""
    first = slot_.opens_on.replace(day=1)
    return first, month_after(first, every_months - 1)


# --- composition ------------------------------------------------------------------------


def spread(stock: Mapping[Cell, int], wanted: int) -> dict[Cell, int]:
    """How many questions each cell gives: shares as the stock has them, by largest remainder.

    Cells without a share are left out. All of it where the stock is smaller than what is wanted.
    Of equal remainders the cell that comes first in ``stock`` is rounded up.
    """
    total = sum(stock.values())
    wanted = min(wanted, total)
    if not wanted:
        return {}
    whole = {cell: number * wanted // total for cell, number in stock.items()}
    rest = {cell: number * wanted % total for cell, number in stock.items()}
    upwards = sorted(stock, key=lambda cell: -rest[cell])[: wanted - sum(whole.values())]
    shares = {cell: whole[cell] + (cell in upwards) for cell in stock}
    return {cell: share for cell, share in shares.items() if share}


def right_answers_needed(target: int, per_answer: int) -> int:
    """How many right answers are worth at least the target."""
    return -(-target // per_answer)


# --- who may start -------------------------------------------------------------------------


class Phase(StrEnum):
    """Whether one can sit a round now. What has not opened has no row yet."""

    OPEN = "open"
    PAST = "past"


class Refusal(StrEnum):
    """Why a person may not start."""

    OFF = "off"
    SEES_KEYS = "sees_keys"
    NOT_ON_POST = "not_on_post"
    CLOSED = "closed"
    PASSED = "passed"
    NO_TRIES = "no_tries"


@dataclass(frozen=True)
class Facts:
    """What the decision rests on. ``tries_used``: attempts that count; ``under_way``: one of them."""

    closes_at: datetime
    tries: int
    is_on: bool  # points are switched on
    is_on_post: bool  # today
    sees_keys: bool  # holds a role that shows keys
    tries_used: int
    has_passed: bool
    under_way: int | None


def may_start(facts: Facts, now: datetime) -> Refusal | None:
    """The one decision; None: yes. A paper under way is always gone on with."""
    if facts.under_way is not None:
        return None
    checks = (
        (not facts.is_on, Refusal.OFF),
        (facts.sees_keys, Refusal.SEES_KEYS),
        (now >= facts.closes_at, Refusal.CLOSED),
        (facts.has_passed, Refusal.PASSED),
        (facts.tries_used >= facts.tries, Refusal.NO_TRIES),
        (not facts.is_on_post, Refusal.NOT_ON_POST),
    )
    return next((refusal for fails, refusal in checks if fails), None)
