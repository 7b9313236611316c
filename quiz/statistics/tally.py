"""Counting attempts into figures: one pass, no database."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean, median, pstdev
from string import ascii_uppercase
from typing import Any

from question_bank.questions.rules import WITH_OPTIONS, Difficulty, Flag, QuestionType
from quiz.grading.rules import grade
from quiz.papers.rules import from_json
from quiz.statistics import rules
from quiz.statistics.gathering.rules import gaps
from quiz.statistics.reliability import MIN_CANDIDATES, Reliability, Scored, bins, reliability
from quiz.statistics.rules import Figures, Response, Window

HUNDREDTHS = 100
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Line:
    """Versions of one question that say the same and have the same key. ``version_id``: the newest.

    ``options``: how many; of true/false two (正确, 错误). ``key``: indexes of the right ones.
    ``is_live``: whether the newest is approved or in doubt, and may be flagged. ``corrected``: the
    key that is right now where the first one was not; else empty.
    """

    version_id: int
    question_id: int
    version_ids: tuple[int, ...]
    type: QuestionType
    options: int
    key: frozenset[int]
    label: Difficulty
    is_live: bool = True
    corrected: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Tried:
    """One attempt. ``items`` and ``detail`` as tables keep them; ``detail`` None: not a first try.

    ``answers``: position → (value, epoch, seconds); ``openings``: epoch → seconds, same clock.
    """

    occasion_id: int
    person_id: int
    started_at: datetime
    items: Sequence[Any]
    detail: Sequence[Any] | None = None
    is_pass: bool = False
    answers: Mapping[int, tuple[Any, int, float]] = field(default_factory=dict)
    openings: Mapping[int, float] = field(default_factory=dict)
    rule: str = "all_or_nothing"  # how multiple choices are marked there


@dataclass
class _OfLine:
    """What is collected for a line: columns of its responses, and its exposure."""

    group: array[int] = field(default_factory=lambda: array("q"))
    share: array[float] = field(default_factory=lambda: array("d"))
    rest: array[float] = field(default_factory=lambda: array("d"))
    chosen: array[int] = field(default_factory=lambda: array("q"))
    sitting: array[int] = field(default_factory=lambda: array("q"))
    right: array[int] = field(default_factory=lambda: array("b"))
    seconds: list[float] = field(default_factory=list)
    papers: int = 0
    papers_year: int = 0
    people: set[int] = field(default_factory=set)
    last_seen_at: datetime | None = None

    def responses(self) -> list[Response]:
        return list(map(Response, self.group, self.share, self.rest, self.chosen))


@dataclass(frozen=True)
class OfQuestion:
    """The figures of one line. ``seconds``: median of ``timed`` times; None where none is known."""

    line: Line
    figures: Figures
    flags: tuple[Flag, ...]
    shrunken: float
    seconds: float | None
    timed: int
    papers: int
    papers_year: int
    candidates: int
    last_seen_at: datetime | None

    @property
    def level(self) -> Difficulty | None:
        """The class by data; None where nobody has answered and the label alone speaks."""
        return rules.level_of(self.shrunken) if self.figures.answers else None


@dataclass(frozen=True)
class OfOccasion:
    """The figures of one occasion; marks, mean and spread in hundredths."""

    occasion_id: int
    candidates: int
    passed: int
    questions: int
    forms: int
    max_marks: int
    mean: float
    spread: float
    reliability: Reliability | None
    bins: list[int]


@dataclass
class _Occasion:
    papers: list[list[Scored]] = field(default_factory=list)
    passed: int = 0


def chosen_bits(value: Any, type_: QuestionType, order: Sequence[int]) -> int:
    """An answer as bits over the version's options; of written answers bit 0 says that there is one."""
    if value is None:
        return 0
    if type_ is QuestionType.TRUE_FALSE:
        return 1 if value else 2
    if type_ not in WITH_OPTIONS:
        return 1
    bits = 0
    for letter in value:
        bits |= 1 << order[ascii_uppercase.index(letter)]
    return bits


def _of_item(
    line: Line, item: Any, value: Any, kept: tuple[int, bool], rule: str
) -> tuple[float, bool]:
    """(share of the marks, whether right); ``kept``: as marked.

    After a correction the answers are held against the right key alone: that marks were kept for
    the first key, too, says nothing of the question.
    """
    earned, is_right = kept
    if line.corrected:
        marked = grade(value, line.corrected[0], from_json([item])[0], rule)
        earned, is_right = marked.hundredths, marked.is_right
    worth = item[2] * HUNDREDTHS
    return (earned / worth if worth else 0.0), bool(is_right)


