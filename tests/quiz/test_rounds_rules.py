"""When rounds open and close, what they are made of, and who may start: tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.opening.services import period_label
from quiz.rounds.rules import (
    Dated,
    Facts,
    Refusal,
    due_slots,
    in_force,
    may_start,
    month_after,
    period_months,
    right_answers_needed,
    slot,
    spread,
)
from tests.quiz.rounds import believing

LONG_AGO = date(2018, 8, 10)


def rules(*changes: tuple[str, int, date]) -> list[Dated]:
    """The defaults, and changes from days on."""
    first = [("quiz.opens_day", 1, LONG_AGO), ("quiz.closes_day", 5, LONG_AGO)]
    return [Dated(number, *each) for number, each in enumerate([*first, *changes], start=1)]


@pytest.mark.parametrize(
    ("month", "months", "after"),
    [
        (date(2026, 11, 1), 0, date(2026, 11, 1)),
        (date(2026, 11, 1), 2, date(2027, 1, 1)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 1), 12, date(2027, 1, 1)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2027, 1, 1), -1, date(2026, 12, 1)),
    ],
)
def test_months_are_counted_over_the_ends_of_years(month: date, months: int, after: date) -> None:
    assert month_after(month, months) == after


# In UTC the day of Shanghai begins at 16:00 of the day before.
SLOTS = [
    # first month, every, number, changed rules, opens, closes
    ((2026, 11), 2, 1, (), "2026-10-31T16:00", "2026-12-05T16:00"),
    ((2026, 11), 2, 2, (), "2026-12-31T16:00", "2027-02-05T16:00"),
    ((2026, 11), 2, 3, (), "2027-02-28T16:00", "2027-04-05T16:00"),
    ((2026, 12), 1, 1, (), "2026-11-30T16:00", "2027-01-05T16:00"),
    ((2026, 12), 1, 2, (), "2026-12-31T16:00", "2027-02-05T16:00"),
    ((2026, 12), 12, 2, (), "2027-11-30T16:00", "2028-01-05T16:00"),
    ((2028, 1), 1, 2, (), "2028-01-31T16:00", "2028-03-05T16:00"),
    # other days, from a day on
    ((2026, 11), 2, 1, [("quiz.opens_day", 15, (2026, 11, 1))], "2026-11-14T16:00", "2026-12-05T16:00"),
    ((2026, 11), 2, 1, [("quiz.opens_day", 15, (2026, 11, 2))], "2026-10-31T16:00", "2026-12-05T16:00"),
    ((2026, 11), 2, 2, [("quiz.opens_day", 15, (2026, 11, 2))], "2027-01-14T16:00", "2027-02-05T16:00"),
    # closing follows the rule of the opening day: a change of the next day is too late
    ((2026, 11), 2, 1, [("quiz.closes_day", 28, (2026, 11, 1))], "2026-10-31T16:00", "2026-12-28T16:00"),
    ((2026, 11), 2, 1, [("quiz.closes_day", 28, (2026, 11, 2))], "2026-10-31T16:00", "2026-12-05T16:00"),
    (
        (2026, 11), 2, 1,
        [("quiz.opens_day", 15, (2026, 11, 1)), ("quiz.closes_day", 28, (2026, 11, 15))],
        "2026-11-14T16:00", "2026-12-28T16:00",
    ),
    ((2027, 1), 1, 1, [("quiz.closes_day", 28, (2026, 1, 1))], "2026-12-31T16:00", "2027-02-28T16:00"),
    # of two entered for one day the later holds
    (
        (2026, 11), 2, 1,
        [("quiz.opens_day", 9, (2026, 10, 1)), ("quiz.opens_day", 12, (2026, 10, 1))],
        "2026-11-11T16:00", "2026-12-05T16:00",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("month", "every", "number", "changes", "opens", "closes"), SLOTS)
def test_a_slot_opens_and_closes_on_civil_days_of_shanghai(
    month: tuple[int, int], every: int, number: int, changes: Any, opens: str, closes: str
) -> None:
    changed = rules(*((rule, value, date(*day)) for rule, value, day in changes))
    found = slot(date(*month, 1), every, number, changed)
    assert found.opens_at == datetime.fromisoformat(opens).replace(tzinfo=UTC)
    assert found.closes_at == datetime.fromisoformat(closes).replace(tzinfo=UTC)
    assert found.number == number
    assert not found.is_open(found.opens_at - timedelta(microseconds=1))
    assert found.is_open(found.opens_at)
    assert found.is_open(found.closes_at - timedelta(microseconds=1))
    assert not found.is_open(found.closes_at)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-10-31T15:59", []),
        ("2026-10-31T16:00", [1]),
        ("2026-12-31T15:59", [1]),
        ("2026-12-31T16:00", [1, 2]),
        ("2027-10-31T16:00", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_slots_are_due_from_their_opening_on(now: str, due: list[int]) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = due_slots(date(2026, 11, 1), 2, rules(), instant)
    assert [one.number for one in found] == due


def test_a_rule_without_a_value_is_an_error() -> None:
    with pytest.raises(ValueError, match="no value"):
        in_force(rules(), "quiz.opens_day", date(2018, 8, 9))


@pytest.mark.parametrize(
    ("month", "every", "label"),
    [
        ((2026, 11), 2, "第 6 期（2026年11月–12月）"),
        ((2026, 11), 1, "第 6 期（2026年11月）"),
        ((2026, 12), 2, "第 6 期（2026年12月–2027年1月）"),
        ((2026, 11), 3, "第 6 期（2026年11月–2027年1月）"),
        ((2026, 1), 12, "第 6 期（2026年1月–12月）"),
        ((2026, 2), 12, "第 6 期（2026年2月–2027年1月）"),
    ],
)
def test_a_period_is_named_by_its_months(
    app: Any, month: tuple[int, int], every: int, label: str
) -> None:
    one = slot(date(*month, 1), every, 1, rules())
    with app.app_context():
        assert period_label(6, *period_months(one, every)) == label


# --- composition --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stock", "wanted", "shares"),
    [
        ({"a": 50, "b": 30, "c": 20}, 20, {"a": 10, "b": 6, "c": 4}),
        ({"a": 1, "b": 1, "c": 1}, 2, {"a": 1, "b": 1}),  # of equal rests the first
        ({"a": 10, "b": 9, "c": 1}, 10, {"a": 5, "b": 5}),  # 5, 4.5, 0.5: one rest of two
        ({"a": 3, "b": 5}, 4, {"a": 2, "b": 2}),  # 1.5, 2.5
        ({"a": 97, "b": 3}, 20, {"a": 19, "b": 1}),  # 19.4, 0.6
        ({"a": 99, "b": 1}, 20, {"a": 20}),  # 19.8, 0.2
        ({"a": 4, "b": 3}, 20, {"a": 4, "b": 3}),  # all there is
        ({"a": 4, "b": 3}, 7, {"a": 4, "b": 3}),
        ({"a": 5}, 1, {"a": 1}),
        ({}, 20, {}),
        ({"a": 0, "b": 2}, 2, {"b": 2}),
        ({"a": 5}, 0, {}),
    ],
)
def test_questions_are_spread_as_the_bank_is(
    stock: dict[str, int], wanted: int, shares: dict[str, int]
) -> None:
    assert spread(stock, wanted) == shares


@given(st.dictionaries(st.integers(0, 11), st.integers(0, 500), max_size=12), st.integers(0, 100))
def test_a_spread_gives_what_is_wanted_and_no_cell_more_than_it_has(
    stock: dict[int, int], wanted: int
) -> None:
    shares = spread(stock, wanted)
    total = sum(stock.values())
    assert sum(shares.values()) == min(wanted, total)
    for cell, share in shares.items():
        assert 0 < share <= stock[cell]
        assert abs(share * total - stock[cell] * min(wanted, total)) < total


@pytest.mark.parametrize(
    ("target", "per_answer", "needed"),
    [(12, 1, 12), (24, 2, 12), (25, 2, 13), (1, 5, 1), (0, 1, 0)],
)
def test_so_many_right_answers_are_worth_the_target(
    target: int, per_answer: int, needed: int
) -> None:
    assert right_answers_needed(target, per_answer) == needed


# --- who may start ------------------------------------------------------------------

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
FINE = Facts(
    closes_at=NOW + timedelta(days=1), tries=2, is_on=True, is_on_post=True, sees_keys=False,
    tries_used=0, has_passed=False, under_way=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, None),
        ({"tries_used": 1}, None),
        ({"tries_used": 2}, Refusal.NO_TRIES),
        ({"tries_used": 1, "has_passed": True}, Refusal.PASSED),
        ({"tries_used": 2, "has_passed": True}, Refusal.PASSED),
        ({"closes_at": NOW}, Refusal.CLOSED),
        ({"closes_at": NOW + timedelta(microseconds=1)}, None),
        ({"sees_keys": True}, Refusal.SEES_KEYS),
        ({"is_on_post": False}, Refusal.NOT_ON_POST),
        ({"is_on": False}, Refusal.OFF),
        ({"is_on": False, "under_way": 7}, None),
        ({"closes_at": NOW, "under_way": 7}, None),  # its own deadline and grace end it
        ({"sees_keys": True, "closes_at": NOW}, Refusal.SEES_KEYS),
    ],
)
def test_the_decision_on_a_start(change: dict[str, Any], refusal: Refusal | None) -> None:
    assert may_start(replace(FINE, **change), NOW) is refusal


# --- time zones -----------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_the_tables_hold_in_every_time_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's zone is nobody's: the same table on a machine that believes to be elsewhere."""
    with believing(zone, monkeypatch):
        for row in SLOTS:
            test_a_slot_opens_and_closes_on_civil_days_of_shanghai(*row)
