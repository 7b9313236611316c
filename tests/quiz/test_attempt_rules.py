"""Which operation counts, which value is sound, when it is over: tables."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from question_bank.questions.rules import QuestionType as Type
from quiz.attempts.rules import (
    AttemptState,
    Operation,
    Stored,
    Try,
    UnsoundValue,
    awaits_marks,
    checked,
    deadline,
    has_passed,
    is_overdue,
    judge,
    may_release,
    missing,
    tries_used,
)
from quiz.papers.rules import Item

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
HELD = {1: Stored('"B"', 2, 5)}


@pytest.mark.parametrize(
    ("epoch", "seq", "value", "becomes"),
    [
        (2, 6, "C", "apply"),
        (3, 1, "C", "apply"),  # a newer epoch beats any seq of an older one
        (2, 5, "B", "recorded"),
        (2, 4, "C", "recorded"),
        (1, 99, "C", "recorded"),
        (2, 5, "C", "conflicts"),
    ],
)
def test_an_operation_is_applied_recorded_or_in_conflict(
    epoch: int, seq: int, value: str, becomes: str
) -> None:
    verdict = judge(epoch, [Operation(1, seq, value)], HELD)
    for name in ("apply", "recorded", "conflicts"):
        assert bool(getattr(verdict, name)) is (name == becomes)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_of_one_request_the_newest_counts_in_any_order(order: tuple[int, ...]) -> None:
    operations = [Operation(1, seq, "ABC"[seq - 1]) for seq in order]
    verdict = judge(1, operations, {})
    assert verdict.apply == (Operation(1, 3, "C"),)
    assert len(verdict.superseded) == 2


def test_one_request_cannot_say_two_things_at_once() -> None:
    assert judge(1, [Operation(1, 1, "A"), Operation(1, 1, "B")], {}).conflicts == (1,)
    assert judge(1, [Operation(1, 1, "A"), Operation(1, 1, "A")], {}).conflicts == ()


OPERATIONS = st.lists(
    st.builds(Operation, st.just(1), st.integers(1, 6), st.sampled_from("AB")), max_size=4
)


@given(operations=OPERATIONS, data=st.data())
@example(
    operations=[Operation(1, 6, "A"), Operation(1, 6, "B"), Operation(1, 7, "A")], data=None
)  # what was contradicted is superseded, whether the newest comes first or last
def test_the_order_within_a_request_decides_nothing(operations: list[Operation], data: Any) -> None:
    shuffled = data.draw(st.permutations(operations)) if data else operations[::-1]
    one, other = (judge(2, each, HELD) for each in (operations, shuffled))
    for name in ("recorded", "superseded"):
        assert Counter(getattr(one, name)) == Counter(getattr(other, name))
    assert one.conflicts == other.conflicts
    if not one.conflicts:
        assert one.apply == other.apply


def test_what_a_page_lists_and_is_not_there_is_missing() -> None:
    assert missing(2, {1: 5, 2: 1}, HELD) == [2]
    assert missing(2, {1: 6}, HELD) == [1]
    assert missing(1, {1: 99}, HELD) == []


@pytest.mark.parametrize(
    ("minutes", "closes_in", "expected"), [(60, 120, 60), (60, 30, 30), (60, 60, 60)]
)
def test_time_is_over_after_the_minutes_or_when_the_window_closes(
    minutes: int, closes_in: int, expected: int
) -> None:
    closes_at = NOON + timedelta(minutes=closes_in)
    assert deadline(NOON, minutes, closes_at) == NOON + timedelta(minutes=expected)


@pytest.mark.parametrize(("seconds", "late"), [(0, False), (30, False), (30.1, True)])
def test_the_grace_is_thirty_seconds(seconds: float, late: bool) -> None:
    assert is_overdue(NOON, NOON + timedelta(seconds=seconds)) is late


ITEMS = {
    "single": Item(1, (1, 0, 2), 1, Type.SINGLE),
    "multiple": Item(1, (1, 0, 2), 1, Type.MULTIPLE),
    "true_false": Item(1, (), 1, Type.TRUE_FALSE),
    "fill_in": Item(1, (), 1, Type.FILL_IN, 2),
    "short_answer": Item(1, (), 1, Type.SHORT_ANSWER),
}


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("single", "C", "C"),
        ("single", None, None),
        ("multiple", ["C", "A"], ["A", "C"]),
        ("multiple", [], None),
        ("true_false", False, False),
        ("fill_in", ["二十", ""], ["二十", ""]),
        ("fill_in", ["", " "], None),
        ("short_answer", "一\r\n二\r三\n", "一\n二\n三\n"),
        ("short_answer", " \n", None),
        ("short_answer", "长" * 4000, "长" * 4000),
    ],
)
def test_sound_values_have_one_spelling(type_: str, value: Any, expected: Any) -> None:
    assert checked(value, ITEMS[type_]) == expected


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("single", "D"), ("single", "a"), ("single", ""), ("single", "AB"), ("single", ["A"]),
        ("single", True), ("single", 1), ("multiple", "A"), ("multiple", ["A", "A"]),
        ("multiple", ["D"]), ("multiple", [1]), ("true_false", "A"), ("true_false", 1),
        ("true_false", []), ("fill_in", ["一"]), ("fill_in", ["一", 2]), ("fill_in", "一"),
        ("fill_in", ["一" * 201, ""]), ("fill_in", ["一\n", ""]), ("fill_in", ["\ud800", ""]),
        ("short_answer", "长" * 4001), ("short_answer", "一\t二"), ("short_answer", "一\x7f"),
        ("short_answer", "\ud800"), ("short_answer", ["一"]), ("short_answer", True),
    ],
)  # fmt: skip
def test_unsound_values_are_refused(type_: str, value: Any) -> None:
    with pytest.raises(UnsoundValue):
        checked(value, ITEMS[type_])


@pytest.mark.parametrize(
    ("rule", "by_hand", "after", "expected"),
    [
        ("at_once", False, -60, True),
        ("after_window", False, 30, False),
        ("after_window", False, 31, True),
        ("by_hand", False, 9999, False),
        ("by_hand", True, -60, True),
        ("after_window", True, -60, True),
    ],
)
def test_results_are_released_by_rule_or_by_hand(
    rule: str, by_hand: bool, after: int, expected: bool
) -> None:
    now = NOON + timedelta(seconds=after)
    released_at = now if by_hand else None
    assert may_release(rule, closes_at=NOON, released_at=released_at, now=now) is expected


def test_a_voided_try_is_given_back() -> None:
    tries = [Try(AttemptState.VOIDED, 1, True), Try(AttemptState.SCORED, 2, False)]
    assert tries_used(tries) == 1
    assert not has_passed(tries)
    assert has_passed([*tries, Try(AttemptState.RELEASED, 3, True)])
    assert not awaits_marks(tries)
    assert awaits_marks([*tries, Try(AttemptState.SUBMITTED, 3, None)])
