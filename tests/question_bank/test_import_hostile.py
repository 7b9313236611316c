"""Files that would fill the memory are refused in a sentence, and the process goes on."""

from __future__ import annotations

import io
import resource
import zipfile

import pytest
from flask import Flask
from sqlalchemy import func, select

from core import zipparts
from core.db import reading, transaction
from core.errors import Invalid
from core.permissions import Role
from question_bank.imports.models import ImportRow, QuestionImport
from tests.factories import make_person
from tests.question_bank.desk import Desk
from tests.question_bank.formats.documents import document, paragraphs
from tests.question_bank.helpers import HEAD, row, workbook

MORE_MB = 300  # that the process may have taken for all of them together
NAMES = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _with(data: bytes, name: str, content: bytes) -> bytes:
    """A package with one of its parts replaced."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            new.writestr(each, content if each == name else old.read(each))
    return buffer.getvalue()


def _rows(count: int) -> bytes:
    head = "".join(
        f'<c r="{"ABCDEFGHIJK"[at]}1" t="inlineStr"><is><t>{text}</t></is></c>'
        for at, text in enumerate(HEAD)
    )
    # a larger file would lie in one of its own, which the test's client never closes
    rows = "<row><c><v>1</v></c></row>" * count
    sheet = (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet '
        'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1">{head}</row>{rows}</sheetData></worksheet>'
    )
    return _with(workbook(HEAD, row(1)), "xl/worksheets/sheet1.xml", sheet.encode())


def _paragraphs(count: int) -> bytes:
    body = f"<w:document {NAMES}><w:body>{'<w:p/>' * count}</w:body></w:document>"
    return _with(document(paragraphs("1、甲")), "word/document.xml", body.encode())


def test_they_are_refused_in_a_sentence_and_the_next_file_is_read(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
    desk = Desk(app, editor)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, data, said in (
        ("二十万行.xlsx", _rows(200_000), "超过 100000 行"),
        ("段落.docx", _paragraphs(1_500_000), "超过 200000 行"),
        (
            "炸弹.xlsx",
            _with(workbook(HEAD), "xl/worksheets/sheet1.xml", b" " * 130_000_000),
            "解开后超过",
        ),
        ("程序.xlsx", b"MZ\x90 program", "和扩展名不符"),
        ("程序.xls", b"MZ\x90 program", "和扩展名不符"),
    ):
        page = desk.send(name, data)
        assert page.status_code == 200
        assert said in page.text
    with app.app_context():
        for model in (QuestionImport, ImportRow):
            assert reading().scalar(select(func.count()).select_from(model)) == 0
    taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert taken < MORE_MB
    assert "将导入 1 题为草稿" in desk.preview("好.xlsx", workbook(HEAD, row(1)))[1]


@pytest.mark.parametrize("size", [1, 5, 9, 64])
def test_a_sheet_named_as_a_picture_is_found_wherever_a_piece_ends(size: int) -> None:
    picture = b"\x89PNG" + b"x" * 20 + b"<sheetData/>"
    look = zipparts.NoSheet()

    def read() -> None:
        for start in range(0, len(picture), size):
            look.feed(picture[start : start + size], False)

    with pytest.raises(Invalid):
        read()


@pytest.mark.parametrize("first", ["A1", "Z149999"])
def test_a_cell_far_away_is_found_wherever_a_piece_ends(app: Flask, first: str) -> None:
    """The look at the bytes gives way to the parser: pieces end in the middle of tags."""
    cells = f'<row><c r="{first}"/></row>' + '<row><c r="A2"><v>1</v></c></row>' * 50
    for end, is_sure in (('<c r="B3"/>', True), ('<c r="XFD1048576"/>', False), ("<x:c/>", False)):
        sheet = f"<worksheet><sheetData>{cells}{end}</sheetData></worksheet>".encode()
        for size in (7, 64, len(sheet)):
            glance = zipparts.Glance()
            try:
                for start in range(0, len(sheet), size):
                    glance.feed(sheet[start : start + size], False)
                glance.feed(b"", True)
                found = True
            except zipparts.Unsure:
                found = False
            # the first piece must show that it is XML
            assert found is (is_sure and size >= 7)
