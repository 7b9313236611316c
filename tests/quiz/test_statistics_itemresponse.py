"""The two-parameter logistic fit against the simulated truth and two other implementations.

GIRTH and DIRECT were made once on the data of ``simulated`` below (persons → answers), with
girth 0.8.0, numpy 2.4.6 and scipy 1.17.1:

    table = numpy.full((questions, persons), -1)
    for person, answers in enumerate(people):
        for question, is_right in answers.items():
            table[question, person] = is_right
    girth.twopl_mml(girth.tag_missing_data(table, [0, 1]))   # Discrimination, Difficulty

DIRECT is scipy.optimize.minimize(method="BFGS") of the whole marginal likelihood at once, on 61
Gauss–Hermite abilities, in slopes and intercepts, without EM; its standard errors come from the
inverse of the numerical second derivatives in a and b, over all questions together. Where answers are
missing girth matches only the shares right, and its own likelihood is lower (−4405.06 against
−4404.45), so there DIRECT is the measure and girth a rough one.
"""

from __future__ import annotations

import random
from math import exp

import pytest

from quiz.itemresponse.rules import PLACES, SLOPES, Fit, Prior, expected_facility, fit

FLAT = Prior(1000.0, 1000.0)  # as good as none: the others have none
Pairs = tuple[tuple[float, float], ...]

GIRTH_COMPLETE: Pairs = (
    (0.5437, -1.7668), (0.6070, 0.7335), (1.0741, -1.0168), (0.8639, 1.1811),
    (0.9991, -0.4713), (0.9463, 2.1441), (1.1916, 0.1510), (1.2494, -1.5000),
    (1.3502, 0.8569), (1.6884, -0.6798), (1.5849, 1.4945), (1.8548, -0.1152),
)  # fmt: skip
DIRECT_COMPLETE: Pairs = (
    (0.5439, -1.7658), (0.6073, 0.7334), (1.0745, -1.0152), (0.8643, 1.1804),
    (0.9996, -0.4702), (0.9468, 2.1426), (1.1922, 0.1515), (1.2498, -1.4984),
    (1.3510, 0.8560), (1.6892, -0.6773), (1.5858, 1.4924), (1.8557, -0.1136),
)  # fmt: skip
ERRORS_COMPLETE: Pairs = (
    (0.103, 0.332), (0.099, 0.165), (0.134, 0.124), (0.119, 0.161), (0.122, 0.096), (0.148, 0.277),
    (0.135, 0.077), (0.163, 0.153), (0.158, 0.096), (0.194, 0.077), (0.212, 0.135), (0.209, 0.060),
)  # fmt: skip
GIRTH_MISSING: Pairs = (
    (0.8004, -1.4883), (0.7122, -0.2090), (0.8343, 1.8048), (1.0825, -0.4347),
    (0.9526, 1.0132), (1.1517, -0.9763), (1.1987, 0.5399), (1.1894, -1.5073),
    (1.3142, 0.1477), (1.1614, 1.7582), (1.3217, -0.2847), (1.5124, 1.3622),
    (1.2632, -0.8600), (1.9022, 0.7259), (1.9077, -1.2450), (1.7725, 0.3928),
)  # fmt: skip
DIRECT_MISSING: Pairs = (
    (0.8029, -1.4698), (0.7140, -0.2260), (0.8356, 1.8077), (1.0872, -0.4529),
    (0.9551, 1.0221), (1.1604, -0.9350), (1.2037, 0.5305), (1.1951, -1.5217),
    (1.3278, 0.0997), (1.1676, 1.7225), (1.3294, -0.2989), (1.5177, 1.3595),
    (1.2682, -0.8689), (1.9044, 0.7234), (1.9405, -1.1777), (1.7761, 0.3961),
)  # fmt: skip
ERRORS_MISSING: Pairs = (
    (0.163, 0.276), (0.140, 0.142), (0.171, 0.322), (0.184, 0.113), (0.168, 0.175), (0.187, 0.145),
    (0.188, 0.108), (0.208, 0.204), (0.211, 0.090), (0.217, 0.250), (0.210, 0.092), (0.265, 0.165),
    (0.215, 0.131), (0.329, 0.095), (0.329, 0.127), (0.262, 0.079),
)  # fmt: skip

People = list[dict[int, bool]]


def simulated(questions: int, persons: int, each: int, seed: int) -> tuple[Pairs, People]:
    """The truth (a, b) and the answers of people who each got ``each`` of the questions.

    Only random.random() is used, whose sequence Python keeps for ever.
    """
    chance = random.Random(seed).random
    truth = tuple(
        (0.6 + 1.2 * j / (questions - 1), -1.8 + 3.6 * (j * 7 % questions) / (questions - 1))
        for j in range(questions)
    )
    people = []
    for _ in range(persons):
        ability = sum(chance() for _ in range(12)) - 6  # nearly normal, deviation 1
        got = sorted(range(questions), key=lambda _: chance())[:each]
        people.append(
            {j: chance() < 1 / (1 + exp(-truth[j][0] * (ability - truth[j][1]))) for j in got}
        )
    return truth, people


TRUTH_COMPLETE, COMPLETE = simulated(12, 800, 12, 1)
TRUTH_MISSING, MISSING = simulated(16, 1000, 8, 2)


@pytest.fixture(scope="module")
def complete() -> Fit:
    return fit(COMPLETE, prior=FLAT, tolerance=1e-4)


@pytest.fixture(scope="module")
def missing() -> Fit:
    return fit(MISSING, prior=FLAT, tolerance=1e-4)


def _farthest(found: Fit, others: Pairs) -> tuple[float, float]:
    """The largest difference of an a and of a b."""
    pairs = [(found.items[j], other) for j, other in enumerate(others)]
    return (
        max(abs(item.a - a) for item, (a, _) in pairs),
        max(abs(item.b - b) for item, (_, b) in pairs),
    )


