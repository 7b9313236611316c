"""Reads the text of a .csv file into one sheet."""

from __future__ import annotations

import csv
import io

from question_bank.formats.tables import MAX_COLUMNS, MAX_ROWS, Sheet, UnusableFile

DELIMITERS = ",\t;"


def sheets(text: str) -> list[Sheet]:
    """The one sheet of a text; UnusableFile where it holds too many rows or is no table."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    rows: list[tuple[int, list[str]]] = []
    try:
        # rows are numbered as a spreadsheet shows them: a cell with line breaks is one row
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                texts = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
                rows.append((number, texts[:MAX_COLUMNS]))
            if len(rows) > MAX_ROWS:
                raise UnusableFile("too_many_rows", max=MAX_ROWS)
    except csv.Error:
        raise UnusableFile("broken") from None
    return [Sheet("", rows)]


def _delimiter(text: str) -> str:
    """The one that the first lines use most."""
    head = text[:4000]
    return max(DELIMITERS, key=lambda mark: (head.count(mark), -DELIMITERS.index(mark)))
