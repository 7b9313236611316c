"""The one-year hold as a table of dates, and what dated facts come to."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from certification.registrations.rules import (
    Course,
    EndKind,
    Fact,
    RegistrationState,
    free_from,
    held_through,
    is_inside_hold,
    replay,
)

D = date.fromisoformat


@pytest.mark.parametrize(
    ("recorded_on", "last_day"),
    [
        ("2025-12-11", "2026-12-11"),  # the day of recording is not counted
        ("2024-02-29", "2025-02-28"),  # no such day: the month's end
        ("2023-02-28", "2024-02-28"),  # not the 29th of a leap year
        ("2024-02-28", "2025-02-28"),
        ("2023-03-01", "2024-03-01"),  # over a 29 February
        ("2026-01-01", "2027-01-01"),
        ("2026-12-31", "2027-12-31"),  # over the turn of the year
        ("2026-11-30", "2027-11-30"),
    ],
)
def test_a_year_ends_on_the_day_of_the_same_number(recorded_on: str, last_day: str) -> None:
    assert held_through(D(recorded_on)) == D(last_day)
    assert free_from(D(last_day)) == D(last_day) + timedelta(days=1)


@pytest.mark.parametrize(
    ("recorded_on", "months", "last_day"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-05-31", 18, "2027-11-30"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2024-02-29", 24, "2026-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-10-15", 60, "2031-10-15"),
    ],
)
def test_other_lengths_follow_the_rule_in_force(
    recorded_on: str, months: int, last_day: str
) -> None:
    assert held_through(D(recorded_on), months=months) == D(last_day)


@pytest.mark.parametrize(
    ("effective_on", "inside"),
    [
        ("2025-12-11", True),
        ("2026-12-10", True),  # the day before the last
        ("2026-12-11", True),  # the last day
        ("2026-12-12", False),  # the day after: free
        ("2027-12-11", False),
    ],
)
def test_a_move_is_inside_the_hold_up_to_its_last_day(effective_on: str, inside: bool) -> None:
    assert is_inside_hold(D(effective_on), D("2026-12-11")) is inside


def test_every_day_of_four_years_is_held_for_a_year() -> None:
    """Exhaustive: never shorter than 365 days but from 29 February, never longer than 366."""
    day = D("2023-01-01")
    while day < D("2027-01-01"):
        length = (held_through(day) - day).days
        assert length == 365 + (length == 366)
        assert (day.month, day.day) == (2, 29) or held_through(day).day == day.day
        day += timedelta(days=1)


SUBMITTED = Fact("submitted", D("2025-12-09"), {})
RETURNED = Fact("returned", D("2025-12-09"), {})
AGAIN = Fact("submitted", D("2025-12-10"), {})
RECORDED = Fact("recorded", D("2025-12-11"), {"number": "N 1", "held_through": "2026-12-11"})
ENDED = Fact("ended", D("2026-03-01"), {"end_kind": "retirement"})


def test_facts_in_order_lead_to_the_present_state() -> None:
    course = replay([SUBMITTED, RETURNED, AGAIN, RECORDED, ENDED])
    assert course == Course(
        RegistrationState.ENDED, D("2025-12-10"), "N 1", D("2025-12-11"), D("2026-12-11"),
        D("2026-03-01"), EndKind.RETIREMENT,
    )  # fmt: skip
    assert replay([]).state is RegistrationState.DRAFT
    assert replay([SUBMITTED, Fact("withdrawn", D("2025-12-09"), {})]).recorded_on is None


@pytest.mark.parametrize(
    "facts",
    [
        [RECORDED],
        [SUBMITTED, SUBMITTED],
        [SUBMITTED, RETURNED, RECORDED],
        [SUBMITTED, RECORDED, RECORDED],
        [SUBMITTED, RECORDED, Fact("withdrawn", D("2026-01-01"), {})],
        [SUBMITTED, ENDED],
    ],
)
def test_facts_that_cannot_follow_one_another_are_refused(facts: list[Fact]) -> None:
    with pytest.raises(ValueError, match="after"):
        replay(facts)
