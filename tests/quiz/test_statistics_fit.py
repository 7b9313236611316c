"""The two-parameter model: true parameters are recovered, and an independent package agrees."""

from __future__ import annotations

import numpy as np
import pytest
from girth import twopl_mml

from quiz.statistics import fit as module
from quiz.statistics.fit import Array, fit, table_of_answers


def simulated(people: int, questions: int, seed: int) -> tuple[Array, Array, Array]:
    """Answers, true slopes and true locations."""
    dice = np.random.default_rng(seed)
    ability = dice.standard_normal(people)
    a, b = dice.lognormal(0.1, 0.3, questions), dice.normal(0.0, 1.0, questions)
    p = 1 / (1 + np.exp(-a * (ability[:, None] - b)))
    return (dice.random((people, questions)) < p).astype(np.float64), a, b


def curves(a: Array, b: Array) -> Array:
    """Chance of a right answer from −3 to 3 standard deviations of ability."""
    ability = np.linspace(-3, 3, 61)[:, None]
    result: Array = 1 / (1 + np.exp(-a * (ability - b)))
    return result


def test_an_independent_implementation_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, _a, _b = simulated(people=1_000, questions=20, seed=11)
    theirs = twopl_mml(answers.T.astype(int), {"max_iteration": 100})
    ours = fit(answers)
    # our priors move an extreme question a little; what it predicts, by three points at most
    apart = curves(ours.a, ours.b) - curves(theirs["Discrimination"], theirs["Difficulty"])
    assert np.abs(apart).max() < 0.03
    monkeypatch.setattr(module, "SLOPE_PRIOR", (1.0, 1e6))
    monkeypatch.setattr(module, "INTERCEPT_SPREAD", 1e6)
    monkeypatch.setattr(module, "TOLERANCE", 1e-5)
    plain = fit(answers)  # pure maximum likelihood, as theirs; standard errors are some 0.1
    assert np.abs(plain.a - theirs["Discrimination"]).max() < 0.005
    assert np.abs(plain.b - theirs["Difficulty"]).max() < 0.005


def test_true_parameters_are_recovered() -> None:
    answers, a, b = simulated(people=2_000, questions=40, seed=3)
    found = fit(answers)
    assert np.sqrt(np.mean((found.a - a) ** 2)) < 0.12
    assert np.sqrt(np.mean((found.b - b) ** 2)) < 0.12
    assert np.corrcoef(found.b, b)[0, 1] > 0.99


def test_questions_that_were_not_on_a_paper_do_not_count_as_wrong() -> None:
    answers, a, b = simulated(people=3_000, questions=60, seed=5)
    dice = np.random.default_rng(6)
    for row in answers:  # everybody had 25 of the 60, by chance
        row[dice.permutation(60)[25:]] = np.nan
    found = fit(answers)
    assert np.sqrt(np.mean((found.a - a) ** 2)) < 0.17
    assert np.sqrt(np.mean((found.b - b) ** 2)) < 0.17
    assert np.abs(found.b.mean() - b.mean()) < 0.07
    assert found.asked.sum() == 3_000 * 25


def test_a_question_with_a_wrong_key_has_a_negative_slope_and_a_flat_one_no_place() -> None:
    answers, _a, _b = simulated(people=1_500, questions=20, seed=9)
    answers[:, 0] = 1 - answers[:, 0]
    answers[:, 1] = np.random.default_rng(1).random(1_500) < 0.5
    found = fit(answers)
    assert found.a[0] < -0.3
    assert abs(found.a[1]) < 0.2
    assert np.isnan(found.b[np.abs(found.a) < 0.1]).all()


def test_a_question_that_everybody_got_right_stays_finite() -> None:
    answers, _a, _b = simulated(people=300, questions=10, seed=2)
    answers[:, 0] = 1
    found = fit(answers)
    assert found.converged
    assert np.isfinite(found.a).all()
    assert found.b[0] < -2


def test_the_table_leaves_out_thin_papers_old_ones_and_rare_questions() -> None:
    columns = [
        (71, [0, 1, 2, 3], [1, 0, 1, 1]),
        (72, [0, 1, 2], [0, 0, 1]),
        (73, [4], [1]),  # on a paper with nothing else
    ]
    ids, answers = table_of_answers(columns, 5, least=2, most_rows=2, least_in_row=2)
    assert ids == [71, 72]
    assert answers.tolist() == [[0.0, 0.0], [1.0, 1.0]]  # sittings 1 and 2, the newest two
    ids, answers = table_of_answers(columns, 5, least=4, most_rows=9, least_in_row=1)
    assert (ids, answers.shape) == ([71], (5, 1))


@pytest.mark.parametrize("people", [500])
def test_five_hundred_people_and_two_hundred_questions_take_few_rounds(people: int) -> None:
    answers, _a, b = simulated(people=people, questions=200, seed=7)
    found = fit(answers)
    assert found.converged
    assert found.rounds < 100
    assert np.corrcoef(found.b, b)[0, 1] > 0.97
