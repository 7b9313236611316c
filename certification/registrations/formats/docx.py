"""The form of the notice as .docx: A4, margins and type of GB/T 9704."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Mm, Pt

from certification.registrations.rules import (
    FORM_COLUMNS,
    FORM_TITLE,
    FORM_UNIT,
    FormRow,
    form_cells,
)

TITLE_TYPE = "方正小标宋简体"
BODY_TYPE = "仿宋_GB2312"
HEAD_TYPE = "黑体"
LATIN_TYPE = "Times New Roman"
PAGE_MM = (210, 297)
MARGINS_MM = {"top": 37, "left": 28, "bottom": 35, "right": 26}
WIDTHS_MM = (12, 19, 37, 34, 28, 26)
CELL_MARGIN_MM = 1
TITLE_PT, LINE_PT, CELL_PT = 22, 16, 12
ROW_MM = 11
CENTRED = (0, 1, 4)  # number, name, phone


def _type(run: Any, name: str, points: int) -> None:
    """Set the type of a run; the East Asian name is an attribute of its own."""
    run.font.name, run.font.size = LATIN_TYPE, Pt(points)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _line(document: Any, text: str, name: str, points: int) -> Any:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(0)
    _type(paragraph.add_run(text), name, points)
    return paragraph


def _row_flag(row: Any, flag: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(flag))


def _narrow_margins(table: Any) -> None:
    """Less blank beside the text of each cell than usual: six columns on a portrait page."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(Mm(CELL_MARGIN_MM).twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)


def _fill(row: Any, texts: Sequence[str], name: str, *, centred: Sequence[int]) -> None:
    for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        cell.width, cell.vertical_alignment = Mm(WIDTHS_MM[column]), 1
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(0)
        if column in centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _type(paragraph.add_run(text), name, CELL_PT)


def _table(document: Any, body: Sequence[Sequence[str]]) -> None:
    """Heads that repeat on every page, then the rows; a row is never split.

    Rows are copies of a pattern: the library's own way to add rows takes longer with each.
    """
    table = document.add_table(rows=2, cols=len(FORM_COLUMNS), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _narrow_margins(table)
    for column, width in enumerate(WIDTHS_MM):
        table.columns[column].width = Mm(width)
    head, pattern = table.rows
    _fill(head, FORM_COLUMNS, HEAD_TYPE, centred=range(len(FORM_COLUMNS)))
    _row_flag(head, "w:tblHeader")
    _fill(pattern, "·" * len(FORM_COLUMNS), BODY_TYPE, centred=CENTRED)
    for row in (head, pattern):
        row.height = Mm(ROW_MM)
        _row_flag(row, "w:cantSplit")
    for texts in body:
        made = copy.deepcopy(pattern._tr)
        for target, text in zip(made.iter(qn("w:t")), texts, strict=True):
            target.text = text
            target.set(qn("xml:space"), "preserve")
        table._tbl.append(made)
    table._tbl.remove(pattern._tr)


def write_form(unit: str, rows: Sequence[FormRow]) -> bytes:
    """The filled form; ``unit`` stands after 单位：, '' leaves the line to be filled by hand."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = map(Mm, PAGE_MM)
    for side, width in MARGINS_MM.items():
        setattr(section, f"{side}_margin", Mm(width))
    title = _line(document, FORM_TITLE, TITLE_TYPE, TITLE_PT)
    title.alignment, title.paragraph_format.space_after = WD_ALIGN_PARAGRAPH.CENTER, Pt(12)
    _line(document, FORM_UNIT + unit, BODY_TYPE, LINE_PT).paragraph_format.space_after = Pt(6)
    _table(document, form_cells(rows))
    facts = document.core_properties
    facts.title, facts.author, facts.comments = FORM_TITLE, "", ""
    facts.created = facts.modified = datetime(2018, 8, 10, tzinfo=UTC)  # the notice's; same bytes
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()
