"""Reads the ordinary row of a plain table in a few steps; whatever is odd is left to ``rows``. Pure.

A file of a hundred thousand questions is read while somebody waits. Nearly all of its rows need no
remark, and for those this reader comes to the same as ``rows`` without an object for each step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, TypeAlias

from question_bank.formats import words
from question_bank.formats.tables import cell_text, letter_number
from question_bank.questions.rules import (
    MAX_BASIS,
    MAX_BLANKS,
    MAX_EXPLANATION,
    MAX_MODEL,
    MAX_OPTION,
    MAX_OPTIONS,
    MAX_PASSAGE,
    MAX_STEM,
    MIN_OPTIONS,
    ODD,
    WITH_OPTIONS,
    Difficulty,
    Pool,
    QuestionType,
    blanks_in,
)
from question_bank.questions.shuffling import pointers_in

GIVEN = ("explanation", "difficulty", "topic", "pool", "basis", "shuffle")
# 2 ** 6 lists of names, by the bits of those that are given
GIVENS = [
    ",".join(name for bit, name in enumerate(GIVEN) if number >> bit & 1)
    for number in range(1 << len(GIVEN))
]
_JUDGED = ("type", "answer", "difficulty", "pool", "shuffle", "code", "serial")
_TEXTS = ("stem", "explanation", "topic", "basis", "passage")  # and the options
_TEXTS_AT = len(_JUDGED)
# A row whose texts hold none of these has nothing to tidy, nothing that JSON escapes, and nothing
# that may point at an option: one look for the three, and few rows need a second.
_NOTABLE = re.compile(rf'[\x00-\x1f"\\A-H上{ODD.pattern.strip("[]")}]')
MAX_CODE = 32
MAX_TOPIC = 64
# where the texts are no longer all together, none of them is too long
_SHORT = min(MAX_STEM, MAX_OPTION, MAX_EXPLANATION, MAX_BASIS, MAX_PASSAGE)
encoded: Callable[[object], str] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":")
).encode


# A row that can go in as it is: the values of COLUMNS. ``options`` and ``key`` are JSON.
Plain: TypeAlias = tuple[Any, ...]
COLUMNS = (
    "place_number", "type_text", "stem", "answer", "code", "topic", "basis", "given", "type",
    "options", "key", "passage", "explanation", "difficulty", "pool", "may_shuffle", "digest",
)  # fmt: skip
Reader: TypeAlias = Callable[[int, Sequence[object]], Plain | None]

_DIFFICULTIES = {text: each.value for text, each in words.DIFFICULTIES.items()}
_DIFFICULTIES[""] = Difficulty.MEDIUM.value
_POOLS = {text: each.value for text, each in words.POOLS.items()}
_POOLS[""] = Pool.BOTH.value


@dataclass(frozen=True)
class _Type:
    """What is to be known of a type, looked up once for each spelling."""

    value: str
    word: str
    has_options: bool
    is_single: bool
    key: Callable[[str, str], str]  # JSON of the key, from the answer and the stem; '' is odd


@lru_cache(maxsize=4096)
def _type(text: str) -> _Type | None:
    type_ = None if ODD.search(text) else words.TYPES.get(words.type_word(text))
    return _TYPES[type_] if type_ else None


@lru_cache(maxsize=4096)
def _letters(text: str) -> tuple[str, int, bool] | None:
    """JSON of the indexes, the last of them, whether there is one; None where it is no letters."""
    key = None if ODD.search(text) else words.chosen(letter_number(text))
    return (encoded(key), key[-1], len(key) == 1) if key else None


@lru_cache(maxsize=4096)
def _truth(answer: str) -> str:
    said = None if ODD.search(answer) else words.judged(letter_number(answer), ())
    return "" if said is None else encoded(said)


def _blanks(answer: str, stem: str) -> str:
    if ODD.search(answer):
        return ""
    key = words.blanks(letter_number(answer))
    if not all(accepted and all(accepted) for accepted in key) or len(key) > MAX_BLANKS:
        return ""
    shown = blanks_in(stem)
    return encoded(key) if shown == len(key) or (not shown and len(key) == 1) else ""


def _model(answer: str, _stem: str) -> str:
    is_odd = len(answer) > MAX_MODEL or ODD.search(answer)
    return "" if is_odd else encode_basestring(answer)


_KEYS: dict[QuestionType, Callable[[str, str], str]] = {
    QuestionType.TRUE_FALSE: lambda answer, _stem: _truth(answer),
    QuestionType.FILL_IN: _blanks,
    QuestionType.SHORT_ANSWER: _model,
}
_TYPES = {
    each: _Type(
        each.value, words.TYPE_WORDS[each], each in WITH_OPTIONS, each is QuestionType.SINGLE,
        _KEYS.get(each, _model),
    )
    for each in QuestionType
}  # fmt: skip


def _key_of_choice(options: list[str], answer: str, *, is_single: bool) -> str:
    """JSON of the key of a sound choice question; '' where anything is to be said.

    Empty options at the end are taken away.
    """
    while options and not options[-1]:
        options.pop()
    count = len(options)
    letters = _letters(answer)
    if (
        letters is None or count < MIN_OPTIONS or "" in options or len(set(options)) != count
        or letters[1] >= count or letters[2] is not is_single
    ):  # fmt: skip
        return ""
    return letters[0]


def _is_long(
    stem: str, explanation: str, basis: str, passage: str, options: Iterable[str]
) -> bool:  # fmt: skip
    return (
        len(stem) > MAX_STEM or len(explanation) > MAX_EXPLANATION or len(basis) > MAX_BASIS
        or len(passage) > MAX_PASSAGE or any(len(option) > MAX_OPTION for option in options)
    )  # fmt: skip


def _code(code: str, serial: str) -> str | None:
    """The code by which a row names its question, '' where it only counts; None where it is odd."""
    if ODD.search(code + serial):
        return None
    code = letter_number(code)
    if code.isdigit():
        code = ""
    is_sound = len(code) <= MAX_CODE and (code or not serial or serial.isdigit())
    return code if is_sound else None


def reader(columns: Mapping[str, int], default: QuestionType | None) -> Reader:
    """A reader of the rows below headings. ``columns``: what is where; ``default``: by the sheet.

    It gives None for a row of which anything is to be said.
    """
    width = 1 + max(columns.values())
    last = 1 + max((at for at in range(MAX_OPTIONS) if f"option:{at}" in columns), default=-1)
    pick: Callable[[Sequence[object]], tuple[str, ...]] = itemgetter(
        *(columns.get(name, width) for name in (*_JUDGED, *_TEXTS)),
        *(columns.get(f"option:{index}", width) for index in range(last)),
    )
    by_sheet = _TYPES[default] if default else None

    def read(row: int, cells: Sequence[object]) -> Plain | None:
        if len(cells) == width and type(cells) is list:  # as workbooks give them
            cells.append("")
        else:
            cells = [*cells[:width], *[""] * (width + 1 - min(len(cells), width))]
        values = pick(cells)
        try:
            (type_text, answer, difficulty, pool, shuffle, code, serial,
             stem, explanation, topic, basis, passage, *options) = map(str.strip, values)  # fmt: skip
        except TypeError:  # numbers
            return read(row, list(map(cell_text, cells)))
        texts = " ".join(values[_TEXTS_AT:])
        is_notable = _NOTABLE.search(texts) is not None
        type_ = _type(type_text) if type_text else by_sheet
        named = _code(code, serial) if code or serial else ""
        may_shuffle = not shuffle or shuffle.upper() in words.CAN
        if (
            type_ is None or not stem or not answer or difficulty not in _DIFFICULTIES
            or pool not in _POOLS or (is_notable and ODD.search(texts))
            or named is None or not (may_shuffle or shuffle.upper() in words.CANNOT)
            or len(topic) > MAX_TOPIC
            or (len(texts) > _SHORT and _is_long(stem, explanation, basis, passage, options))
        ):  # fmt: skip
            return None
        if type_.has_options:
            key = _key_of_choice(options, answer, is_single=type_.is_single)
            if is_notable and pointers_in(stem, options, explanation):
                return None
        else:
            key = "" if any(options) else type_.key(answer, stem)
            options.clear()
        if not key:
            return None
        if is_notable:
            choices = f"[{','.join(map(encode_basestring, options))}]"
            content = f'["{type_.value}",{encode_basestring(stem)},{choices},{key}'
        else:
            choices = '["' + '","'.join(options) + '"]' if options else "[]"
            content = f'["{type_.value}","{stem}",{choices},{key}'
        content += f",{encode_basestring(passage)}]" if passage else "]"
        return (
            row, type_.word, stem, answer, named, topic, basis,
            GIVENS[(1 if explanation else 0) | (2 if difficulty else 0) | (4 if topic else 0)
                   | (8 if pool else 0) | (16 if basis else 0) | (32 if shuffle else 0)],
            type_.value, choices, key, passage, explanation, _DIFFICULTIES[difficulty],
            _POOLS[pool], may_shuffle or not type_.has_options, sha256(content.encode()).hexdigest(),
        )  # fmt: skip

    return read
