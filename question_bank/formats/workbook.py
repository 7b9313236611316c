"""Reads an .xlsx file (checked before) into sheets of texts."""

from __future__ import annotations

import io

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from question_bank.formats.tables import MAX_COLUMNS, MAX_ROWS, Sheet, UnusableFile, cell_text


def sheets(data: bytes) -> list[Sheet]:
    """All visible sheets; UnusableFile where it cannot be opened or holds too many rows."""
    found: list[Sheet] = []
    left = MAX_ROWS
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for meta in book.sheets_metadata:
                if meta.visible is not SheetVisibleEnum.Visible:
                    continue
                rows = _rows(book, meta.name, left)
                left -= len(rows)
                found.append(Sheet(meta.name, rows))
    except (CalamineError, OSError, ValueError):
        raise UnusableFile("broken") from None
    return found


def _rows(book: CalamineWorkbook, name: str, left: int) -> list[tuple[int, list[str]]]:
    sheet = book.get_sheet_by_name(name)
    if sheet.start is None:  # empty
        return []
    rows: list[tuple[int, list[str]]] = []
    for number, values in enumerate(sheet.iter_rows(), start=1):
        texts = [cell_text(value) for value in values[:MAX_COLUMNS]]
        if any(text.strip() for text in texts):
            rows.append((number, texts))
        if len(rows) > left:
            raise UnusableFile("too_many_rows", max=MAX_ROWS)
    return rows