class Tally:
    """Takes attempts one by one, and tells the figures in the end."""

    def __init__(self, lines: Iterable[Line], now: datetime) -> None:
        self.lines = {line.version_id: line for line in lines}
        self._line_of = {
            version_id: line for line in self.lines.values() for version_id in line.version_ids
        }
        self._found: dict[int, _OfLine] = {}
        self._occasions: dict[int, _Occasion] = {}
        self._since = now - YEAR
        self.sittings = 0

    def add(self, tried: Tried) -> None:
        """Count one attempt: its paper as exposure, and its marks where it is a first try."""
        for item in tried.items:
            line = self._line_of.get(item[0])
            if line is not None:
                self._expose(self._found.setdefault(line.version_id, _OfLine()), tried)
        if tried.detail is not None and len(tried.detail) == len(tried.items) > 0:
            self._score(tried, tried.detail)

    def _expose(self, found: _OfLine, tried: Tried) -> None:
        found.papers += 1
        found.papers_year += tried.started_at > self._since
        found.people.add(tried.person_id)
        if found.last_seen_at is None or tried.started_at > found.last_seen_at:
            found.last_seen_at = tried.started_at

    def _score(self, tried: Tried, detail: Sequence[Any]) -> None:
        maximum = sum(item[2] for item in tried.items) * HUNDREDTHS
        total = sum(earned for earned, _right in detail)
        saves = [(position, epoch, at) for position, (_v, epoch, at) in tried.answers.items()]
        seconds = gaps(saves, dict(tried.openings))
        paper = []
        for position, (item, (earned, is_right)) in enumerate(
            zip(tried.items, detail, strict=True), start=1
        ):
            version_id, order, marks, type_ = item[:4]
            line = self._line_of.get(version_id)
            if line is None:
                continue
            worth = marks * HUNDREDTHS
            paper.append(Scored(line.version_id, (type_, marks), earned, worth))
            found = self._found[line.version_id]
            value = tried.answers[position][0] if position in tried.answers else None
            share, right = _of_item(line, item, value, (earned, is_right), tried.rule)
            others = maximum - worth
            found.group.append(tried.occasion_id)
            found.share.append(share)
            found.rest.append((total - earned) / others if others else 0.0)
            found.chosen.append(chosen_bits(value, line.type, order))
            found.sitting.append(self.sittings)
            found.right.append(right)
            if position in seconds:
                found.seconds.append(seconds[position])
        self.sittings += 1
        occasion = self._occasions.setdefault(tried.occasion_id, _Occasion())
        occasion.papers.append(paper)
        occasion.passed += tried.is_pass

    # --- what it comes to ---------------------------------------------------------------

    def questions(self, when: Mapping[int, tuple[datetime, str]]) -> Iterator[OfQuestion]:
        """Figures of every line that was on a paper. ``when``: occasion → when it opened, kind."""
        for version_id, found in self._found.items():
            line = self.lines[version_id]
            figures = figures_of(line, found.responses(), when)
            yield OfQuestion(
                line, figures, rules.flags(line.type, line.options, figures),
                rules.shrunken(line.label, figures.facility, figures.answers),
                median(found.seconds) if found.seconds else None, len(found.seconds),
                found.papers, found.papers_year, len(found.people), found.last_seen_at,
            )  # fmt: skip

    def occasions(self) -> Iterator[OfOccasion]:
        """Figures of every occasion with a first try."""
        for occasion_id, one in self._occasions.items():
            totals = [sum(item.earned for item in paper) for paper in one.papers]
            most = [sum(item.marks for item in paper) for paper in one.papers]
            forms = {frozenset(item.question for item in paper) for paper in one.papers}
            enough = len(totals) >= MIN_CANDIDATES
            yield OfOccasion(
                occasion_id, len(totals), one.passed, max(map(len, one.papers)), len(forms),
                round(max(most)), fmean(totals), pstdev(totals),
                reliability(one.papers) if enough else None,
                bins([a / b for a, b in zip(totals, most, strict=True) if b]),
            )  # fmt: skip

    def to_fit(self, least: int) -> Iterator[tuple[int, Sequence[int], Sequence[int]]]:
        """(version id, sittings, right or not) of lines with so many answers; marked by key only."""
        for version_id, found in self._found.items():
            marked_by_key = self.lines[version_id].type is not QuestionType.SHORT_ANSWER
            if marked_by_key and len(found.share) >= least:
                yield version_id, found.sitting, found.right


def figures_of(
    line: Line, responses: Sequence[Response], when: Mapping[int, tuple[datetime, str]]
) -> Figures:
    """The figures of one line over its responses."""
    if not responses:
        return Figures(0)
    by_occasion: dict[int, list[Response]] = {}
    for one in responses:
        by_occasion.setdefault(one.group, []).append(one)
    windows = tuple(
        Window(id_, len(members), rules.facility(one.share for one in members),
               rules.discrimination(members), when[id_][1])
        for id_, members in sorted(by_occasion.items(), key=lambda pair: (when[pair[0]], pair[0]))
    )  # fmt: skip
    upper, lower = rules.extremes(responses)
    return Figures(
        answers=len(responses),
        facility=rules.facility(one.share for one in responses),
        discrimination=rules.discrimination(responses),
        options=rules.option_shares(responses, line.options, line.key),
        unanswered=fmean(one.chosen == 0 for one in responses),
        upper=len(upper),
        lower=len(lower),
        windows=windows,
    )
