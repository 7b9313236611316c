"""Which questions should be looked at, as tables; and that sound ones are left alone."""

from __future__ import annotations

import random
from math import exp, sqrt

import pytest

from quiz.flags.rules import (
    Flag,
    Flagged,
    Window,
    change_z,
    drifted,
    flags,
    highest,
    too_hard_below,
)
from quiz.statistics.rules import Choice, Figures, OptionFigures, Response, Sitting, analyse

FOUR = Choice(4, frozenset({0}))
MANY = Choice(4, frozenset({0, 1}), is_multiple=True)
# share, upper third, correlation of each option; the key first
SOUND = ((0.6, 0.8, 0.35), (0.2, 0.1, -0.2), (0.1, 0.05, -0.15), (0.1, 0.05, -0.15))


def _figures(
    answers: int,
    p: float = 0.6,
    r: float | None = 0.35,
    options: tuple[tuple[float, float, float], ...] = SOUND,
    keys: frozenset[int] = FOUR.key,
) -> Figures:
    rows = tuple(
        OptionFigures(number, number in keys, share, upper, share, share, correlation)
        for number, (share, upper, correlation) in enumerate(options)
    )
    return Figures(1, answers, p, 0.0, 1.0, r, None, 0.0, rows, 1.0, None)


def _names(found: list[Flagged]) -> list[tuple[str, int | None]]:
    return [(one.flag.value, one.option) for one in found]


@pytest.mark.parametrize(
    ("answers", "p", "expected"),
    [
        # the 95 % bound, not the figure, must be past 0.90 and 0.30
        (200, 0.95, [("too_easy", None)]),
        (50, 0.95, []),
        (50, 1.0, [("too_easy", None)]),
        (49, 1.0, []),  # too few answers
        (200, 0.60, []),
        (200, 0.20, [("too_hard", None)]),
        (50, 0.22, []),
        (50, 0.10, [("too_hard", None)]),
    ],
)
def test_easy_and_hard(answers: int, p: float, expected: list[tuple[str, None]]) -> None:
    assert _names(flags(_figures(answers, p))) == expected


@pytest.mark.parametrize(
    ("choice", "below"),
    [
        (None, 0.30),
        (FOUR, 0.30),
        (Choice(3, frozenset({0})), 1 / 3 + 0.05),
        (Choice(2, frozenset({1})), 0.55),
        (MANY, 0.30),
    ],
)
def test_too_hard_is_hardly_above_guessing(choice: Choice | None, below: float) -> None:
    assert too_hard_below(choice) == pytest.approx(below)


@pytest.mark.parametrize(
    ("answers", "r", "expected"),
    [
        # bound: tanh(artanh r + 1.645 ÷ √(n−3))
        (103, 0.30, []),
        (103, 0.10, []),  # artanh .1003 + .1645: bound .26
        (103, 0.02, [("low_discrimination", None)]),  # .02 + .1645: bound .18
        (103, -0.10, [("low_discrimination", None)]),  # −.1003 + .1645: bound .06
        (103, -0.20, [("negative_discrimination", None)]),  # −.2027 + .1645: bound −.04
        (1603, 0.10, [("low_discrimination", None)]),  # .1003 + .0411: bound .14
        (103, None, []),
        (53, -1.0, [("negative_discrimination", None)]),
        (53, 1.0, []),
    ],
)
def test_discrimination(answers: int, r: float | None, expected: list[tuple[str, None]]) -> None:
    assert _names(flags(_figures(answers, 0.6, r))) == expected


def test_the_bound_of_a_correlation() -> None:
    """artanh 0.5 = 0.549306; 1.644854 ÷ √100 = 0.164485; tanh 0.713792 = 0.613049 (Fisher, 1921)."""
    assert highest(0.5, 103) == pytest.approx(0.613049, abs=1e-6)


