"""One door to all readers: the kind of a file, its bytes, and perhaps a second file with answers."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Invalid
from core.uploads import decoded
from question_bank.formats import (
    aiken,
    csv,
    gift,
    layouts,
    lossless,
    moodle,
    qti_read,
    text,
    word,
    workbook,
)
from question_bank.formats.archives import local, parse_xml
from question_bank.formats.lines import Line, lines_of
from question_bank.formats.reading import Reading
from question_bank.formats.tables import OpenSheet, Sheet, UnusableFile

TABLES = frozenset({"xlsx", "xls", "csv"})
KINDS = TABLES | frozenset({"docx", "txt", "md", "gift", "json", "xml", "zip"})
KEY_KINDS = TABLES | frozenset({"txt", "md", "docx"})


@dataclass(frozen=True)
class Upload:
    """A checked file: its extension in lower case without the point, and its bytes."""

    kind: str
    data: bytes


def read(upload: Upload, key: Upload | None = None) -> Reading:
    """The questions of a file. UnusableFile, and nothing else, where it holds none.

    ``key``: a second file with the answers, for papers that are text or Word; Invalid is never
    raised, the caller checks size and content of both with ``core.uploads`` before.
    """
    try:
        key_lines = _key_lines(key) if key is not None else []
    except UnusableFile as error:
        error.in_key = True
        raise
    if upload.kind == "docx":
        return word.read(upload.data, key_lines)
    if upload.kind in {"txt", "md", "gift"}:
        return read_text(_text(upload.data), key_lines)
    if key is not None:
        raise UnusableFile("key_not_here", in_key=True)
    if upload.kind in TABLES:
        return layouts.read(sheets(upload))
    if upload.kind == "json":
        return lossless.read(_text(upload.data))
    if upload.kind == "xml":
        is_moodle = local(parse_xml(upload.data)) == "quiz"
        return moodle.read(upload.data) if is_moodle else qti_read.read(upload.data)
    if upload.kind == "zip":
        return qti_read.read(upload.data)
    raise UnusableFile("unknown_kind", kind=upload.kind)


def read_text(words: str, key_lines: list[Line] | None = None) -> Reading:
    """The questions of a text, also a pasted one: GIFT, Aiken, or a paper."""
    if not key_lines and aiken.looks_like(words):
        return aiken.read(words)
    if not key_lines and gift.looks_like(words):
        return gift.read(words)
    return text.read_lines(lines_of(words), key_lines or ())


def sheets(upload: Upload) -> list[Sheet]:
    """The sheets of a workbook or of a .csv file."""
    if upload.kind == "csv":
        return csv.sheets(_text(upload.data))
    return workbook.sheets(upload.data)


def open_sheets(upload: Upload) -> tuple[list[OpenSheet], int]:
    """The same, to be read row by row, and about how many rows there are."""
    if upload.kind == "csv":
        text_ = _text(upload.data)
        return [csv.open_sheet(text_)], text_.count("\n")
    return workbook.open_sheets(upload.data)


def _text(data: bytes) -> str:
    try:
        return decoded(data)
    except Invalid:
        raise UnusableFile("not_text") from None


def _key_lines(key: Upload) -> list[Line]:
    if key.kind == "docx":
        return word.lines_of_document(key.data)
    if key.kind in {"txt", "md"}:
        return lines_of(_text(key.data))
    if key.kind in TABLES:
        return [
            line
            for sheet in sheets(key)
            for line in [
                *([Line(0, sheet.name)] if sheet.name else []),
                *(Line(number, "\t".join(cells).strip()) for number, cells in sheet.rows),
            ]
        ]
    raise UnusableFile("unknown_kind", kind=key.kind)
