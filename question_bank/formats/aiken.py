"""Aiken: choice questions in plain lines, A. … and ANSWER: B. In and out. Pure.

Sources of the format: the Moodle documentation, page "Aiken format". A question is one line, each
option one line that begins with a capital letter and . or ), then a line ANSWER: with the letter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from question_bank.formats.exchange import Losses, bounded, settled, unwritable, with_passage
from question_bank.formats.lines import OPTION_LETTERS, lines_of
from question_bank.formats.matching import joined
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
from question_bank.formats.words import chosen
from question_bank.questions.rules import LETTERS, Finding

_OPTION = re.compile(r"([A-J])\s*[.)、．）]\s*(.*)$")
_ANSWER = re.compile(r"ANSWER\s*[:：]\s*(.*)$", re.IGNORECASE)
_TRUTHS = ("正确", "错误")


def looks_like(text: str) -> bool:
    """Whether a text has the answer lines of the format."""
    return re.search(r"^[ \t]*ANSWER[ \t]*:", text, re.MULTILINE) is not None


def read(text: str) -> Reading:
    """The questions of a text; words that lead to no answer line are told."""
    questions: list[ReadQuestion] = []
    notes: list[Finding] = []
    stem: list[str] = []
    options: list[str] = []
    first = 0
    for line in lines_of(text, markdown=False):
        answer = _ANSWER.match(line.text)
        option = _OPTION.match(line.text)
        if answer is not None:
            place = Place(PlaceKind.LINE, first or line.number)
            questions.append(_question(place, stem, options, answer[1]))
            stem, options, first = [], [], 0
        elif option is not None and stem and OPTION_LETTERS.find(option[1]) == len(options):
            options.append(option[2])
        elif line.text and options:
            options[-1] = joined(options[-1], line.text)
        elif line.text:
            first = first or line.number
            stem.append(line.text)
    if stem or options:
        notes.append(
            Finding("text_left", "row", {"line": first, "text": "".join(stem)[:MAX_SHOWN]})
        )
    if not questions:
        raise UnusableFile("no_questions")
    return Reading(bounded(questions), tuple(notes))


def _question(place: Place, stem: list[str], options: list[str], answer: str) -> ReadQuestion:
    key = chosen(answer)
    said = []
    if key is None:
        said.append(Finding("key_unreadable", "key", {"text": answer[:MAX_SHOWN]}))
    type_ = ReadType.MULTIPLE if key and len(key) > 1 else ReadType.SINGLE
    return settled(
        ReadQuestion(place, type_, "\n".join(stem), tuple(options), key, findings=tuple(said))
    )


def write(questions: Sequence[ReadQuestion]) -> Written:
    """Single choice, and true/false as two options; everything else is left out and told."""
    losses = Losses(frozenset())
    blocks = []
    for number, question in enumerate(questions, start=1):
        why = unwritable(question) or _why_not(question)
        if why:
            losses.leave_out(number, question, why)
            continue
        options, right = question.options, question.key
        if question.type is ReadType.TRUE_FALSE:
            options, right = _TRUTHS, [0 if question.key else 1]
        texts = [with_passage(question), *options]
        flat = [re.sub(r"\s*\n\s*", " ", text) for text in texts]
        losses.note(number, question, *(["line_breaks"] if flat != texts else []))
        lines = [flat[0]]
        lines += [f"{LETTERS[at]}. {text}" for at, text in enumerate(flat[1:])]
        blocks.append("\n".join([*lines, f"ANSWER: {LETTERS[right[0]]}"]))
    return Written(("\n\n".join(blocks) + "\n").encode(), tuple(losses.found))


def _why_not(question: ReadQuestion) -> str:
    if question.type not in {ReadType.SINGLE, ReadType.TRUE_FALSE}:
        return "type"
    if len(question.options) > len(LETTERS):
        return "options"
    texts = (with_passage(question).split("\n")[0], *question.options)
    begins_wrong = any(_ANSWER.match(text) for text in texts) or _OPTION.match(texts[0])
    return "words" if begins_wrong else ""
