"""Reads the text of a .csv file into one sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from question_bank.formats.tables import (
    HEADING_WITHIN,
    MAX_ROWS,
    OpenSheet,
    Sheet,
    UnusableFile,
    opened,
)

DELIMITERS = ",\t;"


def sheets(text: str) -> list[Sheet]:
    """The one sheet of a text; UnusableFile where it holds too many rows or is no table."""
    return [open_sheet(text).whole()]


def open_sheet(text: str) -> OpenSheet:
    """The one sheet of a text; its rows raise UnusableFile as in ``sheets``."""
    return opened("", _rows(text))


def _rows(text: str) -> Iterator[tuple[int, Sequence[object]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    filled = 0
    try:
        # rows are numbered as a spreadsheet shows them: a cell with line breaks is one row
        for number, cells in enumerate(reader, start=1):
            filled += any(cell.strip() for cell in cells)
            if filled > MAX_ROWS + HEADING_WITHIN:
                raise UnusableFile("too_many_rows", max=MAX_ROWS)
            yield number, cells
    except csv.Error:
        raise UnusableFile("broken") from None


def _delimiter(text: str) -> str:
    """The one that the first lines use most."""
    head = text[:4000]
    return max(DELIMITERS, key=lambda mark: (head.count(mark), -DELIMITERS.index(mark)))
