"""Reads Moodle XML. Pure.

Source of the format: the Moodle documentation, page "Moodle XML format".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from question_bank.formats import words
from question_bank.formats.archives import Element, attribute, local, parse_xml, sound_or_unusable
from question_bank.formats.exchange import (
    BLANK,
    bounded,
    foreign,
    item,
    settled,
    split_unprotected,
    topic_of_category,
)
from question_bank.formats.html import plain
from question_bank.formats.reading import (
    PICTURE,
    Reading,
    ReadQuestion,
    ReadType,
)
from question_bank.formats.tables import UnusableFile
from question_bank.questions.rules import Finding

RIGHT = 100.0
TAGS = {"难度": "difficulty", "用途": "pool", "法规依据": "basis"}
_CLOZE = re.compile(r"\{(\d*):([A-Z_]+):((?:[^{}\\]|\\.)*)\}", re.DOTALL)
_CLOZE_SHORT = frozenset({"SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC"})


def read(data: bytes) -> Reading:
    """The questions of a file; UnusableFile where it is no Moodle XML."""
    root = parse_xml(data)
    if local(root) != "quiz":
        raise UnusableFile("not_moodle")
    questions: list[ReadQuestion] = []
    notes: list[Finding] = []
    topic, number = "", 0
    with sound_or_unusable():
        for element in root:
            if local(element) != "question":
                continue
            type_ = attribute(element, "type")
            if type_ == "category":
                topic = topic_of_category(_text(element, "category"))
                continue
            number += 1
            if type_ == "description":
                facts = {"line": number, "text": _text(element, "questiontext")[:60]}
                notes.append(Finding("text_left", "row", facts))
                continue
            questions.append(_question(element, type_, number, topic))
    return Reading(bounded(questions), tuple(notes))


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if local(child) == name), None)


def _text(element: Element, name: str) -> str:
    child = _child(element, name)
    return "" if child is None else _words(child)


def _words(element: Element) -> str:
    """The words of a field, which stand in <text> or directly, in HTML or not."""
    inner = _child(element, "text")
    text = "".join((inner if inner is not None else element).itertext())
    is_plain = attribute(element, "format") in {"plain_text", "markdown"}
    if not is_plain and attribute(element, "format"):
        text = plain(text)
    has_file = any(local(child) == "file" for child in element)
    return text.strip() + (PICTURE if has_file and PICTURE not in text else "")


def _question(element: Element, type_: str, number: int, topic: str) -> ReadQuestion:
    code = _text(element, "idnumber")
    grade = _text(element, "defaultgrade")
    bare = ReadQuestion(
        item(number, code or _text(element, "name")[:60]), None, _text(element, "questiontext"),
        explanation=_text(element, "generalfeedback"), topic=topic, code=code,
        marks=round(float(grade) * 100) if re.fullmatch(r"\d{1,6}(\.\d+)?", grade) else None,
    )  # fmt: skip
    bare = _tagged(element, bare)
    reader = _READERS.get(type_)
    if reader is None:
        return replace(foreign(bare.place, bare.stem, type_[:60]), topic=topic)
    return settled(reader(element, bare))


def _tagged(element: Element, bare: ReadQuestion) -> ReadQuestion:
    tags = _child(element, "tags")
    for tag in tags if tags is not None else ():
        name, _colon, value = _words(tag).partition(":")
        field = TAGS.get(name.strip())
        if field == "difficulty":
            bare = replace(bare, difficulty=words.DIFFICULTIES.get(value))
        elif field == "pool":
            bare = replace(bare, pool=words.POOLS.get(value))
        elif field == "basis":
            bare = replace(bare, basis=value)
    return bare


def _answers(element: Element) -> Iterator[tuple[str, float, bool]]:
    """(text, fraction, whether it has feedback) of each answer."""
    for child in element:
        if local(child) == "answer":
            fraction = attribute(child, "fraction")
            is_number = re.fullmatch(r"-?\d{1,3}(\.\d+)?", fraction) is not None
            yield (
                _words(child),
                float(fraction) if is_number else 0.0,
                bool(_text(child, "feedback")),
            )


def _said(bare: ReadQuestion, found: Sequence[tuple[str, float, bool]]) -> tuple[Finding, ...]:
    lost = any(has_feedback for _text, _fraction, has_feedback in found)
    return (*bare.findings, Finding("answer_feedback_lost", "options")) if lost else bare.findings


def _choice(element: Element, bare: ReadQuestion) -> ReadQuestion:
    found = list(_answers(element))
    said = _said(bare, found)
    is_single = _text(element, "single") in {"true", "1"}
    weights = [fraction for _text, fraction, _feedback in found]
    if is_single:
        key = [at for at, weight in enumerate(weights) if weight >= RIGHT]
        if any(0 < weight < RIGHT for weight in weights):
            said = (*said, Finding("partial_marks", "key"))
    else:
        key = [at for at, weight in enumerate(weights) if weight > 0]
    return replace(
        bare, type=ReadType.SINGLE if is_single else ReadType.MULTIPLE, key=key or None,
        options=tuple(text for text, _fraction, _feedback in found), findings=said,
        may_shuffle=_text(element, "shuffleanswers") not in {"false", "0"},
    )  # fmt: skip


def _true_false(element: Element, bare: ReadQuestion) -> ReadQuestion:
    found = list(_answers(element))
    right = next((text for text, fraction, _feedback in found if fraction >= RIGHT), "")
    return replace(
        bare, type=ReadType.TRUE_FALSE, key=words.truth(right), findings=_said(bare, found)
    )


def _short(element: Element, bare: ReadQuestion) -> ReadQuestion:
    found = list(_answers(element))
    said = _said(bare, found)
    accepted = [text for text, fraction, _feedback in found if fraction >= RIGHT]
    if len(accepted) < len(found):
        said = (*said, Finding("partial_marks", "key"))
    if _text(element, "usecase") in {"1", "true"}:
        said = (*said, Finding("case_matters_lost", "key"))
    tolerances = [_text(child, "tolerance") for child in element if local(child) == "answer"]
    if any(text.strip("0.") for text in tolerances):
        said = (*said, Finding("tolerance_lost", "key", {"text": tolerances[0]}))
    key = [accepted] if accepted else None
    return replace(bare, type=ReadType.FILL_IN, key=key, findings=said)


def _essay(element: Element, bare: ReadQuestion) -> ReadQuestion:
    return replace(bare, type=ReadType.SHORT_ANSWER, key=_text(element, "graderinfo") or None)


def _cloze(_element: Element, bare: ReadQuestion) -> ReadQuestion:
    """Embedded answers: blanks with accepted texts; any other kind is not ours."""
    key: list[list[str]] = []
    said = [*bare.findings]
    for mark in _CLOZE.finditer(bare.stem):
        if mark[2] not in _CLOZE_SHORT:
            return foreign(bare.place, bare.stem, f"cloze {mark[2]}"[:60])
        accepted = []
        for part in split_unprotected(mark[3], "~"):
            text = split_unprotected(part, "#")[0].strip()
            if text.startswith("=") or text.startswith("%100%"):
                accepted.append(_unescaped(text.removeprefix("=").removeprefix("%100%")))
            elif "partial_marks" not in {each.code for each in said}:
                said.append(Finding("partial_marks", "key"))
        key.append(accepted)
    stem = _CLOZE.sub(BLANK, bare.stem)
    return replace(bare, type=ReadType.FILL_IN, stem=stem, key=key or None, findings=tuple(said))


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).strip()


_READERS: dict[str, Callable[[Element, ReadQuestion], ReadQuestion]] = {
    "multichoice": _choice, "truefalse": _true_false, "shortanswer": _short, "numerical": _short,
    "essay": _essay, "cloze": _cloze, "multianswer": _cloze,
}  # fmt: skip
