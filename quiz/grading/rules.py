"""What an answer is worth: pure formulas, in hundredths of a mark.

single, true/false   all marks for the key, else nothing
short answer         what people gave it, nothing where it was left empty
fill-in              marks ÷ blanks for every right blank (compared without case, blanks and width)
multiple, by rule    n options of which k are right; c chosen
  all_or_nothing     all marks for exactly the key, else nothing
  partial            marks × c ÷ k where nothing wrong is chosen, else nothing
  per_option         marks × (options rightly chosen or rightly left) ÷ n; nothing if none is chosen

Fractions of a hundredth are dropped, so that nobody is given more than they earned.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any

from core.audit.rules import canonical
from question_bank.questions.rules import QuestionType
from quiz.papers.rules import Item

HUNDREDTHS = 100
NO_MARKS: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True)
class Mark:
    """What one answer earned, in hundredths, and whether it was wholly right."""

    hundredths: int
    is_right: bool


NOTHING = Mark(0, False)


class Unmarked(ValueError):
    """A short answer that nobody has marked yet."""


@dataclass(frozen=True)
class Corrected:
    """A key that was corrected after papers had been drawn (decision 0020).

    ``keys``: the first one and every correction, oldest first; an answer earns what the key that
    suits it best gives. ``for_all``: the question is void, and everybody has all its marks.
    """

    keys: tuple[Any, ...]
    for_all: bool = False


def _stated(key: Any) -> Any:
    """A key as the digest of keys states it."""
    if isinstance(key, Corrected):
        return {"any_of": list(key.keys), "for_all": key.for_all}
    return key


@dataclass(frozen=True)
class Marking:
    """A whole paper marked. ``marks`` and ``max_marks`` in hundredths."""

    marks: int
    max_marks: int
    is_pass: bool
    by_position: tuple[Mark, ...]
    key_digest: str


def letters(order: Sequence[int]) -> str:
    """The letters under which options are shown."""
    return ascii_uppercase[: len(order)]


def to_indexes(value: str | Sequence[str], order: Sequence[int]) -> frozenset[int]:
    """Indexes into the version's options that the chosen letters of a paper stand for."""
    return frozenset(order[ascii_uppercase.index(letter)] for letter in value)


def to_letters(key: Sequence[int], order: Sequence[int]) -> list[str]:
    """Letters of a paper, sorted, for indexes into the version's options."""
    return sorted(ascii_uppercase[list(order).index(index)] for index in key)


def normalised(text: str) -> str:
    """Text as blanks are compared: half width, lower case, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _share(marks: int, part: int, whole: int) -> Mark:
    return Mark(marks * HUNDREDTHS * part // whole, part == whole)


def _multiple(chosen: frozenset[int], key: frozenset[int], item: Item, rule: str) -> Mark:
    if chosen == key:
        return _share(item.marks, 1, 1)
    if rule == "partial" and chosen <= key:
        return _share(item.marks, len(chosen), len(key))
    if rule == "per_option":
        rightly = len(item.order) - len(chosen ^ key)
        return _share(item.marks, rightly, len(item.order))
    return NOTHING


def for_people(items: Sequence[Item], answered: Container[int]) -> list[int]:
    """Positions that people have to mark: short answers that are in ``answered``."""
    return [
        position
        for position, item in enumerate(items, start=1)
        if item.type is QuestionType.SHORT_ANSWER and position in answered
    ]


def grade(value: Any, key: Any, item: Item, rule: str, given: int | None = None) -> Mark:
    """What a sound value (see quiz.attempts.rules.checked) earns; None is no answer.

    ``given``: what people gave a short answer, in hundredths; Unmarked where it is missing.
    """
    if isinstance(key, Corrected):
        if key.for_all:
            return _share(item.marks, 1, 1)
        marks = [grade(value, one, item, rule, given) for one in key.keys]
        return max(marks, key=lambda mark: (mark.hundredths, mark.is_right))
    if value is None:
        return NOTHING
    if item.type is QuestionType.SHORT_ANSWER:
        if given is None:
            raise Unmarked(f"version {item.version_id}")
        return Mark(given, given == item.marks * HUNDREDTHS)
    if item.type is QuestionType.TRUE_FALSE:
        return _share(item.marks, int(value is key), 1)
    if item.type is QuestionType.FILL_IN:
        accepted = [{normalised(text) for text in blank} for blank in key]
        right = sum(
            normalised(text) in texts and bool(normalised(text))
            for text, texts in zip(value, accepted, strict=True)
        )
        return _share(item.marks, right, len(accepted))
    chosen, wanted = to_indexes(value, item.order), frozenset(key)
    if item.type is QuestionType.MULTIPLE:
        return _multiple(chosen, wanted, item, rule)
    return _share(item.marks, int(chosen == wanted), 1)


def mark(
    items: Sequence[Item],
    values: Mapping[int, Any],
    keys: Mapping[int, Any],
    *,
    rule: str,
    pass_mark: int,
    given: Mapping[int, int] = NO_MARKS,
) -> Marking:
    """Mark a paper. ``values`` by position, ``keys`` by version id, ``pass_mark`` in marks.

    ``given``: hundredths that people gave short answers, by position. Raises Unmarked.
    A key is as in QuestionVersion, or Corrected.
    """
    by_position = tuple(
        grade(values.get(position), keys[item.version_id], item, rule, given.get(position))
        for position, item in enumerate(items, start=1)
    )
    marks = sum(one.hundredths for one in by_position)
    used = [rule, [[item.version_id, _stated(keys[item.version_id])] for item in items]]
    return Marking(
        marks=marks,
        max_marks=sum(item.marks for item in items) * HUNDREDTHS,
        is_pass=marks >= pass_mark * HUNDREDTHS,
        by_position=by_position,
        key_digest=hashlib.sha256(canonical(used).encode()).hexdigest(),
    )
