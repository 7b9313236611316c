"""How a person's story is put in order, and what postings and entries count as."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from reporting.records.rules import (
    Event,
    Posted,
    Topic,
    changes,
    counts,
    day_of,
    is_first,
    timeline,
)

TODAY = date(2026, 11, 24)


def _event(day: date, title: str, hour: int = 0, topic: Topic = Topic.POSTS) -> Event:
    return Event(day, datetime(day.year, day.month, day.day, hour, tzinfo=UTC), topic, title)


def test_the_newest_stands_first_and_what_is_to_come_above() -> None:
    line = timeline(
        [
            _event(date(2025, 1, 19), "证书", 3),
            _event(TODAY, "今天"),
            _event(date(2025, 1, 19), "考试", 2),
            _event(date(2027, 3, 12), "期满"),
            _event(TODAY + timedelta(days=1), "明天"),
        ],
        TODAY,
    )
    assert [event.title for event in line.coming] == ["期满", "明天"]
    assert [(year, [event.title for event in events]) for year, events in line.years] == [
        (2026, ["今天"]), (2025, ["证书", "考试"]),
    ]  # fmt: skip
    assert timeline([], TODAY).is_empty


def test_topics_are_counted_in_the_order_of_the_tabs() -> None:
    events = [_event(TODAY, "甲", topic=Topic.POINTS), _event(TODAY, "乙", topic=Topic.EXAMS)]
    assert list(counts(events).items()) == [
        (Topic.EXAMS, 1), (Topic.POSTS, 0), (Topic.TRAINING, 0), (Topic.POINTS, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "kind", "is_effective"),
    [("certificate", "issued", True), ("certificate", "revoked", True),
     ("registration", "submitted", False), ("registration", "returned", False),
     ("registration", "recorded", True), ("registration", "ended", True),
     ("transfer", "requested", False), ("transfer", "approved", False),
     ("transfer", "carried_out", True)],
)  # fmt: skip
def test_what_has_an_effect_stands_where_it_takes_effect(
    subject: str, kind: str, is_effective: bool
) -> None:
    effective, entered = date(2026, 12, 1), date(2026, 11, 20)
    assert day_of(subject, kind, effective, entered) == (effective if is_effective else entered)


D = date
POSTINGS = [
    ([], []),
    ([(1, D(2024, 3, 1), None)], [("begin", 0)]),
    ([(1, D(2024, 3, 1), D(2025, 1, 31)), (2, D(2025, 2, 1), None)], [("begin", 0), ("move", 1)]),
    ([(1, D(2024, 3, 1), D(2025, 1, 31)), (1, D(2025, 2, 1), None)], [("begin", 0), ("post", 1)]),
    (
        [(1, D(2024, 3, 1), D(2025, 1, 31)), (2, D(2025, 2, 2), None)],
        [("begin", 0), ("leave", 0), ("begin", 1)],
    ),
    ([(1, D(2024, 3, 1), D(2025, 1, 31))], [("begin", 0), ("leave", 0)]),
    # corrected on the day it began: it covers no day
    (
        [(1, D(2024, 3, 1), D(2025, 1, 31)), (3, D(2025, 2, 1), D(2025, 1, 31)),
         (2, D(2025, 2, 1), None)],
        [("begin", 0), ("move", 2)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("postings", "story"), POSTINGS)
def test_postings_are_told_as_beginnings_moves_and_departures(postings: Any, story: Any) -> None:
    assert changes(Posted(*posting) for posting in postings) == story


@pytest.mark.parametrize(
    ("source", "first"),
    [("round:12/first#1", True), ("round:12/first#2", False), ("reverse:4", False),
     ("adjust:8e1", False), ("round:1/first#11", False)],
)  # fmt: skip
def test_only_number_one_of_a_round_is_its_first_entry(source: str, first: bool) -> None:
    assert is_first(source) is first
