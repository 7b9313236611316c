"""Reads a file of any kind as a stream of rows; a plain table as its rows come. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

from question_bank.formats import intake, layouts, lean, parsed, rows, words
from question_bank.formats.lean import Plain
from question_bank.formats.reading import Place, PlaceKind
from question_bank.formats.rows import ParsedRow
from question_bank.formats.tables import MAX_COLUMNS, OpenSheet, UnusableFile, cell_text
from question_bank.questions.rules import Finding, QuestionType

_CODE, _DIGEST = lean.COLUMNS.index("code"), lean.COLUMNS.index("digest")
# (sheet, '' where the file has one only; a row that can go in, or one with everything said of it)
Item: TypeAlias = tuple[str, Plain | ParsedRow]
_Head: TypeAlias = tuple[int, Mapping[str, int]]


@dataclass(frozen=True)
class Stream:
    """The rows of a file, to be read once, and what is to be said about the file as a whole.

    ``total``: about how many rows there are. ``items`` raises UnusableFile where it holds none.
    """

    total: int
    items: Iterator[Item]
    notes: tuple[Finding, ...] = ()


def opened(upload: intake.Upload, key: intake.Upload | None = None) -> Stream:
    """What a checked file holds; UnusableFile where that is nothing. ``key`` as in ``intake.read``."""
    if key is not None or upload.kind not in intake.TABLES:
        return _listed(parsed.read(upload, key))
    sheets, total = intake.open_sheets(upload)
    tops = [sheet.top for sheet in sheets]
    if not layouts.is_plain(tops):
        return _listed(parsed.of_layouts([sheet.whole() for sheet in sheets]))
    return Stream(total, _plain(sheets), layouts.skipped(tops))


def _listed(read: parsed.Parsed) -> Stream:
    return Stream(len(read.rows), iter([("", row) for row in read.rows]), read.notes)


def _plain(sheets: Sequence[OpenSheet]) -> Iterator[Item]:
    headed = [(sheet, head) for sheet in sheets if (head := rows.headings(sheet.top))]
    first = _First()
    has_rows = False
    names = [sheet.name for sheet, _head in headed] if len(headed) > 1 else [""]
    for place, (sheet, head) in enumerate(headed):
        has_rows |= yield from _sheet(sheet, head, names, place, first)
    if not has_rows:
        raise UnusableFile("no_rows")


SHEET = 1 << 32  # a place is one number: the row, and so much for each sheet before


@dataclass
class _First:
    """Where in a file each code and each content stands first."""

    codes: dict[str, int] = field(default_factory=dict)
    contents: dict[str, int] = field(default_factory=dict)

    def claim(self, at: int, code: str, digest: str) -> tuple[str, int]:
        """Why a row repeats an earlier one, and which; '' where it does not."""
        if code and (namesake := self.codes.setdefault(code, at)) != at:
            return "code_twice", namesake
        if digest and (twin := self.contents.setdefault(digest, at)) != at:
            return "same_in_file", twin
        return "", at


def _sheet(
    sheet: OpenSheet, head: _Head, names: Sequence[str], place: int, first: _First
) -> Generator[Item, None, bool]:
    """The rows of a sheet; returns whether there were any."""
    start, columns = head
    has_rows = False
    name, before = names[place], place * SHEET
    default = words.type_in(sheet.name)
    read, claim = lean.reader(columns, default), first.claim
    for number, cells in chain(sheet.head[start:], sheet.rest):
        row = read(number, cells)
        if row is not None:
            why, twin = claim(before + number, row[_CODE], row[_DIGEST])
            if not why:
                has_rows = True
                yield name, row
                continue
        full = _full(name, number, cells, columns, default)
        if full is None:
            continue
        if row is None:
            is_question = full.draft is not None and not full.is_refused
            digest = full.draft.digest if full.draft and is_question else ""
            why, twin = claim(before + number, full.code, digest)
        if why:
            at = Place(PlaceKind.ROW, twin % SHEET, sheet=names[twin // SHEET])
            full = rows.refused(full, why, at)
        has_rows = True
        yield name, full
    return has_rows


def _full(
    name: str, number: int, cells: Sequence[object], columns: Mapping[str, int],
    default: QuestionType | None,
) -> ParsedRow | None:  # fmt: skip
    """A row with everything that is to be said about it; None where it is blank."""
    texts = [cell_text(cell) for cell in cells[:MAX_COLUMNS]]
    return rows.read_row(name, number, texts, columns, default)
