"""Formulas of questions and exams, against tables worked by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.questions.rules import Difficulty, Flag, QuestionType
from quiz.statistics.gathering.rules import gaps
from quiz.statistics.reliability import (
    Method,
    Scored,
    alpha,
    bins,
    form_error,
    random_forms,
    reliability,
)
from quiz.statistics.rules import (
    Figures,
    OptionShare,
    Response,
    Window,
    chance,
    discrimination,
    drift,
    extremes,
    facility,
    flags,
    level_of,
    option_shares,
    shrunken,
    two_proportion_z,
)

# Five people, four questions of one mark; totals 4 3 2 1 0, mean 2, variance 2.
TABLE = ((1, 1, 1, 1), (1, 1, 1, 0), (1, 1, 0, 0), (1, 0, 0, 0), (0, 0, 0, 0))


def responses(
    item: int, group: int = 1, table: tuple[tuple[int, ...], ...] = TABLE
) -> list[Response]:
    return [Response(group, row[item], (sum(row) - row[item]) / 3, row[item]) for row in table]


def papers(table: tuple[tuple[float, ...], ...], marks: float = 1) -> list[list[Scored]]:
    return [[Scored(n, "single", earned, marks) for n, earned in enumerate(row)] for row in table]


# --- how hard, how telling ------------------------------------------------------------


def test_facility_is_the_mean_share_of_the_marks() -> None:
    assert facility(row[1] for row in TABLE) == pytest.approx(Fraction(3, 5))
    assert facility([0.5, 1.0, 0.0]) == 0.5


def test_discrimination_of_the_hand_worked_table() -> None:
    # question 2: x = 1 1 1 0 0, rest = 3 2 1 1 0; Sxy = 6 − 5·(3/5)·(7/5) = 9/5;
    # Sxx = 3 − 5·9/25 = 6/5; Syy = 15 − 5·49/25 = 26/5; r² = (81/25) ÷ (156/25) = 27/52
    assert discrimination(responses(1)) == pytest.approx(math.sqrt(Fraction(27, 52)))


def test_discrimination_is_told_within_occasions_not_between_them() -> None:
    # the second group finds everything harder by one mark: nothing of that is a difference of people
    harder = [Response(2, one.share, one.rest - 1, one.chosen) for one in responses(1)]
    assert discrimination([*responses(1), *harder]) == pytest.approx(math.sqrt(27 / 52))


def test_discrimination_is_not_told_where_nobody_differs() -> None:
    assert discrimination([Response(1, 1.0, 0.2, 1), Response(1, 1.0, 0.9, 1)]) is None
    assert discrimination([Response(1, 1.0, 0.5, 1), Response(2, 0.0, 0.1, 1)]) is None
    assert discrimination([]) is None


def test_the_extreme_groups_are_27_per_cent_each_and_ties_go_in_together() -> None:
    ten = [Response(1, 0, rest / 10, 0) for rest in range(10)]
    assert extremes(ten) == ([7, 8, 9], [0, 1, 2])  # 2.7 of ten is three
    tied = [Response(1, 0, rest, 0) for rest in (0, 0, 0, 0, 0, 1, 2, 3, 3, 3)]
    assert extremes(tied) == ([7, 8, 9], [0, 1, 2, 3, 4])
    assert extremes([]) == ([], [])


def test_shares_of_the_options_in_all_and_in_the_extreme_groups() -> None:
    # ten people by rest; the key B is chosen by the upper five, A by the next two, nobody takes C,
    # the last two chose D and one left it out
    chosen = [0, 8, 8, 1, 1, 2, 2, 2, 2, 2]
    ten = [Response(1, 0, rest / 10, bits) for rest, bits in enumerate(chosen)]
    assert option_shares(ten, 4, frozenset({1})) == (
        OptionShare(False, 0.2, 0.0, 0.0),
        OptionShare(True, 0.5, 1.0, 0.0),
        OptionShare(False, 0.0, 0.0, 0.0),
        OptionShare(False, 0.2, 0.0, 2 / 3),
    )


def test_z_of_two_proportions() -> None:
    # pooled 6/10; variance 24/100 · 2/100 = 48/10000; z² = (1/25) ÷ (48/10000) = 25/3
    assert two_proportion_z(0.5, 100, 0.7, 100) == pytest.approx(math.sqrt(Fraction(25, 3)))
    assert two_proportion_z(1.0, 40, 1.0, 40) == 0


@pytest.mark.parametrize(
    ("type_", "options", "guessed"),
    [
        (QuestionType.TRUE_FALSE, 2, Fraction(1, 2)),
        (QuestionType.SINGLE, 4, Fraction(1, 4)),
        (QuestionType.MULTIPLE, 4, Fraction(1, 15)),  # any of 2⁴ − 1 combinations
        (QuestionType.FILL_IN, 0, 0),
        (QuestionType.SHORT_ANSWER, 0, 0),
    ],
)
def test_what_blind_guessing_brings(type_: QuestionType, options: int, guessed: Fraction) -> None:
    assert chance(type_, options) == pytest.approx(guessed)


# --- shrinkage ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "observed", "answers", "expected", "level"),
    [
        (Difficulty.MEDIUM, None, 0, Fraction(13, 20), Difficulty.MEDIUM),
        # (30 · 65/100 + 30 · 95/100) ÷ 60
        (Difficulty.MEDIUM, 0.95, 30, Fraction(4, 5), Difficulty.EASY),
        # three right answers do not make a hard question easy: (13.5 + 3) ÷ 33
        (Difficulty.HARD, 1.0, 3, Fraction(1, 2), Difficulty.HARD),
        (Difficulty.EASY, 0.4, 270, Fraction(445, 1000), Difficulty.HARD),
    ],
)
def test_difficulty_moves_from_the_label_to_the_data(
    label: Difficulty, observed: float | None, answers: int, expected: Fraction, level: Difficulty
) -> None:
    assert shrunken(label, observed, answers) == pytest.approx(expected)
    assert level_of(shrunken(label, observed, answers)) is level


@given(
    st.sampled_from(list(Difficulty)), st.floats(0, 1), st.integers(0, 10_000), st.integers(1, 500)
)
def test_the_more_answers_the_nearer_to_what_was_observed(
    label: Difficulty, observed: float, answers: int, more: int
) -> None:
    before, after = (
        abs(shrunken(label, observed, n) - observed) for n in (answers, answers + more)
    )
    assert after <= before + 1e-12


# --- flags ----------------------------------------------------------------------------


def figures(
    answers: int,
    p: float,
    r: float | None = 0.3,
    shares: tuple[tuple[float, float], ...] = ((0.6, 0.9), (0.2, 0.05), (0.1, 0.03), (0.1, 0.02)),
) -> Figures:
    """Option A is the key. ``shares``: (overall, upper) by option."""
    options = tuple(
        OptionShare(n == 0, overall, upper, 0.1) for n, (overall, upper) in enumerate(shares)
    )
    return Figures(answers, p, r, options, upper=round(answers * 0.27) or 1)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (figures(200, 0.6), ()),
        (figures(200, 0.6, -0.12), (Flag.KEY_SUSPECT,)),  # beyond 1.645 ÷ √199 = 0.117
        (figures(200, 0.6, -0.11), ()),
        (figures(49, 0.6, -0.9), ()),  # too few to accuse a key
        (figures(200, 0.4, 0.1, ((0.4, 0.3), (0.4, 0.6), (0.1, 0.1), (0.1, 0.0))), (Flag.KEY_SUSPECT,)),
        # 54 strong people, 24 to 23: no more than a coin's lead
        (figures(200, 0.4, 0.1, ((0.4, 0.43), (0.4, 0.44), (0.1, 0.1), (0.1, 0.03))), ()),
        (figures(30, 0.96), (Flag.TOO_EASY,)),
        (figures(29, 0.96), ()),
        (figures(30, 0.24), (Flag.TOO_HARD,)),  # of four options 1/4 is chance
        (figures(30, 0.25), ()),
        (figures(100, 0.6, 0.3, ((0.6, 0.9), (0.3, 0.1), (0.1, 0), (0.01, 0))), (Flag.DEAD_DISTRACTOR,)),
        (figures(99, 0.6, 0.3, ((0.6, 0.9), (0.3, 0.1), (0.1, 0), (0.01, 0))), ()),
        (figures(100, 0.97, 0.1, ((0.97, 1), (0.03, 0), (0, 0), (0, 0))), (Flag.TOO_EASY,)),
    ],
)  # fmt: skip
def test_flags_are_raised_from_their_thresholds_on(
    given_: Figures, expected: tuple[Flag, ...]
) -> None:
    assert flags(QuestionType.SINGLE, 4, given_) == expected


def test_of_a_multiple_choice_a_distractor_may_not_outdo_any_right_option() -> None:
    options = (
        OptionShare(True, 0.9, 0.95, 0.8), OptionShare(True, 0.3, 0.2, 0.3),
        OptionShare(False, 0.5, 0.6, 0.4), OptionShare(False, 0.2, 0.1, 0.3),
    )  # fmt: skip
    seen = Figures(200, 0.3, 0.2, options, upper=54)
    assert flags(QuestionType.MULTIPLE, 4, seen) == (Flag.KEY_SUSPECT,)


def test_a_question_drifts_where_its_last_window_differs_surely_and_by_ten_points() -> None:
    before, harder = Window(1, 100, 0.7), Window(2, 100, 0.5)
    found = drift([before, harder])
    assert found is not None
    assert (found.before, found.last) == (0.7, 0.5)
    assert found.z == pytest.approx(-math.sqrt(25 / 3))
    assert Flag.DRIFTED in flags(
        QuestionType.SINGLE, 4, Figures(200, 0.6, windows=(before, harder))
    )
    assert drift([before, Window(2, 29, 0.1)]) is None
    assert drift([Window(1, 9_000, 0.7), Window(2, 9_000, 0.65)]) is None  # sure, and small
    assert drift([Window(1, 40, 0.7), Window(2, 40, 0.58)]) is None  # large, and not sure
    assert drift([before]) is None
    assert drift([]) is None
    # at a round people may look it up: only rounds are compared with it
    assert drift([before, Window(2, 100, 0.9, kind="round")]) is None
    assert drift([before, Window(2, 100, 0.9, kind="round"), harder]) == found
    # all earlier windows count together: (60 · 0.5 + 40 · 1.0) ÷ 100 = 0.7
    assert drift([Window(1, 60, 0.5), Window(3, 40, 1.0), harder]) == found


# --- time -----------------------------------------------------------------------------


def test_time_is_the_gap_between_the_saves_of_neighbours() -> None:
    saves = [(1, 1, 30.0), (2, 1, 90.0), (3, 1, 130.0)]
    assert gaps(saves, {1: 0.0}) == {1: 30.0, 2: 60.0, 3: 40.0}


@pytest.mark.parametrize(
    ("saves", "known"),
    [
        # 2 was changed at the end: neither it nor 3 tells how long it took
        ([(1, 1, 30.0), (2, 1, 400.0), (3, 1, 130.0)], {1: 30.0}),
        # sent together after a break in the network
        ([(1, 1, 30.0), (2, 1, 90.0), (3, 1, 90.0)], {1: 30.0}),
        # opened anew in between
        ([(1, 1, 30.0), (2, 2, 90.0), (3, 2, 130.0)], {1: 30.0, 3: 40.0}),
        # away for an hour
        ([(1, 1, 30.0), (2, 1, 3630.0)], {1: 30.0}),
        ([], {}),
    ],
)
def test_what_may_hold_something_else_is_left_out(
    saves: list[tuple[int, int, float]], known: dict[int, float]
) -> None:
    assert gaps(saves, {1: 0.0, 2: 80.0}) == known


# --- reliability ------------------------------------------------------------------------


def test_kr_20_of_the_hand_worked_table() -> None:
    # Σpq = 4/25 + 6/25 + 6/25 + 4/25 = 4/5; 4/3 · (1 − 4/5 ÷ 2) = 4/5
    assert alpha(TABLE) == pytest.approx(Fraction(4, 5))
    found = reliability(papers(TABLE))
    assert found is not None
    assert found.method is Method.KR20
    # SEM = √2 · √(1/5)
    assert found.value == pytest.approx(0.8)
    assert found.sem == pytest.approx(math.sqrt(2 / 5))


def test_alpha_of_a_hand_worked_table_with_marks_in_part() -> None:
    # variances 8/3 and 2, of the totals 1 3 8: 26/3; 2 · (1 − 14/26) = 12/13
    table = ((0, 1), (2, 1), (4, 4))
    assert alpha(table) == pytest.approx(Fraction(12, 13))
    found = reliability(papers(table, marks=4))
    assert found is not None
    assert found.method is Method.ALPHA


def test_alpha_is_not_told_of_one_question_one_person_or_equal_totals() -> None:
    assert alpha([(1,), (0,)]) is None
    assert alpha([(1, 0, 1)]) is None
    assert alpha([(1, 0), (0, 1)]) is None
    assert alpha([]) is None


def test_where_papers_differ_reliability_is_that_of_drawn_forms() -> None:
    # the same marks, but everybody had questions of their own: errors x(4 − x)/3 = 0 1 4/3 1 0,
    # mean 2/3; 1 − 2/3 ÷ 2 = 2/3, which is KR-21: 4/3 · (1 − 2·2 ÷ (4·2))
    drawn = [
        [Scored(10 * person + n, "single", earned, 1) for n, earned in enumerate(row)]
        for person, row in enumerate(TABLE)
    ]
    found = reliability(drawn)
    assert found is not None
    assert found.method is Method.RANDOM_FORMS
    assert found.value == pytest.approx(Fraction(2, 3))
    assert found.sem == pytest.approx(math.sqrt(Fraction(2, 3)))


def test_the_error_of_a_form_is_summed_over_what_it_was_drawn_as() -> None:
    def paper(**strata: tuple[float, ...]) -> list[Scored]:
        return [Scored(0, name, mark, 2) for name, marks in strata.items() for mark in marks]

    # 2 · 2 (of 0 2: mean 1, variance 2) + 3 · 0
    assert form_error(paper(single=(0, 2), multiple=(2, 2, 2))) == pytest.approx(4)
    # two lone ones together: 2 · 2; a lone one joins the first: 3 · 4/3
    assert form_error(paper(single=(0,), multiple=(2,))) == pytest.approx(4)
    assert form_error(paper(single=(0, 2), multiple=(2,))) == pytest.approx(4)
    assert form_error(paper(single=(2,))) is None


def test_drawn_forms_tell_nothing_of_one_paper_or_equal_totals() -> None:
    assert random_forms(papers(TABLE[:1])) is None
    assert random_forms(papers(((1, 0), (0, 1)))) is None
    assert random_forms([[Scored(1, "a", 1, 1)], [Scored(2, "a", 0, 1)]]) is None


def test_totals_fall_into_tenths_and_full_marks_into_the_last() -> None:
    assert bins([0.0, 0.05, 0.1, 0.3, 0.6, 0.7, 0.95, 1.0]) == [2, 1, 0, 1, 0, 0, 1, 1, 0, 2]
