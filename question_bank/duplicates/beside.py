"""Two questions side by side: where their texts differ, and what of that changes a meaning."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from core import richtext
from question_bank.duplicates.rules import Asked, contradict, plain
from question_bank.questions.rules import Draft


class Part(StrEnum):
    """What a piece of a text is, beside the other text."""

    BOTH = "both"
    ONLY = "only"


@dataclass(frozen=True)
class Segment:
    """A piece of a text. ``part``: in both texts, or in this one only."""

    part: Part
    text: str


# figures and Latin words are told apart whole; other characters one by one
_WORD = re.compile(r"\d+(?:\.\d+)?[%％]?|[A-Za-z]+|\s+|.", re.DOTALL)
_SENTENCE = re.compile(r"[^，。；！？\n]*[，。；！？\n]|.+", re.DOTALL)
LONG = 1500  # characters; beyond, sentences are compared, not words


def differences(one: str, other: str) -> tuple[list[Segment], list[Segment]]:
    """Both texts cut into what they share and what only one has; joined, each is whole again.

    Width and case do not differ. A single shared character between two differing pieces counts as
    differing, so that a reader meets few marks and whole words.
    """
    unit = _WORD if len(one) + len(other) <= LONG else _SENTENCE
    first, second = unit.findall(one), unit.findall(other)
    matcher = SequenceMatcher(None, [_same(word) for word in first],
                              [_same(word) for word in second], autojunk=False)  # fmt: skip
    left: list[Segment] = []
    right: list[Segment] = []
    for is_shared, a, b in _runs(matcher, first):
        for words, segments in ((first[a], left), (second[b], right)):
            if words:
                segments.append(Segment(Part.BOTH if is_shared else Part.ONLY, "".join(words)))
    return left, right


def _same(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def _runs(
    matcher: SequenceMatcher[str], words: Sequence[str]
) -> Iterator[tuple[bool, slice, slice]]:
    """(is shared, its place in the first, its place in the second), shared and differing in turn."""
    codes = matcher.get_opcodes()
    start: tuple[int, int] | None = None
    for place, (tag, a, a_end, b, b_end) in enumerate(codes):
        is_between = 0 < place < len(codes) - 1
        if tag == "equal" and not (is_between and len("".join(words[a:a_end])) == 1):
            if start is not None:
                yield False, slice(start[0], a), slice(start[1], b)
                start = None
            yield True, slice(a, a_end), slice(b, b_end)
        elif start is None:
            start = (a, b)
    if start is not None:
        yield False, slice(start[0], None), slice(start[1], None)


_NUMBER = re.compile(r"[\d〇零一二两三四五六七八九十百千万]")
_NOT = re.compile(r"[不未无非]|除外|禁止|免")


@dataclass(frozen=True)
class Caution:
    """Why two questions that look alike may ask different things.

    ``keys``: of one and the same stem, their keys could not both be right.
    """

    figures: bool
    negation: bool
    keys: bool = False


def caution(segments: Sequence[Segment]) -> Caution:
    """What the differing pieces of both texts hold that changes a meaning."""
    differing = [piece.text for piece in segments if piece.part is Part.ONLY]
    return Caution(
        figures=any(_NUMBER.search(text) for text in differing),
        negation=any(_NOT.search(text) for text in differing),
    )


@dataclass(frozen=True)
class Choice:
    """An option as it is shown. ``is_shared``: the other question has it, too."""

    text: str
    is_right: bool
    is_shared: bool


@dataclass(frozen=True)
class Beside:
    """Two questions as they are shown side by side, each text in segments.

    ``passages``: None where both have the same, or none.
    """

    stems: tuple[Sequence[Segment], Sequence[Segment]]
    passages: tuple[Sequence[Segment], Sequence[Segment]] | None
    options: tuple[Sequence[Choice], Sequence[Choice]]
    caution: Caution


def beside(one: Draft, other: Draft) -> Beside:
    """What a page shows of two questions."""
    stems = _differ(one, other, "stem")
    passages = _differ(one, other, "passage") if one.passage != other.passage else None
    options = (_choices(one, other), _choices(other, one))
    said = caution([*stems[0], *stems[1]])
    keys = contradict(Asked(0, one), Asked(0, other))
    return Beside(stems, passages, options, replace(said, keys=keys))


def _choices(one: Draft, other: Draft) -> list[Choice]:
    theirs = {plain(text, is_rich=other.is_rich) for text in other.options}
    return [
        Choice(
            richtext.plain(text, one.is_rich), at in (one.key or ()),
            plain(text, is_rich=one.is_rich) in theirs,
        )
        for at, text in enumerate(one.options)
    ]  # fmt: skip


def _differ(one: Draft, other: Draft, name: str) -> tuple[list[Segment], list[Segment]]:
    return differences(
        richtext.plain(getattr(one, name), one.is_rich),
        richtext.plain(getattr(other, name), other.is_rich),
    )
