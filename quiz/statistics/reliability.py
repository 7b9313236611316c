"""How far an exam's marks can be trusted: reliability and standard error of measurement. Pure.

A paper is a row of marks by question. Where everybody had the same questions, Cronbach's alpha
(Kuder-Richardson 20 where all are right or wrong). Where papers were drawn, alpha has no persons ×
items table to stand on; then the error is that of drawing the questions, too (``random_forms``).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, pvariance, variance

MIN_CANDIDATES = 30  # below, a reliability is not worth its second figure
BINS = 10
FAIR_FROM, HIGH_FROM = (
    0.70,
    0.80,
)  # Nunnally, Psychometric Theory, 1978: research; decisions, at least


class Worth(StrEnum):
    """What a reliability is worth where a pass mark decides."""

    HIGH = "high"
    FAIR = "fair"
    LOW = "low"


def worth(value: float) -> Worth:
    """The class of a reliability."""
    if value >= HIGH_FROM:
        return Worth.HIGH
    return Worth.FAIR if value >= FAIR_FROM else Worth.LOW


class Method(StrEnum):
    """How a reliability was found."""

    KR20 = "kr20"
    ALPHA = "alpha"
    RANDOM_FORMS = "random_forms"


@dataclass(frozen=True, slots=True)
class Scored:
    """One question on one paper. ``stratum``: what it was drawn as, e.g. type and marks."""

    question: int
    stratum: Hashable
    earned: float
    marks: float


@dataclass(frozen=True)
class Reliability:
    """``value``: share of the variance that is not error (below 0 where all is error).

    ``sem``: standard error of measurement, in marks.
    """

    method: Method
    value: float
    sem: float


def alpha(rows: Sequence[Sequence[float]]) -> float | None:
    """k ÷ (k − 1) × (1 − Σ variances of the items ÷ variance of the totals); None: nothing varies.

    ``rows``: marks by person, of the same items in the same order. With 0 and 1 it is KR-20.
    Source: Cronbach 1951, Psychometrika 16; Kuder & Richardson 1937, Psychometrika 2, formula 20.
    """
    items = len(rows[0]) if rows else 0
    if items < 2 or len(rows) < 2:  # noqa: PLR2004 (a variance needs two)
        return None
    total = pvariance([math.fsum(row) for row in rows])
    if not total:
        return None
    parts = math.fsum(pvariance(column) for column in zip(*rows, strict=True))
    return items / (items - 1) * (1 - parts / total)


def form_error(paper: Sequence[Scored]) -> float | None:
    """Error variance of one person's total had another paper been drawn; None: too few questions.

    Σ over strata: questions × their variance on this paper. For one stratum of k right or wrong
    items, x right: x (k − x) ÷ (k − 1). A stratum with one question has no variance of its own; such
    strata are taken together, a lone one with the next.
    Source: Lord 1955, Educ. Psychol. Meas. 15; strata: Feldt 1984, Educ. Psychol. Meas. 44.
    """
    strata: dict[Hashable, list[float]] = {}
    for one in paper:
        strata.setdefault(one.stratum, []).append(one.earned)
    groups = [values for values in strata.values() if len(values) > 1]
    single = [value for values in strata.values() if len(values) == 1 for value in values]
    if len(single) == 1 and groups:
        groups[0] = [*groups[0], *single]
    elif len(single) > 1:
        groups.append(single)
    if not groups:
        return None
    return math.fsum(len(values) * variance(values) for values in groups)


def random_forms(papers: Sequence[Sequence[Scored]]) -> Reliability | None:
    """Reliability where everybody drew a paper of their own from the same rows.

    1 − mean error variance ÷ variance of the totals. For one stratum of right or wrong items it is
    KR-21. Differences in difficulty between the drawn papers count as error, as they should where a
    fixed mark decides. Limits: rows are taken as endless and as drawn at random; the smaller the
    pool, the more cautious (too low) the figure.
    Source: Kuder & Richardson 1937, formula 21; Lord 1955; Feldt 1984.
    """
    if len(papers) < 2:  # noqa: PLR2004 (a variance needs two)
        return None
    errors = [form_error(paper) for paper in papers]
    known = [error for error in errors if error is not None]
    if len(known) < len(errors):
        return None
    total = pvariance([math.fsum(one.earned for one in paper) for paper in papers])
    if not total:
        return None
    error = fmean(known)
    return Reliability(Method.RANDOM_FORMS, 1 - error / total, math.sqrt(error))


def reliability(papers: Sequence[Sequence[Scored]]) -> Reliability | None:
    """Reliability by the method that the papers allow; None where nothing can be said.

    SEM with alpha: σ × √(1 − α). Source: Lord & Novick 1968, ch. 3.
    """
    forms = {frozenset((one.question, one.marks) for one in paper) for paper in papers}
    if len(forms) != 1:
        return random_forms(papers)
    rows = [[one.earned for one in sorted(paper, key=_question)] for paper in papers]
    value = alpha(rows)
    if value is None:
        return None
    is_binary = all(one.earned in (0, one.marks) for paper in papers for one in paper)
    spread = math.sqrt(pvariance([math.fsum(row) for row in rows]))
    method = Method.KR20 if is_binary else Method.ALPHA
    return Reliability(method, value, spread * math.sqrt(max(0.0, 1 - value)))


def _question(one: Scored) -> int:
    return one.question


def bins(shares: Sequence[float]) -> list[int]:
    """How many totals lie in each tenth of the marks; full marks belong to the last."""
    found = [0] * BINS
    for share in shares:
        found[min(int(share * BINS + 1e-9), BINS - 1)] += 1
    return found
