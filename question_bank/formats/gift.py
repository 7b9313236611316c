"""GIFT, the text format of Moodle: in and out. Pure.

Source of the format: the Moodle documentation, page "GIFT format": ::name:: [format] words {answers},
= right, ~ wrong, %50% weights, # feedback, #### general feedback, \\ before ~ = # { } : \\.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from question_bank.formats.exchange import (
    Losses,
    bounded,
    categorised,
    category_path,
    foreign,
    settled,
    topic_of_category,
    unwritable,
    with_passage,
)
from question_bank.formats.html import plain
from question_bank.formats.reading import (
    MAX_SHOWN,
    Place,
    PlaceKind,
    Reading,
    ReadQuestion,
    ReadType,
    Written,
)
from question_bank.formats.tables import UnusableFile
from question_bank.formats.words import truth
from question_bank.questions.rules import Finding

_CATEGORY = re.compile(r"\s*\$CATEGORY:\s*(.*)$")
_NAME = re.compile(r"\s*::((?:[^:\\]|\\.|:(?!:))*)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]")
_OPEN, _CLOSE = re.compile(r"(?<!\\)(?:\\\\)*\{"), re.compile(r"(?<!\\)(?:\\\\)*\}")
_FEEDBACK = re.compile(r"(?<!\\)((?:\\\\)*)####")
_ONE_FEEDBACK = re.compile(r"(?<!\\)((?:\\\\)*)#")
_ANSWERS = re.compile(r"(?<!\\)((?:\\\\)*)([=~])")
_WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{1,8})?)%")
_NUMBER = re.compile(r"\s*#?\s*=?\s*(-?\d+(?:\.\d+)?)\s*(?::\s*(\d+(?:\.\d+)?))?\s*$")
_LINE = "_____"


@dataclass(frozen=True)
class _Answer:
    is_right: bool  # begins with =
    weight: float | None
    text: str
    has_feedback: bool


def looks_like(text: str) -> bool:
    """Whether a text has questions with answers in braces."""
    return re.search(r"(?<!\\)\{[^{}]{0,4000}\}", text) is not None and (
        "::" in text or re.search(r"(?<!\\)\{\s*(?:[=~#}]|T|F)", text) is not None
    )


def read(text: str) -> Reading:
    """The questions of a text; a piece without braces is a note."""
    questions: list[ReadQuestion] = []
    notes: list[Finding] = []
    topic = ""
    for number, block in _blocks(text):
        category = _CATEGORY.match(block)
        if category is not None:
            topic = topic_of_category(category[1])
            continue
        question = _question(Place(PlaceKind.LINE, number), block, topic)
        if question is None:
            facts = {"line": number, "text": _words(block)[:MAX_SHOWN]}
            notes.append(Finding("text_left", "row", facts))
        else:
            questions.append(question)
    if not questions:
        raise UnusableFile("no_questions")
    return Reading(bounded(questions), tuple(notes))


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Pieces between blank lines, without comments; a category is a piece of its own."""
    lines: list[str] = []
    first = 0
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text.lstrip("\ufeff")), start=1):
        if line.lstrip().startswith("//"):
            continue
        if _CATEGORY.match(line) or not line.strip():
            if lines:
                yield first, "\n".join(lines)
            lines = []
            if line.strip():
                yield number, line
            continue
        first = first if lines else number
        lines.append(line)
    if lines:
        yield first, "\n".join(lines)


def _question(place: Place, block: str, topic: str) -> ReadQuestion | None:
    name = _NAME.match(block)
    rest = block[name.end() :] if name else block
    format_ = _FORMAT.match(rest)
    rest = rest[format_.end() :] if format_ else rest
    start = _OPEN.search(rest)
    end = _CLOSE.search(rest, start.end()) if start else None
    if start is None or end is None:
        return None
    is_html = bool(format_) and format_ is not None and format_[1] == "html"
    before, inside, after = (
        rest[: start.end() - 1],
        rest[start.end() : end.end() - 1],
        rest[end.end() :],
    )
    stem = before.strip() + (f" {_LINE} {after.strip()}" if after.strip() else "")
    parts = _FEEDBACK.split(inside, maxsplit=1)
    answers = parts[0] + (parts[1] if len(parts) > 1 else "")
    code = _words(name[1]).strip() if name else ""
    bare = ReadQuestion(
        replace(place, id=code), None, _told(stem, is_html), code=code, topic=topic,
        explanation=_told(parts[2], is_html) if len(parts) > 1 else "",
    )  # fmt: skip
    return _answered(bare, answers, is_html=is_html)


def _told(text: str, is_html: bool) -> str:
    said = _words(text)
    return plain(said) if is_html else said


def _words(text: str) -> str:
    """Text without the signs that protect others."""
    return re.sub(r"\\(.)", lambda mark: "\n" if mark[1] == "n" else mark[1], text).strip()