@pytest.mark.parametrize(
    ("answers", "options", "expected"),
    [
        (150, SOUND, []),
        # of 50 in the upper third 30 chose b and 10 the key: 20 ÷ √40 = 3.2
        (150, ((0.3, 0.2, 0.1), (0.5, 0.6, 0.05), (0.1, 0.1, 0), (0.1, 0.1, 0)), [("key_suspect", 1)]),
        # 28 and 20: 8 ÷ √48 = 1.2, chance
        (150, ((0.4, 0.40, 0.2), (0.4, 0.56, 0.1), (0.1, 0.1, 0), (0.1, 0.1, 0)), []),
        # nobody in the upper third chose either
        (150, ((0.3, 0.0, 0.2), (0.5, 0.0, 0.1), (0.1, 0.5, 0.1), (0.1, 0.5, 0.1)), [("key_suspect", 2), ("key_suspect", 3)]),
        # goes with high marks beyond chance (artanh .2 = .2027 > 1.645 ÷ √147 = .1357), more than the key
        (150, ((0.6, 0.7, 0.1), (0.2, 0.2, 0.2), (0.1, 0.1, 0), (0.1, 0.1, 0)), [("key_suspect", 1)]),
        # …less than the key
        (150, ((0.6, 0.7, 0.3), (0.2, 0.2, 0.2), (0.1, 0.1, 0), (0.1, 0.1, 0)), []),
        # …not beyond chance (.1003)
        (150, ((0.6, 0.7, 0.0), (0.2, 0.2, 0.1), (0.1, 0.1, 0), (0.1, 0.1, 0)), []),
        # five in a hundred and fifty are too few to accuse a key; the option is dead instead
        (150, ((0.7, 0.7, 0.1), (0.03, 0.1, 0.25), (0.17, 0.1, 0), (0.1, 0.1, 0)), [("dead_distractor", 1)]),
    ],
)  # fmt: skip
def test_suspect_keys(
    answers: int,
    options: tuple[tuple[float, float, float], ...],
    expected: list[tuple[str, int | None]],
) -> None:
    assert _names(flags(_figures(answers, options=options), FOUR)) == expected


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ((0.5, 0.7, 0.3), [("key_suspect", 2)]),  # more than the weaker key, and goes with marks
        ((0.5, 0.7, 0.0), []),  # often chosen, but by all alike
        ((0.3, 0.3, 0.3), []),  # goes with marks, but the keys are chosen more
    ],
)
def test_a_hard_right_option_of_several_is_no_mistake(
    wrong: tuple[float, float, float], expected: list[tuple[str, int | None]]
) -> None:
    options = ((0.9, 0.9, 0.3), (0.35, 0.35, 0.1), wrong, (0.1, 0.1, -0.1))
    assert _names(flags(_figures(150, options=options, keys=MANY.key), MANY)) == expected


@pytest.mark.parametrize(
    ("answers", "p", "choice", "expected"),
    [
        (100, 0.6, FOUR, [("dead_distractor", 2), ("dead_distractor", 3)]),
        (99, 0.6, FOUR, []),  # too few answers to say so
        (400, 0.97, FOUR, [("too_easy", None)]),  # which says it already
        (100, 0.6, Choice(2, frozenset({0})), []),
        (100, 0.6, None, []),
    ],
)
def test_dead_distractors(
    answers: int, p: float, choice: Choice | None, expected: list[tuple[str, int | None]]
) -> None:
    options = ((0.6, 0.8, 0.35), (0.35, 0.1, -0.2), (0.04, 0.0, -0.1), (0.01, 0.0, -0.1))
    assert _names(flags(_figures(answers, p, options=options), choice)) == expected


def test_a_question_without_a_key_is_not_suspected() -> None:
    nothing = Choice(4, frozenset())
    assert _names(flags(_figures(150, keys=nothing.key), nothing)) == []


