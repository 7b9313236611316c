"""Difficulty from a label to data, and back to easy, medium or hard."""

from __future__ import annotations

import random
from itertools import pairwise
from math import log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.questions.rules import Difficulty
from quiz.difficulty.rules import (
    LABELLED,
    MARGIN,
    STRENGTH,
    STRONGEST,
    WEAKEST,
    Belief,
    Labelled,
    assembled,
    difficulty_at,
    facility_at,
    label_beliefs,
    level,
    observed,
    shrunk,
)

EASY, MEDIUM, HARD = Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD
PROMISED = label_beliefs([])


def test_labels_stand_for_what_they_promise_in_a_new_bank() -> None:
    assert {label: facility_at(belief.mean) for label, belief in PROMISED.items()} == {
        label: pytest.approx(p) for label, p in LABELLED.items()
    }
    assert {belief.strength for belief in PROMISED.values()} == {STRENGTH}
    assert [level(PROMISED[label].mean, label) for label in LABELLED] == [EASY, MEDIUM, HARD]


@pytest.mark.parametrize(
    ("answers", "p", "logit"),
    [(4, 0.5, 0.0), (10, 1.0, log(0.5 / 10.5)), (10, 0.0, log(10.5 / 0.5)), (8, 0.75, log(2.5 / 6.5))],
)  # fmt: skip
def test_observed_logits_are_finite(answers: int, p: float, logit: float) -> None:
    assert observed(answers, p) == pytest.approx(logit)


@pytest.mark.parametrize(
    ("answers", "p", "mean"),
    [
        # prior ln(.45/.55) = −.200671 worth 30 answers
        (0, 0.0, -0.200671),
        (30, 0.5, -0.100335),  # halfway to 0
        (60, 0.25, 0.651025),  # ln(45.5/15.5) = 1.076872; (−.200671 + 2 × 1.076872) ÷ 3
        (2970, 0.5, -0.002007),  # a hundredth is left of the label
    ],
)
def test_shrinkage_of_a_medium_question(answers: int, p: float, mean: float) -> None:
    found = shrunk(PROMISED[MEDIUM], answers, p)
    assert found.mean == pytest.approx(mean, abs=1e-6)
    assert found.strength == 30 + answers


def test_the_deviation_of_a_belief() -> None:
    """100 answers at one half: 1 ÷ √(100 × ¼) = 0.2."""
    assert Belief(0.0, 100).deviation == pytest.approx(0.2)


def test_what_a_label_meant_is_taken_from_the_bank() -> None:
    """Ten questions with 80 of 100 right, ten with 50 of 100.

    Logits ln(20.5/80.5) = −1.367832 and 0; variance 20 × 0.683916² ÷ 19 = 0.492359. Sampling
    variances 1 ÷ (100 × .797030 × .202970) = 0.061815 and 0.04, mean 0.050907; τ² = 0.441452.
    Weights 1 ÷ .503267 = 1.987018 and 1 ÷ .481452 = 2.077051; mean −1.367832 × 1.987018 ÷ 4.064069
    = −0.668765. p = 0.661227; 1 ÷ (.441452 × .661227 × .338773) = 10.112.
    """
    bank = [Labelled(EASY, 100, 0.8)] * 10 + [Labelled(EASY, 100, 0.5)] * 10
    found = label_beliefs([*bank, Labelled(EASY, 29, 0.0)])  # the last has too few answers to count
    assert found[EASY].mean == pytest.approx(-0.668765, abs=1e-5)
    assert found[EASY].strength == pytest.approx(10.112, abs=1e-3)
    assert found[HARD] == PROMISED[HARD]
    assert label_beliefs(bank[1:]) == PROMISED  # nineteen are too few


@pytest.mark.parametrize(
    ("facilities", "strength"),
    [([0.8] * 20, STRONGEST), ([0.05, 0.95] * 10, WEAKEST)],
)
def test_a_label_is_never_worth_everything_or_nothing(
    facilities: list[float], strength: float
) -> None:
    found = label_beliefs([Labelled(HARD, 1000, p) for p in facilities])
    assert found[HARD].strength == strength


