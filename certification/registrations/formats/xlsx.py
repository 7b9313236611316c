"""The form of the notice as .xlsx, ready to print on A4."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

from certification.registrations.rules import (
    FORM_COLUMNS,
    FORM_TITLE,
    FORM_UNIT,
    FormRow,
    form_cells,
)

A4 = 9
MM = 1 / 25.4  # inches
WIDTHS = (5, 9, 20, 18, 14, 16)  # letters; a Chinese character is as wide as two
ROW_PT, LINE_PT = 34, 17
LAST = len(FORM_COLUMNS) - 1
CENTRED = (0, 1, 4)  # number, name, phone
AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def _height(texts: Sequence[str]) -> int:
    """Points that a row needs for all of its text: a wrapped cell does not grow by itself."""
    lines = max(
        -(-sum(1 if sign.isascii() else 2 for sign in text) // (width - 1))
        for text, width in zip(texts, WIDTHS, strict=True)
    )
    return max(ROW_PT, LINE_PT * lines)


def write_form(unit: str, rows: Sequence[FormRow]) -> bytes:
    """The filled form; ``unit`` stands after 单位：. Every cell is text, so nothing is a formula."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **AS_TEXT}) as book:
        sheet = book.add_worksheet("报备表")  # untranslated: the paper is Chinese
        box = {"border": 1, "valign": "vcenter", "text_wrap": True, "num_format": "@",
               "font_name": "仿宋", "font_size": 12}  # fmt: skip
        title = book.add_format({"font_name": "方正小标宋简体", "font_size": 22, "align": "center",
                                 "valign": "vcenter"})  # fmt: skip
        line = book.add_format({"font_name": "仿宋", "font_size": 16, "valign": "vcenter"})
        head = book.add_format({**box, "font_name": "黑体", "align": "center"})
        left, centre = book.add_format(box), book.add_format({**box, "align": "center"})
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        sheet.set_row(0, 42)
        sheet.merge_range(0, 0, 0, LAST, FORM_TITLE, title)
        sheet.set_row(1, 27)
        sheet.merge_range(1, 0, 1, LAST, FORM_UNIT + unit, line)
        sheet.set_row(2, 27)
        for column, word in enumerate(FORM_COLUMNS):
            sheet.write_string(2, column, word, head)
        for number, texts in enumerate(form_cells(rows), start=3):
            sheet.set_row(number, _height(texts))
            for column, text in enumerate(texts):
                look = centre if column in CENTRED else left
                if text:
                    sheet.write_string(number, column, text, look)
                else:
                    sheet.write_blank(number, column, None, look)
        sheet.set_paper(A4)
        sheet.set_margins(left=28 * MM, right=26 * MM, top=37 * MM, bottom=35 * MM)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)
        sheet.center_horizontally()
    return buffer.getvalue()
