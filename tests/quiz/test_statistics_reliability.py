"""Reliability and standard errors, against tables worked out by hand and a simulation.

The six candidates of test_statistics: 4, 3, 3, 2, 1, 1 right of four; p = 5/6, 4/6, 3/6, 2/6.
Σ p(1−p) = (5 + 8 + 9 + 8) ÷ 36 = 30/36. Mean 14/6; σ² = 40/6 − 49/9 = 11/9.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import exp, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quiz.reliability.rules import (
    MIN_PERSONS,
    Method,
    cronbach_alpha,
    drawn_error_variance,
    kuder_richardson_20,
    kuder_richardson_21,
    reliability,
    standard_error,
    variance,
)
from quiz.statistics.rules import Response, Sitting, pearson

TABLE = ((1, 1, 1, 1), (1, 1, 1, 0), (1, 1, 0, 1), (1, 0, 1, 0), (1, 0, 0, 0), (0, 1, 0, 0))


def test_kuder_richardson_20_of_the_table() -> None:
    """4/3 × (1 − (30/36) ÷ (11/9)) = 4/3 × 7/22 = 14/33."""
    assert kuder_richardson_20(TABLE) == pytest.approx(14 / 33)


def test_kuder_richardson_21_of_the_table() -> None:
    """4/3 × (1 − (7/3 × 5/3) ÷ (4 × 11/9)) = 4/3 × 9/44 = 3/11."""
    assert kuder_richardson_21([4, 3, 3, 2, 1, 1], 4) == pytest.approx(3 / 11)


def test_alpha_of_part_marks() -> None:
    """Three candidates, two questions: 0 1, 2 2, 4 6; totals 1, 4, 10.

    σ² = 8/3 and 14/3 (mean 3: 4+1+9); totals, mean 5: (16+1+25)/3 = 14. 2 × (1 − (22/3)/14) = 20/21.
    """
    assert cronbach_alpha([[0, 1], [2, 2], [4, 6]]) == pytest.approx(20 / 21)


@pytest.mark.parametrize("rows", [[], [[1], [0]], [[1, 0], [0, 1]]])
def test_no_coefficient_without_questions_or_spread(rows: list[list[int]]) -> None:
    assert cronbach_alpha(rows) is None
    assert kuder_richardson_20(rows) is None


@pytest.mark.parametrize(("totals", "k"), [([], 4), ([1, 0], 1), ([2, 2], 4)])
def test_no_formula_21_without_questions_or_spread(totals: list[int], k: int) -> None:
    assert kuder_richardson_21(totals, k) is None


@pytest.mark.parametrize(
    ("deviation", "coefficient", "error"), [(10, 0.84, 4), (10, 0, 10), (3, 1, 0), (3, 1.2, 0)]
)
def test_standard_error_of_measurement(deviation: float, coefficient: float, error: float) -> None:
    assert standard_error(deviation, coefficient) == pytest.approx(error)


def _drawn(rows: Sequence[Sequence[tuple[int, str]]]) -> list[Sitting]:
    """Papers of which no two share a question, from (marks, stratum)."""
    return [
        tuple(
            Response(100 * person + place, marks, 200, stratum=stratum)
            for place, (marks, stratum) in enumerate(row)
        )
        for person, row in enumerate(rows)
    ]


def test_error_of_drawn_papers_of_one_stratum() -> None:
    """Four candidates, 4, 3, 2, 1 right of four: squares within 0 + .75 + 1 + .75 = 2.5, 12 degrees.

    Error of a total 4 × 2.5/12 = 5/6. Totals vary by 5/3 (n−1), so the coefficient is a half; with n
    for n−1 it is formula 21: 1 − (1 − 21) × 3/4.
    """
    papers = _drawn([[(int(place < right), "s") for place in range(4)] for right in (4, 3, 2, 1)])
    error = drawn_error_variance(papers)
    assert error is not None
    assert error == pytest.approx(5 / 6)
    by_formula = kuder_richardson_21([4, 3, 2, 1], 4)
    assert by_formula is not None
    assert 1 - error / (5 / 3) == pytest.approx(1 - (1 - by_formula) * 3 / 4)


STRATA = (
    ((1, "a"), (1, "a"), (2, "b"), (2, "b")),  # 6 marks; variances within a 0, b 0
    ((1, "a"), (0, "a"), (2, "b"), (2, "b")),  # 5; ½, 0
    ((1, "a"), (0, "a"), (2, "b"), (0, "b")),  # 3; ½, 2
    ((0, "a"), (0, "a"), (2, "b"), (0, "b")),  # 2; 0, 2
)


def test_error_of_drawn_papers_of_two_strata() -> None:
    """Within a ¼ and within b 1 on average; 2 × ¼ + 2 × 1."""
    assert drawn_error_variance(_drawn(STRATA)) == pytest.approx(2.5)


def test_a_single_question_is_joined_with_the_largest_stratum() -> None:
    """a a b of 1 0 | 2 and 1 1 | 0: all in one: variances 1 and ⅓, mean ⅔, × 3."""
    rows = [[(1, "a"), (0, "a"), (2, "b")], [(1, "a"), (1, "a"), (0, "b")]]
    assert drawn_error_variance(_drawn(rows)) == pytest.approx(2)


def test_single_questions_are_joined_with_each_other() -> None:
    """a a | b c: a 1 1 and 0 0 without variance; b c 0 2 and 2 2: variances 2 and 0, mean 1, × 2."""
    rows = [
        [(1, "a"), (1, "a"), (0, "b"), (2, "c")],
        [(0, "a"), (0, "a"), (2, "b"), (2, "c")],
    ]
    assert drawn_error_variance(_drawn(rows)) == pytest.approx(2)


def test_papers_of_one_question_have_no_error_to_see() -> None:
    assert drawn_error_variance(_drawn([[(1, "a")], [(0, "a")]])) is None
    assert reliability(_drawn([[(n % 2, "a")] for n in range(MIN_PERSONS)])) is None


def _same(table: Sequence[Sequence[int]], worths: Sequence[int], times: int) -> list[Sitting]:
    return [
        tuple(Response(q, e * w, w) for q, (e, w) in enumerate(zip(row, worths, strict=True)))
        for row in table
        for _ in range(times)
    ]


def test_the_same_questions_right_or_wrong_give_formula_20() -> None:
    """Five times the table: 30 candidates; s² = 11/9 × 30/29 in squared marks."""
    found = reliability(_same(TABLE, (100,) * 4, 5))
    assert found is not None
    assert (found.method, found.persons) == (Method.KR20, 30)
    assert found.coefficient == pytest.approx(14 / 33)
    assert found.error == pytest.approx(100 * sqrt(11 / 9 * 30 / 29 * 19 / 33))


def test_the_same_questions_of_other_marks_give_alpha() -> None:
    found = reliability(_same(TABLE, (100, 100, 100, 200), 5))
    assert found is not None
    assert found.method is Method.ALPHA


def test_the_order_of_questions_on_the_paper_does_not_matter() -> None:
    papers = _same(TABLE, (100,) * 4, 5)
    turned = [tuple(reversed(paper)) if n % 2 else paper for n, paper in enumerate(papers)]
    assert reliability(turned) == reliability(papers)


def test_nothing_is_said_of_few_candidates_or_equal_marks() -> None:
    assert reliability(_same(TABLE, (100,) * 4, 4)) is None
    assert reliability(_same([(1, 0), (0, 1)], (100, 100), 20)) is None
    assert reliability(_same([(1,), (0,)], (100,), 20)) is None


def test_drawn_papers_predict_what_a_second_draw_gives() -> None:
    """800 candidates answer two papers of 25 drawn from 120 questions: their marks correlate as said."""
    dice = random.Random(5)
    hard = [dice.gauss(-0.5, 1) for _ in range(120)]
    first: list[Sitting] = []
    totals: tuple[list[float], list[float]] = ([], [])
    for _ in range(800):
        ability = dice.gauss(0, 1)
        drawn = dice.sample(range(120), 50)
        rights = [int(dice.random() < 1 / (1 + exp(hard[q] - ability))) for q in drawn]
        first.append([Response(q, 100 * r, 100) for q, r in zip(drawn[:25], rights, strict=False)])
        totals[0].append(sum(rights[:25]))
        totals[1].append(sum(rights[25:]))
    found = reliability(first)
    assert found is not None
    assert found.method is Method.DRAWN
    assert found.coefficient == pytest.approx(pearson(*totals), abs=0.03)
    # Half of the variance of the difference between two papers is the error of one.
    differences = [x - y for x, y in zip(*totals, strict=True)]
    assert found.error / 100 == pytest.approx(sqrt(variance(differences) / 2), rel=0.05)


ROWS = st.lists(st.lists(st.integers(0, 1), min_size=5, max_size=5), min_size=3, max_size=20)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.lists(st.integers(-9, 9), min_size=5, max_size=5), st.randoms())
def test_alpha_keeps_under_constants_scale_and_order(
    rows: list[list[int]], constants: list[int], dice: random.Random
) -> None:
    alpha = cronbach_alpha(rows)
    moved = [[2 * x + c for x, c in zip(row, constants, strict=True)] for row in rows]
    dice.shuffle(moved)
    if alpha is None:
        assert cronbach_alpha(moved) is None
        return
    assert alpha <= 1
    assert cronbach_alpha(moved) == pytest.approx(alpha, abs=1e-9)
    assert kuder_richardson_20(rows) == pytest.approx(alpha, abs=1e-9)
    # Formula 21 takes all questions for equally hard, and is never above formula 20.
    simple = kuder_richardson_21([sum(row) for row in rows], 5)
    assert simple is not None
    assert simple <= alpha + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=2, max_size=12))
def test_the_error_of_drawn_papers_is_nothing_only_where_no_answers_vary(
    rows: list[list[int]],
) -> None:
    """Every error variance is at least nothing, and nothing only where nobody's answers vary."""
    error = drawn_error_variance(_drawn([[(marks, "s") for marks in row] for row in rows]))
    assert error is not None
    assert error >= 0
    assert (error == 0) == all(len(set(row)) == 1 for row in rows)
