"""Reads an .xlsx file (checked before) into sheets of texts."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from question_bank.formats.tables import (
    HEADING_WITHIN,
    MAX_COLUMNS,
    MAX_ROWS,
    OpenSheet,
    Sheet,
    UnusableFile,
    opened,
)


def sheets(data: bytes) -> list[Sheet]:
    """All visible sheets; UnusableFile where it cannot be opened or holds too many rows."""
    found, _total = open_sheets(data)
    return [sheet.whole() for sheet in found]


def open_sheets(data: bytes) -> tuple[list[OpenSheet], int]:
    """All visible sheets, and about how many rows they have; UnusableFile as in ``sheets``."""
    with _sound_or_unusable(), CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        found = [
            book.get_sheet_by_name(meta.name)
            for meta in book.sheets_metadata
            if meta.visible is SheetVisibleEnum.Visible
        ]
        total = sum(sheet.height for sheet in found)
        if (
            total > MAX_ROWS + HEADING_WITHIN
            and sum(map(_filled, found)) > MAX_ROWS + HEADING_WITHIN
        ):
            raise UnusableFile("too_many_rows", max=MAX_ROWS)
        return [opened(sheet.name, _rows(sheet)) for sheet in found], total


@contextmanager
def _sound_or_unusable() -> Iterator[None]:
    try:
        yield
    except (CalamineError, OSError, ValueError):
        raise UnusableFile("broken") from None


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, Sequence[object]]]:
    if sheet.start is None:  # empty
        return
    yield from enumerate(sheet.iter_rows(), start=1)


def _filled(sheet: CalamineSheet) -> int:
    """Rows that hold anything; a sheet may end in many that are only coloured."""
    return sum(
        any(str(cell).strip() for cell in cells[:MAX_COLUMNS]) for _number, cells in _rows(sheet)
    )