def test_the_most_urgent_comes_first_with_its_figure() -> None:
    options = ((0.1, 0.05, -0.3), (0.8, 0.9, 0.3), (0.05, 0.03, 0.0), (0.05, 0.02, 0.0))
    found = flags(_figures(200, 0.1, -0.3, options), FOUR)
    assert found == [
        Flagged(Flag.KEY_SUSPECT, 0.9, 1),
        Flagged(Flag.NEGATIVE_DISCRIMINATION, -0.3),
        Flagged(Flag.TOO_HARD, 0.1),
    ]


def test_the_change_of_a_proportion_in_standard_errors() -> None:
    """60 of 100, then 90 of 200: pooled ½; −0.15 ÷ √(¼ × (1/100 + 1/200)) = −0.15 ÷ √0.00375."""
    assert change_z(Window(100, 0.6), Window(200, 0.45)) == pytest.approx(-0.15 / sqrt(0.00375))
    assert change_z(Window(100, 1.0), Window(100, 1.0)) == 0


@pytest.mark.parametrize(
    ("before", "now", "others", "change"),
    [
        (Window(100, 0.6), Window(100, 0.4), 0, -0.2),  # 2.83 errors, limit 1.96
        (Window(100, 0.6), Window(100, 0.4), 19, None),  # limit for twenty: 3.02
        (Window(400, 0.6), Window(400, 0.4), 19, -0.2),  # 5.66
        (Window(99, 0.6), Window(900, 0.1), 0, None),  # too few before
        (Window(900, 0.6), Window(99, 0.1), 0, None),  # too few now
        (Window(9000, 0.6), Window(9000, 0.65), 0, None),  # sure, but not enough to matter
        (Window(1000, 0.5), Window(1000, 0.7), 0, 0.2),
    ],
)
def test_drift(before: Window, now: Window, others: int, change: float | None) -> None:
    same = {number: Window(500, 0.5) for number in range(1, others + 1)}
    found = drifted({0: before, **same, 98: before}, {0: now, **same, 99: now})
    assert [(question, one.flag) for question, one in found.items()] == (
        [] if change is None else [(0, Flag.DRIFTED)]
    )
    assert [one.value for one in found.values()] == pytest.approx(
        [] if change is None else [change]
    )


def _answered(dice: random.Random, ability: float, difficulty: float, key: int) -> Response:
    """A candidate who does not know chooses among the other three options."""
    knows = dice.random() < 1 / (1 + exp(difficulty - ability))
    chosen = key if knows else dice.choice([option for option in range(4) if option != key])
    return Response(0, 100 * knows, 100, frozenset({chosen}))


def test_of_sixty_simulated_questions_exactly_the_two_with_wrong_keys_are_suspected() -> None:
    """600 candidates, 30 of 60 questions each; questions 7 and 21 are marked by another option."""
    dice = random.Random(11)
    miskeyed = {7: 2, 21: 3}
    sittings: list[Sitting] = []
    for _ in range(600):
        ability = dice.gauss(0, 1)
        paper = []
        for question in dice.sample(range(60), 30):
            one = _answered(dice, ability, -1.5 + question / 30, key=0)
            assert one.chosen is not None
            earned = 100 * (miskeyed.get(question, 0) in one.chosen)
            paper.append(Response(question, earned, 100, one.chosen))
        sittings.append(paper)
    choices = {number: Choice(4, frozenset({miskeyed.get(number, 0)})) for number in range(60)}
    found = {
        question: {one.flag for one in flags(figures, choices[question])}
        for question, figures in analyse(sittings, choices).items()
    }
    assert {q for q, flagged in found.items() if Flag.KEY_SUSPECT in flagged} == {7, 21}
    assert {q for q, flagged in found.items() if Flag.NEGATIVE_DISCRIMINATION in flagged} == {7, 21}
    sound = [flagged for question, flagged in found.items() if question not in miskeyed]
    assert sum(bool(flagged) for flagged in sound) <= 3  # of 58
