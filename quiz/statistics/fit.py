"""Two-parameter logistic model by marginal maximum likelihood. Imported where it is used: numpy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

Array = NDArray[np.float64]

NODES = 100  # Gauss–Hermite; a long paper has a narrow posterior, which coarse nodes miss
WIDEST = 6.0  # nodes further out than so many standard deviations weigh nothing
SLOPE_PRIOR = (1.0, 1.0)  # mean and standard deviation; a wrong key may well give a negative slope
INTERCEPT_SPREAD = 3.0  # around 0; keeps items that everybody gets right finite
TOLERANCE = 1e-3  # largest change of a parameter at which the search ends
MOST_ROUNDS = 500
NEWTON_STEPS = 3
LONGEST_STEP = 1.0
FLAT = 0.1  # below such a slope the location is not told by the data


@dataclass(frozen=True)
class Fit:
    """P(right | θ) = 1 ÷ (1 + exp(−a (θ − b))), θ standard normal. ``b`` is NaN where a is flat."""

    a: Array
    b: Array
    asked: Array  # of how many people
    rounds: int
    converged: bool


def fit(answers: Array) -> Fit:
    """Slopes and locations of the columns. ``answers``: people × questions; 1, 0, NaN not asked.

    EM over Gauss–Hermite nodes; the M-step is Newton's method on slope and intercept with weak
    normal priors (modal estimates). What was not asked is left out of the likelihood, which is
    right where papers are drawn by chance. People of all papers are taken as of one population.
    Source: Bock & Aitkin 1981, Psychometrika 46; priors: Mislevy 1986, Psychometrika 51.
    """
    nodes, weights = hermegauss(NODES)
    near = np.abs(nodes) <= WIDEST
    nodes, log_weights = nodes[near], np.log(weights[near] / weights[near].sum())
    asked = (~np.isnan(answers)).astype(np.float64)
    right = np.nan_to_num(answers, nan=0.0)
    slope, intercept = _start(asked, right)
    for number in range(1, MOST_ROUNDS + 1):
        expected = _expect(asked, right, slope, intercept, nodes, log_weights)
        new = _maximise(*expected, slope, intercept, nodes)
        change = max(np.abs(new[0] - slope).max(), np.abs(new[1] - intercept).max())
        slope, intercept = new
        if change < TOLERANCE:
            return _done(slope, intercept, asked.sum(0), number, converged=True)
    return _done(slope, intercept, asked.sum(0), MOST_ROUNDS, converged=False)


def table_of_answers(
    columns: Iterable[tuple[int, Sequence[int], Sequence[int]]],
    sittings: int,
    *,
    least: int,
    most_rows: int,
    least_in_row: int,
) -> tuple[list[int], Array]:
    """Question ids, and answers as ``fit`` takes them: NaN where a paper lacked the question.

    ``columns``: (id, sittings, right or not). Papers with fewer than ``least_in_row`` of these
    questions tell nothing and are left out; of the others the newest ``most_rows`` stay, and then
    the questions with ``least`` answers.
    """
    known = list(columns)
    answers = np.full((sittings, len(known)), np.nan)
    for number, (_id, where, right) in enumerate(known):
        answers[np.asarray(where), number] = np.asarray(right, dtype=np.float64)
    answers = answers[(~np.isnan(answers)).sum(1) >= least_in_row][-most_rows:]
    kept = (~np.isnan(answers)).sum(0) >= least
    return [one[0] for one, is_kept in zip(known, kept, strict=True) if is_kept], answers[:, kept]


def _start(asked: Array, right: Array) -> tuple[Array, Array]:
    """Slope 1, and the intercept that its share of right answers asks for."""
    share = (right.sum(0) + 0.5) / (asked.sum(0) + 1.0)
    return np.ones(asked.shape[1]), np.log(share / (1 - share))


def _expect(
    asked: Array, right: Array, slope: Array, intercept: Array, nodes: Array, log_weights: Array
) -> tuple[Array, Array]:
    """Expected number asked and right, by question and node."""
    logit = slope[:, None] * nodes + intercept[:, None]
    log_wrong = -np.logaddexp(0.0, logit)
    # right × log p + wrong × log (1 − p) = right × logit + asked × log (1 − p)
    known = right @ logit + asked @ log_wrong + log_weights
    known -= known.max(1, keepdims=True)
    posterior = np.exp(known)
    posterior /= posterior.sum(1, keepdims=True)
    return asked.T @ posterior, right.T @ posterior


def _maximise(
    asked: Array, right: Array, slope: Array, intercept: Array, nodes: Array
) -> tuple[Array, Array]:
    """A few steps of Newton's method on each question by itself."""
    mean, spread = SLOPE_PRIOR
    for _step in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-(slope[:, None] * nodes + intercept[:, None])))
        surplus, weight = right - asked * p, asked * p * (1 - p)
        by_slope = surplus @ nodes - (slope - mean) / spread**2
        by_intercept = surplus.sum(1) - intercept / INTERCEPT_SPREAD**2
        h_ss = weight @ nodes**2 + 1 / spread**2
        h_ii = weight.sum(1) + 1 / INTERCEPT_SPREAD**2
        h_si = weight @ nodes
        det = h_ss * h_ii - h_si**2
        d_slope = (h_ii * by_slope - h_si * by_intercept) / det
        d_intercept = (h_ss * by_intercept - h_si * by_slope) / det
        slope = slope + np.clip(d_slope, -LONGEST_STEP, LONGEST_STEP)
        intercept = intercept + np.clip(d_intercept, -LONGEST_STEP, LONGEST_STEP)
    return slope, intercept


def _done(slope: Array, intercept: Array, asked: Array, rounds: int, *, converged: bool) -> Fit:
    told = np.abs(slope) >= FLAT
    location = np.where(told, -intercept / np.where(told, slope, 1.0), np.nan)
    return Fit(slope, location, asked, rounds, converged)