def test_shrinkage_comes_nearer_to_the_truth_than_label_or_data_alone() -> None:
    """300 questions whose logits vary by 0.6 about 0.2, 40 answers each."""
    dice = random.Random(3)
    truths = [dice.gauss(0.2, 0.6) for _ in range(300)]
    rows = [
        Labelled(MEDIUM, 40, sum(dice.random() < facility_at(d) for _ in range(40)) / 40)
        for d in truths
    ]
    belief = label_beliefs(rows)[MEDIUM]
    assert belief.mean == pytest.approx(0.2, abs=0.1)
    # 1 ÷ (0.36 × ¼) = 11
    assert belief.strength == pytest.approx(11.2, abs=4)

    def error(estimates: list[float]) -> float:
        return sqrt(sum((e - d) ** 2 for e, d in zip(estimates, truths, strict=True)) / 300)

    both = error([shrunk(belief, one.answers, one.facility).mean for one in rows])
    assert both < error([observed(one.answers, one.facility) for one in rows])
    assert both < error([belief.mean] * 300)


@pytest.mark.parametrize(
    ("difficulty", "current", "expected"),
    [
        # cuts: ln(.3/.7) = −0.847 and ln(.6/.4) = 0.405, with 0.2 on either side
        (-1.1, MEDIUM, EASY),
        (-1.0, MEDIUM, MEDIUM),
        (-1.0, EASY, EASY),
        (-0.7, EASY, EASY),
        (-0.6, EASY, MEDIUM),
        (0.5, MEDIUM, MEDIUM),
        (0.7, MEDIUM, HARD),
        (0.5, HARD, HARD),
        (0.1, HARD, MEDIUM),
        (0.7, EASY, HARD),
        (-1.1, HARD, EASY),
    ],
)
def test_levels_are_left_only_a_margin_beyond_the_cut(
    difficulty: float, current: Difficulty, expected: Difficulty
) -> None:
    assert level(difficulty, current) is expected


@given(
    st.floats(-3, 3),
    st.lists(st.floats(-MARGIN * 0.99, MARGIN * 0.99), min_size=2, max_size=20),
    st.sampled_from([EASY, MEDIUM, HARD]),
)
def test_noise_below_the_margin_never_moves_a_question_back(
    centre: float, noise: list[float], first: Difficulty
) -> None:
    """Within a band as wide as the margins, a question moves at most away from where it came from."""
    seen = [first]
    for one in noise:
        seen.append(level(centre + one, seen[-1]))
    moves = [after for before, after in pairwise(seen) if after is not before]
    assert len(moves) == len(set(moves))
    assert first not in moves


@given(
    st.sampled_from([EASY, MEDIUM, HARD]),
    st.integers(1, 5000),
    st.floats(0, 1),
)
def test_shrunk_lies_between_label_and_data(label: Difficulty, answers: int, p: float) -> None:
    low, high = sorted([PROMISED[label].mean, observed(answers, p)])
    assert low - 1e-9 <= shrunk(PROMISED[label], answers, p).mean <= high + 1e-9


@pytest.mark.parametrize(
    ("answers", "p", "expected"),
    [
        (0, 0.0, EASY),  # the label
        (29, 0.0, EASY),  # still
        (30, 0.0, HARD),
        (60, 0.72, EASY),
        (400, 0.55, MEDIUM),
        (400, 0.15, HARD),
    ],
)
def test_assembly_uses_the_label_first_and_then_the_answers(
    answers: int, p: float, expected: Difficulty
) -> None:
    assert assembled(Labelled(EASY, answers, p), EASY, PROMISED) is expected


def test_facility_and_logits_are_each_other_s_inverse() -> None:
    assert facility_at(difficulty_at(0.3)) == pytest.approx(0.3)
