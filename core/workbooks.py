"""Tables in files: rows of text out of .xlsx and .csv, and .xlsx in which nothing is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _

from core.errors import Invalid
from core.uploads import decoded

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_CELL = 32_767  # characters; more is not a cell that a spreadsheet can hold
SAMPLE = 4_096


def read_table(data: bytes, extension: str, *, max_rows: int, max_columns: int) -> list[list[str]]:
    """The rows of a .csv or of the first sheet of an .xlsx, as text without blanks around it.

    The file has passed ``check_upload``. Row 1 of the file is index 0; empty rows are kept, so
    that line numbers are those that people see. Values of formulas are what was last computed.
    Raises Invalid for what cannot be read or has more than ``max_rows`` rows.
    """
    rows = _read_csv(data) if extension == "csv" else _read_xlsx(data)
    table: list[list[str]] = []
    empty = 0
    for row in rows:
        cells = [_text(cell) for cell in row[:max_columns]]
        if not any(cells):
            empty += 1  # sheets often end in thousands of empty, formatted rows
            continue
        table.extend([] for _row in range(empty))
        empty = 0
        table.append(cells)
        if len(table) > max_rows:
            raise Invalid(
                _("文件超过 %(limit)s 行。请拆成几个文件，分次上传。", limit=max_rows), field="file"
            )
    return table


def _read_csv(data: bytes) -> Iterable[list[Any]]:
    text = decoded(data)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:SAMPLE], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        yield from csv.reader(io.StringIO(text, newline=""), dialect)
    except csv.Error:
        raise Invalid(
            _("文件不是可读的 .csv 表格。请另存为 .xlsx 后再上传。"), field="file"
        ) from None


def _read_xlsx(data: bytes) -> Iterable[list[Any]]:
    import python_calamine

    broken = Invalid(_("文件已损坏，打不开。请用表格软件打开并重新保存后再上传。"), field="file")
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        shown = python_calamine.SheetVisibleEnum.Visible
        visible = [sheet.name for sheet in book.sheets_metadata if sheet.visible == shown]
        names = visible or book.sheet_names
        if not names:
            raise broken
        return [list(row) for row in book.get_sheet_by_name(names[0]).iter_rows()]
    except (python_calamine.CalamineError, ValueError, OSError):
        raise broken from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # the reader's own way to say "impossible"
            raise broken from None
        raise


def _text(value: Any) -> str:
    """A cell as a person reads it: 13800000001.0 → 13800000001; dates as 2026-11-24."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time, timedelta)):
        return str(value)
    return str(value).replace("\xa0", " ").replace("\u3000", " ").strip()[:MAX_CELL]


def write_table(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    widths: Sequence[int] = (),
    notes: Sequence[str] = (),
) -> bytes:
    """An .xlsx with one sheet: heads, rows; ``notes`` on a second sheet.

    Every text is written as text: nothing that begins with = + - @ becomes a formula or a link.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        head = book.add_format({"bold": True, "bg_color": "#EAF2F9", "bottom": 1})
        as_text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        for column, word in enumerate(heads):
            width = widths[column] if column < len(widths) else 16
            sheet.set_column(column, column, width, as_text)
            sheet.write_string(0, column, word, head)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif value not in (None, ""):
                    sheet.write_string(number, column, str(value), as_text)
        if notes:
            second = book.add_worksheet(_("填写说明"))
            second.set_column(0, 0, 90)
            for number, note in enumerate(notes):
                second.write_string(number, 0, note)
    return buffer.getvalue()
