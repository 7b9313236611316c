"""What is no file of questions is refused in a sentence, and nothing is kept of it."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import reading, transaction
from core.permissions import Role
from question_bank.imports.models import QuestionImport
from tests.factories import make_person
from tests.question_bank.desk import PAPER, Desk, zip_of
from tests.question_bank.formats.documents import document, paragraphs
from tests.question_bank.helpers import HEAD, old_workbook, row, workbook


@pytest.fixture
def desk(app: Flask) -> Desk:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
    return Desk(app, editor)


WORKBOOK, NO_BOOK = ("Workbook".encode("utf-16-le"), "Nonsense".encode("utf-16-le"))
# the record that says which windows are protected, made the one that says there is a password
PLAIN_RECORD, LOCKED_RECORD = (b"\x19\x00\x02\x00", b"\x2f\x00\x02\x00")
SHEET = workbook(HEAD, row(1))
BOMB = (
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">'
    b'<!ENTITY d "&c;&c;&c;&c;">]><quiz x="&d;">&d;</quiz>'
)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("题.exe", b"MZ\x90", "只能上传"),
        ("题.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "和扩展名不符"),
        ("题.xls", b"MZ\x90 program", "和扩展名不符"),
        ("题.xls", SHEET, "和扩展名不符"),
        ("题.xls", old_workbook(HEAD, row(1)).replace(WORKBOOK, NO_BOOK), "和扩展名不符"),
        ("题.xls", old_workbook(HEAD, row(1)).replace(PLAIN_RECORD, LOCKED_RECORD), "加了密码"),
        ("题.xls", old_workbook(HEAD, *[[""]] * 65_533, [""] * 255 + ["远"]), "相隔太远"),
        ("题.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "另存为 .docx"),
        ("题.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "另存为 .docx"),
        ("题.docx", b"MZ\x90 program", "和扩展名不符"),
        ("题.docx", SHEET, "和扩展名不符"),
        ("题.zip", b"MZ\x90 program", "和扩展名不符"),
        ("题.gift", b"MZ\x90 program", "和扩展名不符"),
        ("题.json", b"PK\x03\x04", "和扩展名不符"),
        ("题.xml", b"\x7fELF", "和扩展名不符"),
        ("题.txt", b"\x89PNG\r\n", "和扩展名不符"),
        ("题.docx", document(paragraphs(PAPER))[:400], "已损坏"),
        ("题.docx", zip_of({"word/document.xml": BOMB}), "已损坏"),
        ("题.docx", zip_of({"word/document.xml": b" " * 130_000_000}), "解开后超过"),
        ("题.docx", zip_of({"word/document.xml": b"<a>" + b"<p/>" * 2_100_000}), "内容太多"),
        ("题.zip", zip_of({"a.xml": b"<a>" + b"<p/>" * 2_100_000}), "内容太多"),
        ("题.zip", zip_of({"a.xml": b" " * 130_000_000}), "解开后超过"),
        ("题.zip", zip_of({"imsmanifest.xml": BOMB}), "DTD"),
        ("题.zip", SHEET, "没有认出试题"),
        ("题.xml", BOMB, "DTD"),
        ("题.xml", b"<a/>", "不是 QTI"),
        ("题.json", b"[]", "不是从本系统导出的"),
        ("题.txt", "只是一段话。".encode(), "没有认出试题"),
        ("题.docx", document(paragraphs("只是一段话。")), "没有认出试题"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_in_a_sentence(
    app: Flask, desk: Desk, name: str, data: bytes, said: str
) -> None:
    page = desk.send(name, data)
    assert page.status_code == 200
    assert said in page.text
    with app.app_context():
        assert reading().scalar(select(QuestionImport.id)) is None


def test_the_form_wants_one_file_or_one_text_and_keeps_what_was_typed(desk: Desk) -> None:
    assert "选一个文件，或者粘贴题目" in desk.send().text
    both = desk.send("题.txt", PAPER.encode(), text="另一道题").text
    assert "只能用一样" in both
    assert "另一道题" in both
    kept = desk.send(text="不是题").text
    assert "没有认出试题" in kept
    assert "不是题</textarea>" in kept
    key = (io.BytesIO(b"1.B"), "k.txt")
    assert "只有 Word 和文本试卷" in desk.send("题.xlsx", SHEET, key=key).text
    for name, data, said in (
        ("k.exe", b"MZ", "只能上传"),
        ("k.docx", b"PK\x03\x04", "损坏"),
        ("k.docx", zip_of({"word/document.xml": b"<a/>", "word/numbering.xml": b"<a"}), "损坏"),
    ):
        page = desk.send("题.txt", PAPER.encode(), key=(io.BytesIO(data), name)).text
        assert said in page
        assert 'id="key-error"' in page
    long = desk.send(text="长" * 500_001)
    assert "最多 500000 个字" in long.text
