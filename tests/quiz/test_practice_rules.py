"""Decisions of practice as tables: what is drawn, until when it may be resumed, what counts."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from quiz.practice.rules import Candidate, choose, closes_at, counted, tally

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FIVE = [Candidate(100 + number, number) for number in range(1, 6)]


def _ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


@pytest.mark.parametrize(
    ("answered", "count", "first", "last"),
    [
        ({}, 5, {1, 2, 3, 4, 5}, []),
        ({1: _ago(1), 2: _ago(2)}, 3, {3, 4, 5}, []),
        ({1: _ago(1), 2: _ago(2)}, 5, {3, 4, 5}, [2, 1]),
        ({1: _ago(1), 2: _ago(9), 3: _ago(5), 4: _ago(2)}, 3, {5}, [2, 3]),
        ({number: _ago(number) for number in range(1, 6)}, 2, set(), [5, 4]),
        ({9: _ago(1)}, 9, {1, 2, 3, 4, 5}, []),
        ({}, 0, set(), []),
    ],
)
def test_what_was_not_answered_lately_comes_first_then_the_longest_ago(
    answered: dict[int, datetime], count: int, first: set[int], last: list[int]
) -> None:
    for seed in range(20):
        drawn = [one.question_id for one in choose(FIVE, answered, count, random.Random(seed))]
        assert set(drawn[: len(first)]) == first
        assert drawn[len(first) :] == last


def test_chance_decides_among_equals() -> None:
    draws = {tuple(choose(FIVE, {}, 2, random.Random(seed))) for seed in range(60)}
    assert len({one for pair in draws for one in pair}) == len(FIVE)
    assert len(draws) > len(FIVE)


@pytest.mark.parametrize(
    ("started", "closes"),
    [  # in Asia/Shanghai: the end of the day is 16:00 UTC
        (datetime(2026, 11, 24, 2, 0, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC)),
        (datetime(2026, 11, 24, 15, 59, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC)),
        (datetime(2026, 11, 24, 16, 0, tzinfo=UTC), datetime(2026, 12, 2, 16, tzinfo=UTC)),
        (datetime(2028, 2, 22, 2, 0, tzinfo=UTC), datetime(2028, 2, 29, 16, tzinfo=UTC)),
    ],
)
def test_a_practice_is_open_to_the_end_of_the_seventh_day(
    started: datetime, closes: datetime
) -> None:
    assert closes_at(started) == closes


@pytest.mark.parametrize(
    ("checked", "is_answered", "is_right", "verdict"),
    [
        (True, True, False, True),
        (False, True, True, False),
        (False, False, False, False),  # cleared afterwards
        (None, True, True, True),
        (None, True, False, False),
        (None, False, False, None),
    ],
)
def test_the_checked_answer_counts_else_the_last(
    checked: bool | None, is_answered: bool, is_right: bool, verdict: bool | None
) -> None:
    assert counted(checked, is_answered, is_right) is verdict


def test_the_figures_of_a_practice() -> None:
    found = tally([True, False, None, True])
    assert (found.right, found.wrong, found.unanswered, found.all) == (2, 1, 1, 4)
