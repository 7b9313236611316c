"""When two questions are the same, contradict each other, or are merely alike, and where they differ."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from core import richtext
from question_bank.questions.rules import (
    LIVE_STATES,
    WITH_OPTIONS,
    Draft,
    QuestionType,
    VersionState,
)

ALIKE = 80  # likeness from which two questions are shown side by side
WHOLE = 100


class Kind(StrEnum):
    """How two questions stand to each other, the gravest first."""

    CONTRADICTION = "contradiction"  # the same stem, and keys that cannot both be right
    SAME = "same"  # the same type, stem, options and key
    REORDERED = "reordered"  # the same, with the options in another order
    NEAR = "near"


# --- one text ---------------------------------------------------------------------

_BLANK = re.compile(r"\(\s*\)|\[\s*\]|_{2,}")
_BLANK_SIGN = "□"
# what says nothing: white space and punctuation, but not what belongs to a figure
_EMPTY = re.compile(r"[.,](?!\d)|(?<!\d)[.,]|[^\w.,%‰<>=≥≤+\-□]|_")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMERAL = re.compile(r"[〇零一二两三四五六七八九十百千]+")
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}


def plain(text: str, *, is_rich: bool = False) -> str:
    """A text as it is compared: no markup, width, case, punctuation or kind of figures.

    A blank becomes □ wherever it stands, and nothing at the end, where most stems have one.
    """
    text = unicodedata.normalize("NFKC", richtext.plain(text, is_rich)).casefold()
    text = _THOUSANDS.sub("", _BLANK.sub(_BLANK_SIGN, text))
    text = _EMPTY.sub("", text).rstrip(_BLANK_SIGN)
    return _NUMERAL.sub(lambda found: _figure(found.group()), text)


def _figure(numeral: str) -> str:
    """十五 → 15, 二〇二四 → 2024."""
    if not any(sign in _UNITS for sign in numeral):
        return "".join(str(_DIGITS[sign]) for sign in numeral)
    total, digit = 0, None
    for sign in numeral:
        if sign in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[sign]
            digit = None
        else:
            digit = _DIGITS[sign]
    return str(total + (digit or 0))


# --- one question -----------------------------------------------------------------

# A stem that asks to choose from what is listed: what it says is in its options.
_OPEN = re.compile(r"下列|以下|下面|哪|正确的是|错误的是|说法|表述")


@dataclass(frozen=True)
class Asked:
    """A question as it is compared.

    ``rank``: questions are compared with those of a smaller rank, which came before them.
    ``group``: the question whose version it is, where known; versions of one are not compared.
    ``ref``: id of the version or row, for whoever asked.
    """

    rank: int
    draft: Draft
    group: int | None = None
    ref: int = 0

    @cached_property
    def stem(self) -> str:
        return self._plain(self.draft.stem)

    @cached_property
    def passage(self) -> str:
        return self._plain(self.draft.passage) if self.draft.passage else ""

    @cached_property
    def options(self) -> tuple[str, ...]:
        return tuple(self._plain(text) for text in self.draft.options)

    @cached_property
    def right(self) -> frozenset[str]:
        """The options that are right, as texts."""
        key = self.draft.key or ()
        return frozenset(self.options[at] for at in key if at < len(self.options))

    @property
    def wrong(self) -> frozenset[str]:
        return frozenset(self.options) - self.right

    @property
    def is_open(self) -> bool:
        return self.draft.type in WITH_OPTIONS and bool(_OPEN.search(self.draft.stem))

    @cached_property
    def body(self) -> str:
        """What likeness is measured on: the stem, and the options where it asks to choose of them."""
        return self.stem + "".join(sorted(self.options)) if self.is_open else self.stem

    def _plain(self, text: str) -> str:
        return plain(text, is_rich=self.draft.is_rich)


# --- two questions ----------------------------------------------------------------


def kind_of(one: Asked, other: Asked) -> Kind:
    """How two questions stand to each other that are known to be alike.

    Keys are compared as texts: options in another order do not contradict.
    """
    if one.stem != other.stem or one.passage != other.passage:
        return Kind.NEAR
    if contradict(one, other):
        return Kind.CONTRADICTION
    if one.draft.type is not other.draft.type or not _same_key(one, other):
        return Kind.NEAR
    if one.options == other.options:
        return Kind.SAME
    return Kind.REORDERED if sorted(one.options) == sorted(other.options) else Kind.NEAR


def contradict(one: Asked, other: Asked) -> bool:
    """Whether the keys of two questions with one stem cannot both be right."""
    types = {one.draft.type, other.draft.type}
    if types <= WITH_OPTIONS:
        if one.right & other.wrong or other.right & one.wrong:
            return True
        # neither offers the other's answer: of a stem that is about one thing, only one is right
        is_about_one_thing = types == {QuestionType.SINGLE} and not one.is_open
        return is_about_one_thing and bool(one.right and other.right) and one.right != other.right
    if types == {QuestionType.TRUE_FALSE}:
        return one.draft.key is not other.draft.key
    if types == {QuestionType.FILL_IN}:
        first, second = _blanks(one), _blanks(other)
        return len(first) != len(second) or any(
            not (a & b) for a, b in zip(first, second, strict=True)
        )
    return False


def _same_key(one: Asked, other: Asked) -> bool:
    if one.draft.type in WITH_OPTIONS:
        return one.right == other.right
    if one.draft.type is QuestionType.FILL_IN:
        return _blanks(one) == _blanks(other)
    if one.draft.type is QuestionType.SHORT_ANSWER:
        return _model(one) == _model(other)
    return bool(one.draft.key == other.draft.key)


def _blanks(asked: Asked) -> list[frozenset[str]]:
    return [frozenset(plain(text) for text in accepted) for accepted in asked.draft.key or ()]


def _model(asked: Asked) -> str:
    return plain(asked.draft.key or "", is_rich=asked.draft.is_rich)


@dataclass(frozen=True)
class Likeness:
    """Two questions that are alike: ``later`` came after ``earlier``. ``score``: 0–100."""

    later: Asked
    earlier: Asked
    kind: Kind
    score: int


def order(found: Likeness) -> tuple[int, int, int, int]:
    """Contradictions first, then what is most alike; the same every time."""
    is_grave = found.kind is Kind.CONTRADICTION
    return (0 if is_grave else 1, -found.score, found.later.rank, found.earlier.rank)


# --- what may be decided ----------------------------------------------------------


class Decision(StrEnum):
    """What people say of two questions that are alike: 相同, 新版本, 都保留."""

    SAME = "same"
    NEW_VERSION = "new_version"
    KEEP = "keep"


DROPPABLE = frozenset({VersionState.DRAFT, VersionState.RETURNED})


@dataclass(frozen=True)
class Standing:
    """A question of a pair, as far as a decision needs it."""

    question_id: int
    version_id: int
    number: int
    state: VersionState


def dropped(one: Standing, other: Standing) -> Standing | None:
    """Which of two questions goes where both are the same: the newer of those nobody uses yet.

    None where both are in use or in review: then a reviewer retires or returns one.
    """
    free = [each for each in (one, other) if each.state in DROPPABLE]
    return max(free, key=lambda each: each.question_id, default=None)


def offered(one: Standing, other: Standing) -> list[Decision]:
    """The decisions that are possible for two questions."""
    gone = dropped(one, other)
    if gone is None:
        return [Decision.KEEP]
    stays = other if gone is one else one
    # a question with a history of its own stays what it is
    becomes_version = gone.number == 1 and stays.state in LIVE_STATES
    return [Decision.SAME, *([Decision.NEW_VERSION] if becomes_version else []), Decision.KEEP]


def retirable(one: Standing, other: Standing) -> bool:
    """Whether both are in use, so that a reviewer may retire either."""
    return one.state is other.state is VersionState.APPROVED
