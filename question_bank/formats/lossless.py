"""Our own JSON: everything the bank knows of a question, in and out without loss.

A file is one object: ``format`` is "shanggang-questions", ``version`` is 2, ``questions`` a list.
Each question is an object; ``SCHEMA`` (JSON Schema, draft 2020-12) names its fields. ``key`` has
the shape of its type: indexes of the right options from 0; true or false; for each blank the list
of accepted texts; the text of the model answer. ``marks`` are hundredths. Questions with the same
``passage`` and ``group`` share that text. Fields that are missing have their default; a reader
refuses fields that it does not know, so that nothing is lost in silence: whoever adds a field adds
one to ``version``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from question_bank.formats.archives import sound_or_unusable
from question_bank.formats.exchange import bounded, item
from question_bank.formats.reading import (
    MAX_SHOWN,
    Reading,
    ReadQuestion,
    ReadType,
    Written,
    checked,
)
from question_bank.formats.tables import UnusableFile
from question_bank.questions.rules import Difficulty, Finding, Pool

FORMAT = "shanggang-questions"
VERSION = 2  # 2 has ``is_rich``
VERSIONS = frozenset({1, VERSION})

_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Questions of Shanggang",
    "type": "object",
    "required": ["format", "version", "questions"],
    "additionalProperties": False,
    "properties": {
        "format": {"const": FORMAT},
        "version": {"enum": sorted(VERSIONS)},
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "stem"],
                "additionalProperties": False,
                "properties": {
                    "code": {**_TEXT, "description": "编号; '' for a new question"},
                    "type": {"enum": [each.value for each in ReadType]},
                    "stem": _TEXT,
                    "options": {"type": "array", "items": _TEXT},
                    "key": {
                        "oneOf": [
                            {"type": "array", "items": {"type": "integer", "minimum": 0}},
                            {"type": "array", "items": {"type": "array", "items": _TEXT}, "minItems": 1},
                            {"type": "boolean"}, {"type": "string"}, {"type": "null"},
                        ]
                    },
                    "explanation": _TEXT,
                    "difficulty": {"enum": [*(each.value for each in Difficulty), None]},
                    "topic": {**_TEXT, "description": "知识点"},
                    "basis": {**_TEXT, "description": "法规依据, as written"},
                    "pool": {"enum": [*(each.value for each in Pool), None]},
                    "marks": {"type": ["integer", "null"], "description": "hundredths"},
                    "may_shuffle": {"type": "boolean"},
                    "passage": _TEXT,
                    "group": {"type": "integer", "minimum": 0},
                    "is_rich": {"type": "boolean", "description": "texts are in our markup"},
                },
            },
        },
    },
}  # fmt: skip
FIELDS: dict[str, Any] = SCHEMA["properties"]["questions"]["items"]["properties"]
_TEXTS = ("code", "stem", "explanation", "topic", "basis", "passage")


def write(questions: Sequence[ReadQuestion]) -> Written:
    """All questions with everything; one without a type is the only thing that cannot be kept."""
    kept = [{name: getattr(question, name) for name in FIELDS} for question in questions]
    content = {"format": FORMAT, "version": VERSION, "questions": kept}
    return Written((json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def read(data: bytes | str) -> Reading:
    """The questions of a file; UnusableFile where it is no such file, or of a later version."""
    with sound_or_unusable():
        content = json.loads(data, parse_constant=_refuse)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UnusableFile("not_our_json")
    if content.get("version") not in VERSIONS:
        raise UnusableFile("later_version", version=str(content.get("version"))[:MAX_SHOWN])
    listed = content.get("questions")
    if not isinstance(listed, list):
        raise UnusableFile("not_our_json")
    return Reading(bounded([_question(number, kept) for number, kept in enumerate(listed, 1)]))


def _refuse(_constant: str) -> float:
    raise ValueError


def _question(number: int, kept: Any) -> ReadQuestion:
    if not isinstance(kept, dict):
        return ReadQuestion(item(number), None, "", findings=(Finding("not_a_question", "row"),))
    said = [
        Finding("field_unknown", "row", {"text": str(name)[:MAX_SHOWN]})
        for name in kept
        if name not in FIELDS
    ]

    def value(name: str, allowed: tuple[type, ...], default: Any) -> Any:
        found = kept.get(name, default)
        is_fit = isinstance(found, allowed) and not (
            isinstance(found, bool) and bool not in allowed
        )
        if not is_fit:
            said.append(Finding("field_wrong", name, {"name": name}))
        return found if is_fit else default

    def choice(name: str, kind: type[ReadType | Difficulty | Pool]) -> Any:
        found = kept.get(name)
        if found is None:
            return None
        try:
            return kind(found)
        except ValueError:
            said.append(Finding("field_wrong", name, {"name": name}))
            return None

    texts = {name: value(name, (str,), "") for name in _TEXTS}
    options = value("options", (list,), [])
    if not all(isinstance(text, str) for text in options):
        said.append(Finding("field_wrong", "options", {"name": "options"}))
        options = []
    type_ = cast("ReadType | None", choice("type", ReadType))
    key = kept.get("key")
    if key is not None and not is_key(type_, key):
        said.append(Finding("key_unreadable", "key", {"text": str(key)[:MAX_SHOWN]}))
        key = None
    group = value("group", (int,), 0)
    return checked(
        ReadQuestion(
            place=item(number, texts["code"]), type=type_, options=tuple(options), key=key,
            difficulty=choice("difficulty", Difficulty), pool=choice("pool", Pool),
            marks=value("marks", (int, type(None)), None),
            may_shuffle=value("may_shuffle", (bool,), True), group=max(group, 0),
            is_rich=value("is_rich", (bool,), False),
            findings=tuple(said), **texts,
        )
    )  # fmt: skip


def is_key(type_: ReadType | None, key: Any) -> bool:
    """Whether a key has the shape of its type."""
    if type_ is ReadType.TRUE_FALSE:
        return isinstance(key, bool)
    if type_ is ReadType.SHORT_ANSWER:
        return isinstance(key, str)
    if not isinstance(key, list):
        return False
    if type_ is ReadType.FILL_IN:
        return all(
            isinstance(accepted, list) and all(isinstance(text, str) for text in accepted)
            for accepted in key
        )
    indexes = [each for each in key if isinstance(each, int) and not isinstance(each, bool)]
    return (
        len(indexes) == len(key)
        and indexes == sorted(set(indexes))
        and min(indexes, default=0) >= 0
    )
