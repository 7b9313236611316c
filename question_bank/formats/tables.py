"""Tables as files hold them: sheets of rows of texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MAX_ROWS = 100_000  # of questions
HEADING_WITHIN = 20  # rows of a sheet within which its headings must stand
MAX_COLUMNS = 200


class UnusableFile(Exception):
    """A file that holds no questions in any known shape. ``code`` says why, ``facts`` fill it.

    ``in_key``: it is the second file, which has the answers, that cannot be used.
    """

    def __init__(self, code: str, *, in_key: bool = False, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts
        self.in_key = in_key


@dataclass(frozen=True)
class Sheet:
    """One sheet: (row number as the reader of the file counts it, texts of the cells)."""

    name: str
    rows: Sequence[tuple[int, Sequence[str]]]


@dataclass(frozen=True)
class OpenSheet:
    """A sheet whose rows are read as they come, once.

    ``head``: the first rows that are not blank, at most HEADING_WITHIN, as ``Sheet`` has them;
    ``rest``: those below, (row number, cells as the file has them), blank ones too.
    """

    name: str
    head: Sequence[tuple[int, Sequence[str]]]
    rest: Iterator[tuple[int, Sequence[object]]]

    @property
    def top(self) -> Sheet:
        """The first rows alone: enough to find headings."""
        return Sheet(self.name, self.head)

    def whole(self) -> Sheet:
        """All rows at once; then there is no ``rest`` any more."""
        rows = [*self.head]
        for number, cells in self.rest:
            texts = [cell_text(cell) for cell in cells[:MAX_COLUMNS]]
            if any(text.strip() for text in texts):
                rows.append((number, texts))
        return Sheet(self.name, rows)


def opened(name: str, rows: Iterator[tuple[int, Sequence[object]]]) -> OpenSheet:
    """A sheet out of its rows."""
    head: list[tuple[int, list[str]]] = []
    for number, cells in rows:
        texts = [cell_text(cell) for cell in cells[:MAX_COLUMNS]]
        if any(text.strip() for text in texts):
            head.append((number, texts))
        if len(head) == HEADING_WITHIN:
            break
    return OpenSheet(name, head, rows)


def cell_text(value: object) -> str:
    """What a person sees in a cell; a number that stands for a text loses its needless .0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d") if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time, timedelta)):
        return str(value)
    return re.sub(r"\r\n?", "\n", str(value))


def letter_number(text: str) -> str:
    """6.0 → 6, for columns that hold codes and answers only."""
    return re.sub(r"^(\d+)\.0+$", r"\1", text)
