"""How long a training counts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.rules import counts_since, counts_through, months_before, numbers_in


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 23), 12, date(2025, 11, 23)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2025, 12, 15), -1, date(2026, 1, 15)),
    ],
)
def test_months_are_counted_on_the_calendar(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


@given(attended=st.dates(date(2018, 1, 1), date(2060, 1, 1)), months=st.integers(1, 60))
def test_through_is_the_last_day_on_which_a_training_counts(attended: date, months: int) -> None:
    through = counts_through(attended, months)
    assert counts_since(through, months) <= attended
    assert counts_since(date.fromordinal(through.toordinal() + 1), months) > attended


def test_a_pasted_list_is_read_line_by_line() -> None:
    text = "A001 文知新\n\n  B002，郝学习\r\n,\nC003"
    assert numbers_in(text) == [(1, "A001"), (3, "B002"), (5, "C003")]
