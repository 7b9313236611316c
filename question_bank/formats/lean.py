"""Reads the ordinary row of a plain table in a few steps; whatever is odd is left to ``rows``. Pure.

A file of a hundred thousand questions is read while somebody waits. Nearly all of its rows need no
remark, and for those this reader comes to the same as ``rows`` without an object for each step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
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
from question_bank.questions.shuffling import may_point

GIVEN = ("explanation", "difficulty", "topic", "pool", "basis", "shuffle")
# 2 ** 6 lists of names, by the bits of those that are given
_GIVENS = [
    ",".join(name for bit, name in enumerate(GIVEN) if number >> bit & 1)
    for number in range(1 << len(GIVEN))
]
_NAMES = (
    "type", "stem", "answer", "explanation", "difficulty", "topic", "pool", "basis", "shuffle",
    "code", "serial", "passage",
)  # fmt: skip
MAX_CODE = 32
MAX_TOPIC = 64
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
    type_ = words.TYPES.get(words.type_word(text))
    return _TYPES[type_] if type_ else None


@lru_cache(maxsize=4096)
def _letters(text: str) -> tuple[str, int, bool] | None:
    """JSON of the indexes, the last of them, whether there is one; None where it is no letters."""
    key = words.chosen(letter_number(text))
    return (encoded(key), key[-1], len(key) == 1) if key else None


@lru_cache(maxsize=4096)
def _truth(answer: str) -> str:
    said = words.judged(letter_number(answer), ())
    return "" if said is None else encoded(said)


def _blanks(answer: str, stem: str) -> str:
    key = words.blanks(letter_number(answer))
    if not all(accepted and all(accepted) for accepted in key) or len(key) > MAX_BLANKS:
        return ""
    shown = blanks_in(stem)
    return encoded(key) if shown == len(key) or (not shown and len(key) == 1) else ""


def _model(answer: str, _stem: str) -> str:
    return encode_basestring(answer) if len(answer) <= MAX_MODEL else ""


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


def _options(options: list[str], answer: str, *, is_single: bool) -> tuple[str, str] | None:
    """JSON of options and key of a sound choice question; None where anything is to be said."""
    while options and not options[-1]:
        options.pop()
    count = len(options)
    letters = _letters(answer)
    if (
        letters is None or count < MIN_OPTIONS or "" in options or len(set(options)) != count
        or letters[1] >= count or letters[2] is not is_single
        or max(map(len, options)) > MAX_OPTION
    ):  # fmt: skip
        return None
    return f"[{','.join(map(encode_basestring, options))}]", letters[0]


def reader(columns: Mapping[str, int], default: QuestionType | None) -> Reader:
    """A reader of the rows below headings. ``columns``: what is where; ``default``: by the sheet.

    It gives None for a row of which anything is to be said.
    """
    width = 1 + max(columns.values())
    last = 1 + max((at for at in range(MAX_OPTIONS) if f"option:{at}" in columns), default=-1)
    pick: Callable[[Sequence[object]], tuple[str, ...]] = itemgetter(
        *(columns.get(name, width) for name in _NAMES),
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
            joined = "\n".join(values)
        except TypeError:  # numbers
            values = tuple(map(cell_text, values))
            joined = "\n".join(values)
        if ODD.search(joined):
            return None
        (type_text, stem, answer, explanation, difficulty, topic, pool, basis, shuffle, code,
         serial, passage, *options) = [value.strip() for value in values]  # fmt: skip
        type_ = _type(type_text) if type_text else by_sheet
        if code and (code := letter_number(code)).isdigit():
            code = ""
        may_shuffle = not shuffle or shuffle.upper() in words.CAN
        if (
            type_ is None or not stem or not answer or difficulty not in _DIFFICULTIES
            or pool not in _POOLS or (serial and not code and not serial.isdigit())
            or not (may_shuffle or shuffle.upper() in words.CANNOT) or len(code) > MAX_CODE
            or len(stem) > MAX_STEM or len(explanation) > MAX_EXPLANATION
            or len(topic) > MAX_TOPIC or len(basis) > MAX_BASIS or len(passage) > MAX_PASSAGE
        ):  # fmt: skip
            return None
        if type_.has_options:
            both = _options(options, answer, is_single=type_.is_single)
            if both is None or may_point(f"{stem}\n{both[0]}\n{explanation}"):
                return None
            choices, key = both
        else:
            choices, key = "[]", type_.key(answer, stem)
            if not key or any(options):
                return None
        content = f'["{type_.value}",{encode_basestring(stem)},{choices},{key}'
        content += f",{encode_basestring(passage)}]" if passage else "]"
        return (
            row, type_.word, stem, answer, code, topic, basis,
            _GIVENS[bool(explanation) | bool(difficulty) << 1 | bool(topic) << 2 | bool(pool) << 3
                    | bool(basis) << 4 | bool(shuffle) << 5],
            type_.value, choices, key, passage, explanation, _DIFFICULTIES[difficulty],
            _POOLS[pool], may_shuffle or not type_.has_options, sha256(content.encode()).hexdigest(),
        )  # fmt: skip

    return read
