"""Classical figures of questions, against tables worked out by hand.

Six candidates, four questions of one mark each, the same for all:

         q1 q2 q3 q4  total   rest of q1 q2 q3 q4 (marks on the other three)
    A     1  1  1  1    4                 3  3  3  3
    B     1  1  1  0    3                 2  2  2  3
    C     1  1  0  1    3                 2  2  3  2
    D     1  0  1  0    2                 1  2  1  2
    E     1  0  0  0    1                 0  1  1  1
    F     0  1  0  0    1                 1  0  1  1
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quiz.statistics.rules import (
    MIN_ANSWERS,
    Answers,
    Choice,
    Response,
    Sitting,
    analyse,
    by_question,
    discrimination,
    facility,
    figures,
    option_figures,
    pearson,
    seconds_spent,
    topmost,
    upper_lower,
    wilson,
)

TABLE = ((1, 1, 1, 1), (1, 1, 1, 0), (1, 1, 0, 1), (1, 0, 1, 0), (1, 0, 0, 0), (0, 1, 0, 0))
SITTINGS = [
    tuple(Response(number, 100 * right, 100) for number, right in enumerate(row, start=1))
    for row in TABLE
]
QUESTIONS = by_question(SITTINGS)
# What the six chose at q4: A and C the key (0), B option 1, D and E option 2, F nothing.
Q4 = Answers(
    QUESTIONS[4].shares,
    QUESTIONS[4].rests,
    [frozenset({0}), frozenset({1}), frozenset({0}), frozenset({2}), frozenset({2}), None],
    [],
)
OPTIONS = Choice(4, frozenset({0}))


@pytest.mark.parametrize(
    ("question", "p", "r"),
    [
        # Σ(x−x̄)(y−ȳ) ÷ √(Σ(x−x̄)² Σ(y−ȳ)²) with the rests above
        (1, 5 / 6, 0.5 / sqrt(5 / 6 * 5.5)),  # 8 − 5×1.5; 5 − 25/6; 19 − 81/6
        (2, 4 / 6, 1 / 8),  # 7 − 4×10/6 = 1/3; √(4/3 × 16/3) = 8/3
        (3, 3 / 6, 0.5 / sqrt(7.25)),  # 6 − 3×11/6; 1.5 × (25 − 121/6)
        (4, 2 / 6, 1 / sqrt(16 / 3)),  # 5 − 2×2; (2 − 4/6) × (28 − 144/6)
    ],
)
def test_facility_and_discrimination_of_the_table(question: int, p: float, r: float) -> None:
    assert facility(QUESTIONS[question].shares) == pytest.approx(p)
    assert discrimination(QUESTIONS[question]) == pytest.approx(r)


@pytest.mark.parametrize(
    ("question", "upper", "lower"),
    [
        # 27 % of six is two places. q2: A, then B, C and D (right 1, 1, 0) share one place
        (2, (1 + 2 / 3) / 2, 0.5),  # lowest: F right, E wrong
        (4, 0.5, 0.0),  # A and B; E and F
        # q3: A and C (3 marks); the lowest three tie for two places: D right, E and F wrong
        (3, 0.5, 1 / 3),
    ],
)
def test_upper_and_lower_groups_of_the_table(question: int, upper: float, lower: float) -> None:
    assert upper_lower(QUESTIONS[question]) == pytest.approx(upper - lower)


def test_groups_are_of_twenty_seven_in_a_hundred() -> None:
    """Ten candidates, 2.7 places: three. The best three right, the fourth not; the seventh, no more."""
    shares = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert upper_lower(Answers(shares, [float(rest) for rest in range(10, 0, -1)], [], [])) == 1


def test_options_of_the_table_by_thirds() -> None:
    """Thirds of two by the rest of q4: A B, C D, E F. Rests 3 3 2 2 1 1, their squares sum to 4."""
    found = option_figures(Q4, OPTIONS)
    rows = [(o.option, o.is_key, o.share, o.upper, o.middle, o.lower) for o in found]
    assert rows == [
        (0, True, pytest.approx(2 / 6), 0.5, 0.5, 0.0),
        (1, False, pytest.approx(1 / 6), 0.5, 0.0, 0.0),
        (2, False, pytest.approx(2 / 6), 0.0, 0.5, 0.5),
        (3, False, 0.0, 0.0, 0.0, 0.0),
    ]
    assert [o.correlation for o in found] == [
        pytest.approx(1 / sqrt(4 / 3 * 4)),  # 3+2 − 2×2
        pytest.approx(1 / sqrt(5 / 6 * 4)),  # 3 − 1×2
        pytest.approx(-1 / sqrt(4 / 3 * 4)),  # 2+1 − 2×2
        None,
    ]
    assert figures(4, Q4, OPTIONS, 6).omitted == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [  # Newcombe (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_as_published(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right / n, n) == pytest.approx((low, high), abs=5e-5)


def test_part_marks_count_as_shares() -> None:
    """150 of 300, 200 of 200, 0 of 100 and 25 of 100: (0.5 + 1 + 0 + 0.25) ÷ 4."""
    shares = by_question([[Response(1, e, w)] for e, w in ((150, 300), (200, 200), (0, 100), (25, 100))])  # fmt: skip
    assert facility(shares[1].shares) == 0.4375


def test_candidates_with_other_papers_are_ranked_by_shares_of_the_rest() -> None:
    """One earned 200 of 400 elsewhere, the other 200 of 200."""
    long = [Response(1, 100, 100), Response(2, 200, 300), Response(3, 0, 100)]
    short = [Response(1, 0, 100), Response(4, 200, 200)]
    assert by_question([long, short])[1].rests == [0.5, 1.0]


def test_a_paper_of_one_question_tells_nobody_apart() -> None:
    answers = by_question([[Response(1, 100, 100)], [Response(1, 0, 100)]])[1]
    assert (discrimination(answers), upper_lower(answers)) == (None, None)


def test_nothing_is_said_of_few_answers() -> None:
    few = [SITTINGS[0]] * (MIN_ANSWERS - 1)
    assert analyse(few, {}) == {}
    assert set(analyse([*few, SITTINGS[1]], {})) == {1, 2, 3, 4}


def test_all_figures_of_a_question() -> None:
    tries: list[Sitting] = [
        (
            Response(1, 100, 100, frozenset({1}), seconds=float(10 + number % 3)),
            Response(2, 100 * (number % 2), 100),
        )
        for number in range(40)
    ]
    tries += [(Response(2, 0, 100),)] * 40
    one, two = analyse(tries, {1: Choice(2, frozenset({1}))}).values()
    assert (one.answers, one.facility, one.exposure, one.seconds) == (40, 1.0, 0.5, 11.0)
    assert (one.discrimination, one.omitted) == (None, 0.0)
    assert [option.share for option in one.options] == [0.0, 1.0]
    assert (two.answers, two.facility, two.exposure, two.options) == (80, 0.25, 1.0, ())
    assert two.low < two.facility < two.high


@pytest.mark.parametrize(
    ("scores", "share", "weights"),
    [
        ([5, 4, 3, 2], 0.27, [1, 0, 0, 0]),  # 1.08 places: one
        ([3, 3, 1, 1], 0.27, [0.5, 0.5, 0, 0]),
        ([4, 4, 4, 1, 1, 1], 1 / 3, [2 / 3, 2 / 3, 2 / 3, 0, 0, 0]),
        ([2, 1], 0.27, [1, 0]),  # one place at least
        ([2, 1, 0], 0.9, [1, 0, 0]),  # half at most
    ],
)
def test_ties_divide_the_last_places(
    scores: list[float], share: float, weights: list[float]
) -> None:
    assert topmost(scores, share) == pytest.approx(weights)


def test_time_is_the_gap_to_the_save_before() -> None:
    """Start 0 s; question 7 saved at 20 s, 3 and 4 together at 50 s, 9 at 55 s."""
    start = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    saved = {q: start + timedelta(seconds=s) for q, s in ((9, 55), (3, 50), (4, 50), (7, 20))}
    assert seconds_spent(start, saved) == {7: 20.0, 3: 15.0, 4: 15.0, 9: 5.0}
    assert seconds_spent(start, {1: start - timedelta(seconds=5)}) == {1: 0.0}


SHARES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 6), st.integers(0, 3)), min_size=2, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(SHARES, st.randoms(use_true_random=False))
def test_figures_keep_their_bounds_and_do_not_depend_on_order(
    rows: list[tuple[int, int, int]], dice: random.Random
) -> None:
    tries: list[Sitting] = [
        (Response(1, 25 * share, 100, frozenset({chosen})), Response(2, 50 * rest, 300))
        for share, rest, chosen in rows
    ]
    choices = {1: OPTIONS}
    before = analyse(tries, choices, at_least=1)
    dice.shuffle(tries)
    assert analyse(tries, choices, at_least=1) == before
    one = before[1]
    assert 0 <= one.low <= one.facility <= one.high <= 1
    assert sum(option.share for option in one.options) == pytest.approx(1)
    for figure in (one.discrimination, one.upper_lower, *(o.correlation for o in one.options)):
        assert figure is None or -1 <= figure <= 1


@settings(max_examples=60, deadline=None)
@given(SHARES, st.integers(1, 9), st.integers(-50, 50))
def test_correlation_does_not_depend_on_the_scale(
    rows: list[tuple[int, int, int]], factor: int, constant: int
) -> None:
    xs, ys = [float(row[0]) for row in rows], [float(row[1]) for row in rows]
    r = pearson(xs, ys)
    moved = pearson([factor * x + constant for x in xs], ys)
    turned = pearson([-x for x in xs], ys)
    if r is None:
        assert moved is turned is None
    else:
        assert moved == pytest.approx(r, abs=1e-9)
        assert turned == pytest.approx(-r, abs=1e-9)
