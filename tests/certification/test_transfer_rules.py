"""Dates of a transfer against the hold, what an exception needs, and what a unit is left with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from certification.registrations.rules import free_from, held_through, is_inside_hold
from certification.staffing.rules import Left, must_acknowledge
from certification.transfers.rules import (
    Case,
    Lack,
    TransferState,
    days_early,
    is_covered,
    lacks,
    state_for,
)

DAY = date(2026, 12, 15)


@pytest.mark.parametrize(
    ("recorded_on", "effective_on", "inside", "early"),
    [
        # 29 February: held to 28 February of the next year
        (date(2024, 2, 29), date(2025, 2, 27), True, 2),
        (date(2024, 2, 29), date(2025, 2, 28), True, 1),
        (date(2024, 2, 29), date(2025, 3, 1), False, 0),
        # into a leap year: the 28th is the last day, the 29th is free
        (date(2023, 2, 28), date(2024, 2, 28), True, 1),
        (date(2023, 2, 28), date(2024, 2, 29), False, 0),
        # month ends
        (date(2025, 8, 31), date(2026, 8, 31), True, 1),
        (date(2025, 8, 31), date(2026, 9, 1), False, 0),
        (date(2025, 11, 30), date(2026, 12, 1), False, 0),
        # the end of a year, and the picture's own case
        (date(2025, 12, 31), date(2026, 12, 31), True, 1),
        (date(2025, 12, 31), date(2027, 1, 1), False, 0),
        (date(2026, 5, 20), DAY, True, 157),
        (date(2026, 5, 20), date(2027, 5, 19), True, 2),
        (date(2026, 5, 20), date(2027, 5, 20), True, 1),
        (date(2026, 5, 20), date(2027, 5, 21), False, 0),
    ],
)
def test_the_day_before_at_and_after_the_end_of_the_hold(
    recorded_on: date, effective_on: date, inside: bool, early: int
) -> None:
    held = held_through(recorded_on)
    assert is_inside_hold(effective_on, held) is inside
    assert days_early(effective_on, held) == early
    assert effective_on + timedelta(days=early) >= free_from(held)
    assert is_covered(effective_on, held, None) is not inside


HELD = date(2027, 5, 20)


@pytest.mark.parametrize(
    ("excepted_from", "moved_to", "covered"),
    [
        (DAY, DAY, True),
        (DAY, DAY + timedelta(days=1), True),  # later, inside: who may go may go later
        (DAY, HELD, True),
        (DAY, HELD + timedelta(days=1), True),  # out of the hold
        (DAY, DAY - timedelta(days=1), False),  # earlier: nobody has granted that
        (None, HELD + timedelta(days=1), True),
        (None, HELD, False),  # recorded outside, moved into the hold
        (None, DAY, False),
    ],
)
def test_an_exception_covers_its_day_and_later_ones(
    excepted_from: date | None, moved_to: date, covered: bool
) -> None:
    assert is_covered(moved_to, HELD, excepted_from) is covered
    wanted = TransferState.APPROVED if covered else TransferState.REQUESTED
    assert state_for(moved_to, HELD, excepted_from, is_own=False) is wanted


@pytest.mark.parametrize("day", [DAY, HELD + timedelta(days=1)])
def test_ones_own_transfer_is_always_for_someone_else_to_decide(day: date) -> None:
    assert state_for(day, HELD, DAY, is_own=True) is TransferState.REQUESTED


FULL = {
    "grounds": "交流",
    "document_no": "龙组干〔2026〕87号",
    "successor_id": 7,
    "is_certified": True,
}


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, ()),
        ({"grounds": "  "}, (Lack.GROUNDS,)),
        ({"document_no": ""}, (Lack.DOCUMENT_NO,)),
        ({"successor_id": None}, (Lack.SUCCESSOR,)),
        ({"is_certified": False}, (Lack.SUCCESSOR,)),  # expires before the effective day
        ({"is_certified": False, "gap_until": DAY}, ()),
        ({"successor_id": None, "gap_until": DAY + timedelta(days=30)}, ()),
        ({"successor_id": None, "gap_until": DAY - timedelta(days=1)}, (Lack.SUCCESSOR,)),
        ({"grounds": "", "document_no": "", "successor_id": None},
         (Lack.GROUNDS, Lack.DOCUMENT_NO, Lack.SUCCESSOR)),
    ],
)  # fmt: skip
def test_what_an_exception_needs(changes: dict[str, object], missing: tuple[Lack, ...]) -> None:
    assert lacks(Case(DAY, **{**FULL, **changes})) == missing  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "after", "acknowledge"),
    [
        (Left(now=3, without=2, filled=None), 2, False),
        (Left(now=2, without=1, filled=None), 1, True),
        (Left(now=2, without=1, filled=2), 2, False),
        (Left(now=1, without=0, filled=1), 1, True),
    ],
)
def test_who_approves_acknowledges_that_few_are_left(
    left: Left, after: int, acknowledge: bool
) -> None:
    assert left.after == after
    assert must_acknowledge(left, warn_below=2) is acknowledge
