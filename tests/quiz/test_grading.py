"""What answers are worth, as tables. Marks in hundredths."""

from __future__ import annotations

from typing import Any

import pytest

from question_bank.questions.rules import QuestionType as Type
from quiz.grading.rules import (
    Unmarked,
    for_people,
    grade,
    mark,
    normalised,
    to_indexes,
    to_letters,
)
from quiz.papers.rules import Item

ORDER = (2, 0, 3, 1)  # A shows option 2, B shows 0, C shows 3, D shows 1
SINGLE = Item(1, ORDER, 2, Type.SINGLE)
MULTIPLE = Item(2, ORDER, 3, Type.MULTIPLE)
JUDGE = Item(3, (), 1, Type.TRUE_FALSE)
FILL = Item(4, (), 5, Type.FILL_IN, 2)
ESSAY = Item(6, (), 5, Type.SHORT_ANSWER)
THREE = Item(5, (), 1, Type.FILL_IN, 3)


@pytest.mark.parametrize(
    ("item", "value", "key", "hundredths", "is_right"),
    [
        (SINGLE, "B", [0], 200, True),
        (SINGLE, "A", [0], 0, False),
        (SINGLE, None, [0], 0, False),
        (JUDGE, True, True, 100, True),
        (JUDGE, False, False, 100, True),
        (JUDGE, False, True, 0, False),
        (JUDGE, None, False, 0, False),
        (FILL, ["二十", "工作日"], [["二十", "20"], ["工作日"]], 500, True),
        (FILL, ["２０", " 工作 日 "], [["二十", "20"], ["工作日"]], 500, True),
        (FILL, ["30", "工作日"], [["二十", "20"], ["工作日"]], 250, False),
        (FILL, ["", "工作日"], [["二十"], ["工作日"]], 250, False),
        (FILL, None, [["二十"], ["工作日"]], 0, False),
        (THREE, ["a", "B", "x"], [["A"], ["b"], ["c"]], 66, False),  # a fraction is dropped
    ],
)
def test_simple_types(item: Item, value: Any, key: Any, hundredths: int, is_right: bool) -> None:
    got = grade(value, key, item, "all_or_nothing")
    assert (got.hundredths, got.is_right) == (hundredths, is_right)


@pytest.mark.parametrize(
    ("rule", "value", "hundredths", "is_right"),
    [
        # key: options 0 and 3, shown as B and C, of four; three marks
        ("all_or_nothing", ["B", "C"], 300, True),
        ("all_or_nothing", ["B"], 0, False),
        ("all_or_nothing", ["A", "B", "C"], 0, False),
        ("partial", ["B", "C"], 300, True),
        ("partial", ["B"], 150, False),
        ("partial", ["A", "B"], 0, False),
        ("partial", None, 0, False),
        ("per_option", ["B", "C"], 300, True),
        ("per_option", ["B"], 225, False),
        ("per_option", ["A", "B", "C"], 225, False),
        ("per_option", ["A", "D"], 0, False),
        ("per_option", None, 0, False),
    ],
)
def test_multiple_choice(rule: str, value: Any, hundredths: int, is_right: bool) -> None:
    got = grade(value, [0, 3], MULTIPLE, rule)
    assert (got.hundredths, got.is_right) == (hundredths, is_right)


@pytest.mark.parametrize(
    ("value", "given", "hundredths", "is_right"),
    [
        ("三个要点", 500, 500, True),
        ("三个要点", 350, 350, False),
        ("三个要点", 0, 0, False),
        (None, None, 0, False),  # left empty: nothing, and nobody is asked
    ],
)
def test_a_short_answer_earns_what_people_gave(
    value: Any, given: int | None, hundredths: int, is_right: bool
) -> None:
    got = grade(value, "要点", ESSAY, "all_or_nothing", given)
    assert (got.hundredths, got.is_right) == (hundredths, is_right)


def test_a_short_answer_that_nobody_marked_has_no_marks() -> None:
    with pytest.raises(Unmarked):
        mark([SINGLE, ESSAY], {2: "要点"}, {1: [0], 6: "要点"}, rule="partial", pass_mark=1)


def test_people_mark_the_short_answers_that_hold_something() -> None:
    items = [SINGLE, ESSAY, ESSAY, MULTIPLE]
    assert for_people(items, {1, 2, 4}) == [2]
    assert for_people(items, {1, 2, 3, 4}) == [2, 3]
    assert for_people(items, set()) == for_people([SINGLE, FILL], {1, 2}) == []


def test_a_paper_adds_up_what_people_and_keys_give() -> None:
    got = mark(
        [SINGLE, ESSAY], {1: "B", 2: "要点"}, {1: [0], 6: "要点"}, rule="partial", pass_mark=5,
        given={2: 350},
    )  # fmt: skip
    assert (got.marks, got.max_marks, got.is_pass) == (550, 700, True)
    assert [one.hundredths for one in got.by_position] == [200, 350]


@pytest.mark.parametrize(
    ("left", "right"),
    [("ＡＢＣ１２", "abc12"), ("二十　个 工作日", "二十个工作日"), ("（一）", "(一)")],
)
def test_blanks_are_compared_without_case_width_and_blanks(left: str, right: str) -> None:
    assert normalised(left) == normalised(right)


def test_letters_follow_the_paper() -> None:
    assert to_indexes(["A", "D"], ORDER) == {2, 1}
    assert to_letters([2, 1], ORDER) == ["A", "D"]


def test_a_paper_is_marked_against_the_pass_mark_and_the_same_every_time() -> None:
    items, keys = [SINGLE, MULTIPLE, JUDGE], {1: [0], 2: [0, 3], 3: True}
    values = {1: "B", 2: ["B"], 3: True}
    first = mark(items, values, keys, rule="partial", pass_mark=4)
    assert (first.marks, first.max_marks, first.is_pass) == (450, 600, True)
    assert not mark(items, values, keys, rule="partial", pass_mark=5).is_pass
    assert mark(items, values, keys, rule="partial", pass_mark=4) == first
    other = mark(items, values, keys | {1: [1]}, rule="partial", pass_mark=4)
    assert other.key_digest != first.key_digest
