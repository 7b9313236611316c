"""Corrected keys: what they may be, what they are worth, and that two people decide."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.db import transaction
from core.errors import Conflict, Forbidden, Invalid
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import QuestionType, VersionState
from question_bank.suspensions.confirming.services import confirm
from question_bank.suspensions.services import suspend
from quiz.grading.rules import Corrected, grade, mark, to_letters
from quiz.keys.models import KeyCorrection
from quiz.keys.rules import Verdict, key_of, marking_key, right_key, strict_key
from quiz.occasions.models import MultipleRule
from quiz.papers.rules import Item
from tests.accounts.races import together
from tests.databases import both_databases
from tests.quiz.reports import correct, count, sat, scores, version_at

SINGLE, MULTIPLE = QuestionType.SINGLE, QuestionType.MULTIPLE
TRUE_FALSE, FILL_IN = QuestionType.TRUE_FALSE, QuestionType.FILL_IN
KEY, VOID = Verdict.KEY, Verdict.VOID


@pytest.mark.parametrize(
    ("type_", "texts", "key"),
    [
        (SINGLE, ["2"], [2]),
        (SINGLE, ["1", "2"], None),
        (SINGLE, ["4"], None),
        (SINGLE, ["x"], None),
        (SINGLE, [], None),
        (MULTIPLE, ["3", "0"], [0, 3]),
        (MULTIPLE, ["0"], None),
        (MULTIPLE, ["0", "0"], None),
        (MULTIPLE, ["0", "٣"], None),
        (TRUE_FALSE, ["true"], True),
        (TRUE_FALSE, ["false"], False),
        (TRUE_FALSE, ["true", "false"], None),
        (TRUE_FALSE, [], None),
        (FILL_IN, ["二十|20", " 工作日 "], [["二十", "20"], ["工作日"]]),
        (FILL_IN, ["二十"], None),
        (FILL_IN, ["二十", " | "], None),
    ],
)
def test_a_form_names_a_key_of_the_question_or_none(
    type_: QuestionType, texts: list[str], key: Any
) -> None:
    assert key_of(type_, texts, options=4, blanks=2) == key


@pytest.mark.parametrize(
    ("corrections", "marking", "right", "strict"),
    [
        ([], [1], [1], [1]),
        ([(KEY, [2])], Corrected(([1], [2])), [2], [2]),
        ([(KEY, [2]), (KEY, [0])], Corrected(([1], [2], [0])), [0], [0]),
        ([(VOID, None)], Corrected(([1],), True), [1], Corrected(([1],), True)),
        ([(KEY, [2]), (VOID, None)], Corrected(([1], [2]), True), [2], Corrected(([2],), True)),
        ([(VOID, None), (KEY, [2])], Corrected(([1], [2]), True), [2], [2]),
    ],
)
def test_exams_credit_every_key_that_was_in_force_and_practice_the_newest(
    corrections: Any, marking: Any, right: Any, strict: Any
) -> None:
    assert marking_key([1], corrections) == marking
    assert right_key([1], corrections) == right
    assert strict_key([1], corrections) == strict


_indexes = st.sets(st.integers(0, 3), min_size=1).map(sorted)


@given(_indexes, _indexes, st.none() | _indexes, st.sampled_from(list(MultipleRule)), st.booleans())
def test_no_correction_takes_marks_from_anybody(
    first: list[int], newer: list[int], chosen: list[int] | None, rule: str, void: bool
) -> None:
    item = Item(1, (2, 0, 3, 1), 4, MULTIPLE)
    value = None if chosen is None else to_letters(chosen, item.order)
    before = grade(value, first, item, rule)
    after = grade(value, Corrected((first, newer), void), item, rule)
    alone = grade(value, newer, item, rule)
    assert after.hundredths >= max(before.hundredths, alone.hundredths)
    assert after.is_right >= (before.is_right or alone.is_right)
    if void:
        assert (after.hundredths, after.is_right) == (400, True)


def test_the_digest_of_keys_names_the_correction() -> None:
    item = Item(1, (0, 1, 2, 3), 2, SINGLE)
    digests = {
        mark([item], {}, {1: key}, rule="all_or_nothing", pass_mark=1).key_digest
        for key in ([1], Corrected(([1], [2])), Corrected(([1],), True), [2])
    }
    assert len(digests) == 4


# --- asking and deciding -----------------------------------------------------------


@both_databases
def test_a_correction_is_in_force_once_a_second_person_agreed(app: Flask) -> None:
    one = sat(app, right=False)
    version_id = version_at(app, one.attempt_id)
    correct(app, version_id, one.reviewer, None, key=[3])
    with pytest.raises(Conflict, match="已经有一份同样的申请"):
        correct(app, version_id, one.second, None, key=[3])
    with pytest.raises(Forbidden):
        correct(app, version_at(app, one.attempt_id, 2), one.reviewer, one.reviewer)
    assert scores(app, one.attempt_id) == [(0, False)]  # and nobody is marked anew by itself


def test_a_question_with_a_corrected_key_is_not_confirmed_as_it_is(app: Flask) -> None:
    one = sat(app)
    version_id = version_at(app, one.attempt_id)
    correct(app, version_id, one.reviewer, one.city.office, key=[3])
    with app.app_context(), transaction() as session:
        suspend(session, version_id=version_id, reason="reported", by_id=None, now=clock.now())
    with (
        pytest.raises(Conflict, match="答案已经更正"),
        app.app_context(),
        transaction() as session,
    ):
        confirm(session, version_ids=[version_id], article_id=None, by_id=one.second.id,
                now=clock.now())  # fmt: skip
    with app.app_context(), transaction() as session:
        assert session.get_one(QuestionVersion, version_id).state is VersionState.NEEDS_REVIEW


@both_databases
def test_of_two_who_ask_at_once_one_is_heard(app: Flask) -> None:
    one = sat(app)
    version_id = version_at(app, one.attempt_id)
    results = together(
        app,
        lambda: correct(app, version_id, one.reviewer, None, key=[2]),
        lambda: correct(app, version_id, one.second, None, key=[3]),
    )
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    assert count(app, KeyCorrection) == 1


@pytest.mark.parametrize(("key", "sentence"), [([1], "一样")])
def test_a_correction_changes_something(app: Flask, key: Any, sentence: str) -> None:
    one = sat(app)
    with pytest.raises(Invalid, match=sentence):
        correct(app, version_at(app, one.attempt_id), one.reviewer, None, key=key)


def test_what_was_never_used_is_simply_edited(app: Flask) -> None:
    one = sat(app)
    version_id = version_at(app, one.attempt_id)
    with app.app_context(), transaction() as session:
        session.get_one(QuestionVersion, version_id).state = VersionState.DRAFT
    with pytest.raises(Invalid, match="还没有用过"):
        correct(app, version_id, one.reviewer, None, key=[2])
