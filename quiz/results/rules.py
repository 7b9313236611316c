"""How an answer is reviewed: which lines were right, wrong, missed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """What a line of a review says. The template has the words."""

    PLAIN = "plain"
    RIGHT = "right"  # the key, and chosen
    MISSED = "missed"  # the key, and not chosen
    WRONG = "wrong"  # not the key, and chosen


@dataclass(frozen=True)
class Line:
    """One option of a reviewed question."""

    letter: str
    text: str
    mark: Mark


def _mark(is_key: bool, is_chosen: bool) -> Mark:
    if is_key:
        return Mark.RIGHT if is_chosen else Mark.MISSED
    return Mark.WRONG if is_chosen else Mark.PLAIN


def option_lines(
    options: Sequence[tuple[str, str]], key: str | Collection[str], value: object
) -> tuple[Line, ...]:
    """Lines of a single or multiple choice question; ``value`` None is no answer."""
    keys = {key} if isinstance(key, str) else set(key)
    chosen = {value} if isinstance(value, str) else set(value) if isinstance(value, list) else set()
    return tuple(
        Line(letter, text, _mark(letter in keys, letter in chosen)) for letter, text in options
    )


def judgement_lines(key: bool, value: object, words: tuple[str, str]) -> tuple[Line, ...]:
    """Lines of a true/false question; ``words``: for true and for false."""
    return tuple(
        Line(letter, word, _mark(key is truth, value is truth))
        for letter, truth, word in (("A", True, words[0]), ("B", False, words[1]))
    )


def blank_lines(key: Sequence[Sequence[str]], value: object, right: bool) -> tuple[Line, ...]:
    """Lines of a fill-in: what was written in each blank. Blanks are judged together."""
    texts = list(value) if isinstance(value, list) else [""] * len(key)
    return tuple(
        Line(str(number), text or "—", Mark.RIGHT if right else Mark.WRONG)
        for number, text in enumerate(texts, start=1)
    )