def test_girth_finds_the_same_where_everybody_has_all_questions(complete: Fit) -> None:
    a, b = _farthest(complete, GIRTH_COMPLETE)
    assert (a < 0.002, b < 0.003) == (True, True)


def test_girth_finds_nearly_the_same_where_half_of_the_answers_are_missing(missing: Fit) -> None:
    a, b = _farthest(missing, GIRTH_MISSING)
    assert (a < 0.04, b < 0.07) == (True, True)


def test_the_likelihood_climbed_directly_has_the_same_top(complete: Fit, missing: Fit) -> None:
    assert complete.log_likelihood == pytest.approx(-5264.1014, abs=1e-3)
    assert missing.log_likelihood == pytest.approx(-4404.4473, abs=1e-3)
    for found, others in ((complete, DIRECT_COMPLETE), (missing, DIRECT_MISSING)):
        a, b = _farthest(found, others)
        assert (a < 0.0005, b < 0.0005) == (True, True)


def test_standard_errors_are_those_of_the_whole_likelihood_but_for_a_little(
    complete: Fit, missing: Fit
) -> None:
    """Within 7 % up and, where what the questions share is left out, 14 % down."""
    for found, others in ((complete, ERRORS_COMPLETE), (missing, ERRORS_MISSING)):
        for j, (error_a, error_b) in enumerate(others):
            assert 0.86 < found.items[j].error_a / error_a < 1.07
            assert 0.86 < found.items[j].error_b / error_b < 1.07


@pytest.mark.parametrize(
    ("people", "truth"), [(COMPLETE, TRUTH_COMPLETE), (MISSING, TRUTH_MISSING)]
)
def test_the_truth_lies_within_the_errors(people: People, truth: Pairs) -> None:
    """With the usual priors, of about fifteen questions not more than two beyond two errors."""
    found = fit(people)
    assert (found.converged, found.persons) == (True, len(people))
    beyond_a = sum(abs(i.a - truth[j][0]) > 2 * i.error_a for j, i in found.items.items())
    beyond_b = sum(abs(i.b - truth[j][1]) > 2 * i.error_b for j, i in found.items.items())
    assert (beyond_a <= 2, beyond_b <= 2) == (True, True)


SMALL = [{j: person[j] for j in range(4)} for person in COMPLETE[:240]]


def test_the_order_of_people_and_questions_changes_nothing() -> None:
    turned = [dict(reversed(person.items())) for person in reversed(SMALL)]
    assert fit(turned) == fit(SMALL)


def test_twice_the_same_people_are_the_same_fit_with_smaller_errors() -> None:
    once, twice = fit(SMALL, prior=FLAT), fit(SMALL * 2, prior=FLAT)
    for j, item in once.items.items():
        assert twice.items[j].b == pytest.approx(item.b, abs=1e-4)
        assert twice.items[j].error_b == pytest.approx(item.error_b / 2**0.5, rel=1e-3)
    assert twice.log_likelihood == pytest.approx(2 * once.log_likelihood)


def test_more_rounds_never_lower_the_likelihood() -> None:
    by_rounds = [
        fit(SMALL, prior=FLAT, tolerance=0, max_rounds=rounds) for rounds in (1, 2, 4, 8, 16)
    ]
    likelihoods = [found.log_likelihood for found in by_rounds]
    assert likelihoods == sorted(likelihoods)
    assert {found.converged for found in by_rounds} == {False}


def test_questions_with_few_answers_are_left_out() -> None:
    """Question 9 has 199 answers; people who got nothing else do not count."""
    people = [*SMALL, *({9: True} for _ in range(199))]
    found = fit(people)
    assert (set(found.items), found.persons) == ({0, 1, 2, 3}, 240)
    assert found.items[0].answers == 240
    assert 9 in fit([*people, {9: False}]).items


def test_what_everybody_or_nobody_knows_and_what_is_upside_down_stays_finite() -> None:
    strange = [{**person, 5: True, 6: False, 7: not person[0]} for person in SMALL]
    found = fit(strange)
    assert found.converged
    for item in found.items.values():
        assert SLOPES[0] <= item.a <= SLOPES[1]
        assert PLACES[0] <= item.b <= PLACES[1]
        assert 0 < item.error_a < 2
        assert 0 < item.error_b < 3
    assert found.items[5].b < -2
    assert found.items[6].b > 2


@pytest.mark.parametrize("prior", [Prior(), FLAT])
def test_bounds_hold_without_priors(prior: Prior) -> None:
    """Two questions that everybody answers alike: the slope would grow without end."""
    found = fit([{0: n % 2 == 0, 1: n % 2 == 0, 2: True} for n in range(200)], prior=prior)
    assert found.converged
    assert all(item.a <= SLOPES[1] and item.b >= PLACES[0] for item in found.items.values())


def test_the_expected_facility_is_what_was_seen(complete: Fit) -> None:
    for j, item in complete.items.items():
        seen = sum(person[j] for person in COMPLETE) / len(COMPLETE)
        assert expected_facility(item.a, item.b) == pytest.approx(seen, abs=0.005)


def test_the_expected_facility_of_a_question_of_mean_difficulty_is_a_half() -> None:
    assert expected_facility(1.3, 0.0) == pytest.approx(0.5)
    assert expected_facility(1.3, 1.0) == pytest.approx(1 - expected_facility(1.3, -1.0))


def test_nothing_fits_nothing() -> None:
    assert fit([]) == Fit({}, 0, 0, 0.0, True)
    assert fit([{1: True}, {}]) == Fit({}, 0, 0, 0.0, True)
