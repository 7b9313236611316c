"""Formulas of one question: how hard, how telling, what its options draw, when to look at it.

All are over first tries. A share of marks lies between 0 and 1; of a question that is right or
wrong it is 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean
from typing import NamedTuple

from question_bank.questions.rules import WITH_OPTIONS, Difficulty, Flag, QuestionType

MIN_ANSWERS = 30  # below, a share has a standard error of up to 9 points: shown as unsettled
MIN_SUSPECT = 50  # the upper 27 % are then some 14 people: a lead is more than one person's whim
MIN_DEAD = 100  # of 100 one expects two at the 2 % line; of fewer, none proves nothing
MIN_FIT = 200  # answers from which two parameters are worth fitting
EXTREME = 0.27  # share of each extreme group; the most telling where scores are normal
TOO_EASY = 0.95  # nearly everybody: the question sorts nobody
TOO_HARD = 0.20  # four in five fail: untaught, unclear, or wrongly keyed
DEAD = 0.02  # an option that fewer choose does not distract
NEGATIVE_Z = 1.645  # one-sided 5 %: a negative correlation that chance does not explain
LEAD_Z = 1.0  # a lead of less than its standard error is a coin's
DRIFT_Z = 2.576  # two-sided 1 %: every question is looked at every night
DRIFT_LEAST = 0.10  # a change of fewer points matters to nobody, however sure it is
PRIOR = {Difficulty.EASY: 0.85, Difficulty.MEDIUM: 0.65, Difficulty.HARD: 0.45}
PRIOR_WEIGHT = 30  # a label is worth as many answers as settle a figure (MIN_ANSWERS)
EASY_FROM, MEDIUM_FROM = 0.75, 0.55  # half way between the priors
FAIR_FROM, STRONG_FROM = 0.20, 0.40  # of discrimination


class Response(NamedTuple):
    """One answer to a question. ``group``: occasion; ``chosen``: bit n is option n, 0 is no answer.

    ``share``: of its marks; ``rest``: of the marks of the rest of the paper.
    """

    group: int
    share: float
    rest: float
    chosen: int


@dataclass(frozen=True)
class OptionShare:
    """How many chose an option: of all, of the upper and of the lower group; shares."""

    is_key: bool
    overall: float
    upper: float
    lower: float


@dataclass(frozen=True)
class Window:
    """A question at one occasion. ``discrimination`` None where it cannot be told."""

    occasion_id: int
    answers: int
    facility: float
    discrimination: float | None = None
    kind: str = "exam"


@dataclass(frozen=True)
class Figures:
    """What answers say of a question. ``windows``: oldest first; ``unanswered``: a share."""

    answers: int
    facility: float | None = None
    discrimination: float | None = None
    options: tuple[OptionShare, ...] = ()
    unanswered: float = 0.0
    upper: int = 0  # people in the upper group
    lower: int = 0
    windows: tuple[Window, ...] = field(default=())


# --- how hard ---------------------------------------------------------------------


def facility(shares: Iterable[float]) -> float:
    """Mean share of the marks (p, 难度指数): the larger, the easier.

    Source: Crocker & Algina, Introduction to Classical and Modern Test Theory, 1986, ch. 14; for
    marks in part, the mean over the maximum.
    """
    return fmean(shares)


def chance(type_: QuestionType, options: int) -> float:
    """Facility of blind guessing; of a multiple choice by combinations, of written answers none."""
    if type_ is QuestionType.TRUE_FALSE:
        return 0.5
    if type_ is QuestionType.SINGLE:
        return 1 / options if options else 0.0
    if type_ is QuestionType.MULTIPLE:
        return 1 / (2**options - 1) if options else 0.0
    return 0.0


def shrunken(label: Difficulty, observed: float | None, answers: int) -> float:
    """Facility after ``answers``: the label's prior facility gives way as answers come in.

    Posterior mean of a beta-binomial: (weight × prior + answers × observed) ÷ (weight + answers).
    Source: Lord & Novick, Statistical Theories of Mental Test Scores, 1968, ch. 23.
    """
    seen = answers * (observed or 0.0)
    return (PRIOR_WEIGHT * PRIOR[label] + seen) / (PRIOR_WEIGHT + answers)


def level_of(facility: float) -> Difficulty:
    """The class that a (shrunken) facility falls in."""
    if facility >= EASY_FROM:
        return Difficulty.EASY
    return Difficulty.MEDIUM if facility >= MEDIUM_FROM else Difficulty.HARD


# --- how telling ------------------------------------------------------------------


def _by_group(responses: Sequence[Response]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for index, one in enumerate(responses):
        groups.setdefault(one.group, []).append(index)
    return groups


def discrimination(responses: Sequence[Response]) -> float | None:
    """Corrected item-total correlation: the question's share against that of the rest of the paper.

    With right or wrong it is the point-biserial with the item taken out of the total. Several
    occasions are pooled within: only differences from each occasion's own means count, so that an
    easy occasion is not taken for able people. Drawn papers differ: their rests are compared as
    shares, as papers of one blueprint are meant to be parallel. None where nothing varies.
    Source: Henrysson 1963; Crocker & Algina 1986, ch. 14; pooling: Snedecor & Cochran 1967, ch. 10.
    """
    sxy = sxx = syy = 0.0
    for members in _by_group(responses).values():
        x_mean = fmean(responses[n].share for n in members)
        y_mean = fmean(responses[n].rest for n in members)
        for n in members:
            x, y = responses[n].share - x_mean, responses[n].rest - y_mean
            sxy, sxx, syy = sxy + x * y, sxx + x * x, syy + y * y
    if sxx < 1e-12 or syy < 1e-12:  # noqa: PLR2004 (rounding, not variance)
        return None
    return sxy / math.sqrt(sxx * syy)


def extremes(responses: Sequence[Response]) -> tuple[list[int], list[int]]:
    """Indexes of the upper and of the lower 27 % by the rest of the paper.

    Rests are compared as distances from the occasion's mean in its standard deviations. Who ties
    with the last of a group belongs to it, so that no order of the rows decides.
    Source: Kelley 1939, The selection of upper and lower groups for the validation of test items.
    """
    if not responses:
        return [], []
    place = [0.0] * len(responses)
    for members in _by_group(responses).values():
        mean = fmean(responses[n].rest for n in members)
        spread = math.sqrt(fmean((responses[n].rest - mean) ** 2 for n in members))
        for n in members:
            place[n] = round((responses[n].rest - mean) / spread, 9) if spread else 0.0
    size = max(1, round(EXTREME * len(responses)))
    ordered = sorted(place)
    low, high = ordered[size - 1], ordered[-size]
    return (
        [n for n, value in enumerate(place) if value >= high],
        [n for n, value in enumerate(place) if value <= low],
    )


class Telling(StrEnum):
    """What a discrimination is worth."""

    STRONG = "strong"
    FAIR = "fair"
    WEAK = "weak"
    NEGATIVE = "negative"


def telling(value: float) -> Telling:
    """Source: Ebel & Frisbie, Essentials of Educational Measurement, 1991, ch. 13."""
    if value < 0:
        return Telling.NEGATIVE
    if value < FAIR_FROM:
        return Telling.WEAK
    return Telling.STRONG if value >= STRONG_FROM else Telling.FAIR


# --- what the options draw ----------------------------------------------------------


def option_shares(
    responses: Sequence[Response], options: int, key: frozenset[int]
) -> tuple[OptionShare, ...]:
    """How many chose each option: overall, in the upper and in the lower group.

    Source: Ebel, Essentials of Educational Measurement, 1972, ch. 14 (upper-lower analysis).
    """
    upper, lower = extremes(responses)
    everyone = range(len(responses))

    def share(members: Sequence[int], option: int) -> float:
        if not members:
            return 0.0
        return sum(responses[n].chosen >> option & 1 for n in members) / len(members)

    return tuple(
        OptionShare(n in key, share(everyone, n), share(upper, n), share(lower, n))
        for n in range(options)
    )


def two_proportion_z(first: float, n_first: int, second: float, n_second: int) -> float:
    """How many standard errors the second share lies above the first, with a pooled variance.

    For marks in part it errs on the quiet side: a share between 0 and 1 varies at most as 0 or 1.
    Source: Fleiss, Statistical Methods for Rates and Proportions, 1981, ch. 2.
    """
    pooled = (first * n_first + second * n_second) / (n_first + n_second)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n_first + 1 / n_second))
    return (second - first) / error if error else 0.0


# --- when to look at it ---------------------------------------------------------------


def flags(type_: QuestionType, options: int, figures: Figures) -> tuple[Flag, ...]:
    """What is to be looked at, in the order of urgency; nothing while there are few answers."""
    found = []
    if _is_key_suspect(type_, figures):
        found.append(Flag.KEY_SUSPECT)
    if figures.answers >= MIN_ANSWERS and figures.facility is not None:
        if figures.facility < max(TOO_HARD, chance(type_, options)):
            found.append(Flag.TOO_HARD)
        if figures.facility > TOO_EASY:
            found.append(Flag.TOO_EASY)
    if _has_dead_distractor(type_, figures):
        found.append(Flag.DEAD_DISTRACTOR)
    if drift(figures.windows) is not None:
        found.append(Flag.DRIFTED)
    return tuple(found)


def _is_key_suspect(type_: QuestionType, figures: Figures) -> bool:
    """A distractor draws more of the strong than the key, or the strong do worse than the weak."""
    if figures.answers < MIN_SUSPECT:
        return False
    doubt = NEGATIVE_Z / math.sqrt(figures.answers - 1)  # standard error of a correlation near 0
    if figures.discrimination is not None and figures.discrimination < -doubt:
        return True
    keys = [one.upper for one in figures.options if one.is_key]
    others = [one.upper for one in figures.options if not one.is_key]
    if not (keys and others) or type_ not in WITH_OPTIONS:
        return False
    key, rival = min(keys), max(others)
    spread = math.sqrt(max(key + rival - (rival - key) ** 2, 0.0) / figures.upper)
    return rival - key > LEAD_Z * spread


def _has_dead_distractor(type_: QuestionType, figures: Figures) -> bool:
    """An option that nobody falls for; said only where the question is not too easy as a whole."""
    if type_ not in WITH_OPTIONS or figures.answers < MIN_DEAD:
        return False
    if figures.facility is None or figures.facility > TOO_EASY:
        return False
    return any(not one.is_key and one.overall < DEAD for one in figures.options)


@dataclass(frozen=True)
class Drift:
    """The last window against all before it: facilities, and how many standard errors apart."""

    before: float
    last: float
    z: float


def drift(windows: Sequence[Window]) -> Drift | None:
    """How a question changed in its last window; None where it did not, or too few answered.

    An exam is compared with exams, a round with rounds: at a round nobody hinders looking it up.
    """
    if not windows:
        return None
    last = windows[-1]
    earlier = [one for one in windows[:-1] if one.kind == last.kind]
    answers = sum(one.answers for one in earlier)
    if min(answers, last.answers) < MIN_ANSWERS:
        return None
    before = sum(one.facility * one.answers for one in earlier) / answers
    z = two_proportion_z(before, answers, last.facility, last.answers)
    if abs(z) < DRIFT_Z or abs(last.facility - before) < DRIFT_LEAST:
        return None
    return Drift(before, last.facility, z)
