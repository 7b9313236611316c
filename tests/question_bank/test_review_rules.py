"""What counts as a change between two versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.differences import Change, Segment
from question_bank.questions.rules import Difficulty, Draft, Pool, QuestionType
from question_bank.review.rules import (
    FieldChange,
    field_changes,
    key_changed,
    marked_lines,
    option_pairs,
)
from tests.question_bank.helpers import draft

FILL, SHORT = QuestionType.FILL_IN, QuestionType.SHORT_ANSWER
ABC = ("十日", "二十日", "三十日")


def _fill(*key: list[str]) -> Draft:
    return Draft(FILL, "收到之日起（　）内答复。", (), list(key))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (draft(), draft(explanation="另一种说法"), False),
        (draft(key=[1]), draft(key=[2]), True),
        # the options in another order, the same text right
        (draft(options=ABC, key=[1]), draft(options=("二十日", "十日", "三十日"), key=[0]), False),
        # the same letter, another text
        (draft(options=ABC, key=[1]), draft(options=("十日", "十五日", "三十日"), key=[1]), True),
        (draft(options=ABC, key=[1]), draft(options=("十日", "三十日", "二十日"), key=[1]), True),
        # a wrong option reworded
        (draft(options=ABC, key=[1]), draft(options=("五日", "二十日", "三十日"), key=[1]), False),
        (draft(key=[1]), draft(type=QuestionType.MULTIPLE, key=[1]), True),
        (_fill(["20", "二十"]), _fill(["二十", "20"]), False),
        (_fill(["20", "二十"]), _fill(["20"]), True),
        (_fill(["20"], ["日"]), _fill(["日"], ["20"]), True),
        (Draft(QuestionType.TRUE_FALSE, "公开。", (), True), Draft(QuestionType.TRUE_FALSE, "公开。", (), False), True),
        (Draft(SHORT, "简述。", (), "要点一"), Draft(SHORT, "简述。", (), "要点二"), True),
    ],
)  # fmt: skip
def test_a_key_is_compared_by_what_it_says(before: Draft, after: Draft, changed: bool) -> None:
    assert key_changed(before, after) is changed
    assert key_changed(after, before) is changed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"key": [2]}, [FieldChange("key", "B", "C")]),
        ({"options": ("二十日", "十日", "三十日"), "key": [0]},
         [FieldChange("key_moved", "B", "A"), FieldChange("options")]),
        ({"difficulty": Difficulty.HARD}, [FieldChange("difficulty", "medium", "hard")]),
        ({"pool": Pool.EXAM, "explanation": "新解析"},
         [FieldChange("pool", "both", "exam"), FieldChange("explanation")]),
        ({"basis": "《条例》第二条"}, [FieldChange("basis", "", "《条例》第二条")]),
        ({"stem": "新题干", "passage": "材料"}, [FieldChange("passage"), FieldChange("stem")]),
        ({"may_shuffle": False}, [FieldChange("shuffle", "True", "False")]),
    ],
)  # fmt: skip
def test_the_fields_that_differ_are_named(
    changes: dict[str, Any], expected: list[FieldChange]
) -> None:
    assert field_changes(draft(), draft(**changes), "甲", "甲") == expected


def test_another_topic_is_a_change() -> None:
    assert field_changes(draft(), draft(), "甲", "乙") == [FieldChange("topic", "甲", "乙")]


TEXTS = st.lists(st.text("甲乙丙丁", min_size=1, max_size=3), max_size=8, unique=True)


@given(TEXTS, TEXTS)
def test_options_are_paired_one_to_one_and_equal_texts_first(
    before: list[str], after: list[str]
) -> None:
    pairs = option_pairs(before, after)
    assert len(set(pairs.values())) == len(pairs) == min(len(before), len(after))
    assert all(after[pairs[at]] == text for at, text in enumerate(before) if text in after)


def test_lines_mark_what_differs_and_say_which_is_the_key() -> None:
    left, right = marked_lines(draft(), draft(options=("十日", "15日", "三十日"), key=[2]))
    by_line = {line.at: line for line in right}
    assert [line.at for line in left] == [
        "stem", "option:0", "option:1", "option:2", "explanation", "basis",
    ]  # fmt: skip
    assert by_line["option:1"].pieces == [
        Segment(Change.ADDED, "15"), Segment(Change.SAME, "日"),
    ] or by_line["option:1"].pieces == [Segment(Change.ADDED, "15日")]  # fmt: skip
    assert by_line["option:2"].is_key
    assert not by_line["stem"].has_changed
    assert by_line["option:1"].has_changed


def test_a_key_without_options_is_a_line() -> None:
    left, right = marked_lines(_fill(["20"]), _fill(["20"], ["日", "天"]))
    assert ["".join(piece.text for piece in line.pieces) for line in (*left, *right) if line.is_key] == [
        "20", "20｜日＝天",
    ]  # fmt: skip


def test_versions_are_compared_in_words() -> None:
    rich = draft(
        stem="**期限**是（　）", options=("*十日*", "二十日", "三十日"), is_rich=True,
        explanation="见\n\n- 第一条\n- 第二条",
    )  # fmt: skip
    for lines in marked_lines(draft(), rich):
        said = "".join(piece.text for line in lines for piece in line.pieces)
        assert not set("*-") & set(said)
    _left, right = marked_lines(rich, replace(rich, stem="期限是（　）"))
    assert not any(line.has_changed for line in right)
