"""From a file of any kind to the rows that an import judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from question_bank.formats import intake, layouts, rows
from question_bank.formats.lean import MAX_CODE, MAX_TOPIC
from question_bank.formats.reading import (
    TYPE_NAMES,
    PlaceKind,
    Reading,
    ReadQuestion,
    ReadType,
)
from question_bank.formats.rows import ParsedRow, without_twins
from question_bank.formats.tables import Sheet
from question_bank.formats.xlsx import key_text
from question_bank.questions.rules import Finding
from question_bank.questions.shuffling import settled

MAX_ANSWER = 200
# The bank keeps no marks, and nothing of a question that it cannot hold is worth a remark.
_OF_MARKS = frozenset({"marks_from_stem", "marks_from_total", "marks_unreadable"})


@dataclass(frozen=True)
class Parsed:
    """The rows of a file, and what is to be said about the file as a whole."""

    rows: Sequence[ParsedRow]
    notes: tuple[Finding, ...] = ()


def read(upload: intake.Upload, key: intake.Upload | None = None) -> Parsed:
    """What a checked file holds; UnusableFile where that is nothing. ``key`` as in ``intake.read``.

    A plain table goes through its own lean reader.
    """
    if key is None and upload.kind in intake.TABLES:
        sheets = intake.sheets(upload)
        if layouts.is_plain(sheets):
            return Parsed(rows.parse(sheets), layouts.skipped(sheets))
        return of_layouts(sheets)
    reading = intake.read(upload, key)
    return Parsed(parsed_rows(reading), reading.notes)


def of_layouts(sheets: Sequence[Sheet]) -> Parsed:
    """What sheets in any other layout hold; UnusableFile where that is nothing."""
    reading = layouts.read(sheets)
    return Parsed(parsed_rows(reading), reading.notes)


def parsed_rows(reading: Reading) -> list[ParsedRow]:
    """A row for each question; one that repeats the code or content of an earlier one is refused.

    Sheets are named only where a workbook has several.
    """
    sheets = {question.place.sheet for question in reading.questions}
    return list(without_twins(_row(each, len(sheets) > 1) for each in reading.questions))


def _row(question: ReadQuestion, names_sheet: bool) -> ParsedRow:
    place = question.place
    if place.kind is PlaceKind.ROW and not names_sheet:
        place = replace(place, sheet="")
    said = [each for each in question.findings if each.code not in _OF_MARKS]
    if len(question.code) > MAX_CODE and all(each.code != "code_long" for each in said):
        said.append(Finding("code_long", "code", {"max": MAX_CODE}))
    if len(question.topic) > MAX_TOPIC:
        said.append(Finding("topic_long", "topic", {"max": MAX_TOPIC}))
    draft = question.draft()
    loose = None
    if draft is not None:
        draft = settled(draft)
    else:
        loose = replace(question, type=ReadType.SINGLE).draft()
    return ParsedRow(
        sheet=place.sheet, row=place.number,
        type_text=TYPE_NAMES[question.type] if question.type else "",
        stem=question.stem, answer=key_text(draft.type, draft.key) if draft else str(question.key or "")[:MAX_ANSWER],
        code=question.code, topic=question.topic, draft=draft, given=question.given,
        findings=tuple(said), at=place, loose=loose,
    )  # fmt: skip