def _answered(bare: ReadQuestion, answers: str, *, is_html: bool) -> ReadQuestion:
    inside = answers.strip()
    if not inside:
        return settled(replace(bare, type=ReadType.SHORT_ANSWER))
    said = truth(_ONE_FEEDBACK.split(inside)[0]) if inside[0] not in "=~#" else None
    if said is not None:
        return settled(replace(bare, type=ReadType.TRUE_FALSE, key=said))
    if inside.startswith("#"):
        return _numeric(bare, inside[1:])
    found = list(_split(inside, is_html))
    if not found:
        return foreign(bare.place, bare.stem, inside[:MAX_SHOWN])
    if len(found) > 1 and all(each.is_right and "->" in each.text for each in found):
        return foreign(bare.place, bare.stem, "matching")
    findings = [*bare.findings]
    if any(each.has_feedback for each in found):
        findings.append(Finding("answer_feedback_lost", "options"))
    if all(each.is_right for each in found):
        accepted = [each.text for each in found if each.weight is None or each.weight >= 100]  # noqa: PLR2004
        if len(accepted) < len(found):
            findings.append(Finding("partial_marks", "key"))
        key: list[list[str]] | None = [accepted] if accepted else None
        return settled(replace(bare, type=ReadType.FILL_IN, key=key, findings=tuple(findings)))
    return _choice(bare, found, findings)


def _choice(bare: ReadQuestion, found: list[_Answer], findings: list[Finding]) -> ReadQuestion:
    equals = [at for at, each in enumerate(found) if each.is_right]
    weighty = [at for at, each in enumerate(found) if not each.is_right and (each.weight or 0) > 0]
    if equals:
        if weighty:
            findings.append(Finding("partial_marks", "key"))
        type_, key = (ReadType.SINGLE if len(equals) == 1 else ReadType.MULTIPLE), equals
    else:
        type_, key = ReadType.MULTIPLE, weighty
    return settled(
        replace(
            bare, type=type_, options=tuple(each.text for each in found), key=key or None,
            findings=tuple(findings),
        )
    )  # fmt: skip


def _numeric(bare: ReadQuestion, inside: str) -> ReadQuestion:
    found = _NUMBER.match(_ONE_FEEDBACK.split(inside)[0])
    if found is None:
        return foreign(bare.place, bare.stem, "numerical")
    said = [*bare.findings]
    if found[2] and float(found[2]):
        said.append(Finding("tolerance_lost", "key", {"text": found[2]}))
    return settled(replace(bare, type=ReadType.FILL_IN, key=[[found[1]]], findings=tuple(said)))


def _split(inside: str, is_html: bool) -> Iterator[_Answer]:
    marks = list(_ANSWERS.finditer(inside))
    for at, mark in enumerate(marks):
        until = marks[at + 1].start(2) if at + 1 < len(marks) else len(inside)
        body = inside[mark.end() : until]
        weight = _WEIGHT.match(body)
        body = body[weight.end() :] if weight else body
        parts = _ONE_FEEDBACK.split(body, maxsplit=1)
        text = parts[0] + (parts[1] if len(parts) > 1 else "")
        yield _Answer(
            mark[2] == "=", float(weight[1]) if weight else None, _told(text, is_html),
            len(parts) > 2 and bool(parts[2].strip()),  # noqa: PLR2004
        )  # fmt: skip


# --- writing -------------------------------------------------------------------------


def write(questions: Sequence[ReadQuestion]) -> Written:
    """All questions; several blanks in one question are what the format cannot hold."""
    losses = Losses(frozenset({"explanation", "topic", "code"}))
    blocks: list[str] = []
    topic = ""
    for number, question in enumerate(questions, start=1):
        why = unwritable(question) or _why_not(question)
        if why:
            losses.leave_out(number, question, why)
            continue
        more = ["model_answer"] if question.type is ReadType.SHORT_ANSWER and question.key else []
        own, lost = categorised(question)
        losses.note(number, question, *more, *lost)
        if own != topic:
            topic = own
            blocks.append(f"$CATEGORY: {category_path(topic)}")
        name = f"::{_safe(question.code)}::" if question.code else ""
        feedback = f"####{_safe(question.explanation)}" if question.explanation else ""
        blocks.append(
            f"{name}[plain]{_safe(with_passage(question))} {{{_answers(question)}{feedback}}}"
        )
    return Written(("\n\n".join(blocks) + "\n").encode(), tuple(losses.found))


def _why_not(question: ReadQuestion) -> str:
    if question.type is not ReadType.FILL_IN:
        return ""
    if len(question.key) != 1:
        return "blanks"
    return "words" if all("->" in text for text in question.key[0]) else ""


def _safe(text: str) -> str:
    return re.sub(r"([\\~=#{}:])", r"\\\1", text).replace("\n", "\\n")


def _answers(question: ReadQuestion) -> str:
    if question.type is ReadType.SHORT_ANSWER:
        return ""
    if question.type is ReadType.TRUE_FALSE:
        return "TRUE" if question.key else "FALSE"
    if question.type is ReadType.FILL_IN:
        return "".join(f"={_weighed(text, 100)}" for text in question.key[0])
    lines = []
    share = f"{100 / len(question.key):.5f}".rstrip("0").rstrip(".")
    for at, text in enumerate(question.options):
        is_right = at in question.key
        if question.type is ReadType.SINGLE:
            lines.append(("=" if is_right else "~") + _weighed(text, 100 if is_right else 0))
        else:
            lines.append(f"~%{share if is_right else '-100'}%{_safe(text)}")
    return " ".join(lines)


def _weighed(text: str, weight: int) -> str:
    """A text that begins with a percent sign must not be read as a weight."""
    return (f"%{weight}%" if text.startswith("%") else "") + _safe(text)
