"""Uploads and workbooks: what is refused, and that nothing written is a formula."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator

import openpyxl
import pytest
from flask import Flask

from core.errors import Invalid
from core.uploads import check_upload, decoded
from core.workbooks import read_table, write_table

ALLOWED = frozenset({"xlsx", "csv"})


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _with(data: bytes, change: Callable[[zipfile.ZipFile], None]) -> bytes:
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        change(archive)
    return buffer.getvalue()


def _far() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = sheet["XFD90000"] = "远"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _lying() -> bytes:
    """A member that unpacks to more than its entry says, at both places."""
    data = workbook(["工号"])
    big = _with(data, lambda archive: archive.writestr("xl/media/big.bin", b"\0" * 5_000_000))
    size = (5_000_000).to_bytes(4, "little")
    return big.replace(size, (5).to_bytes(4, "little"))


GOOD = workbook(["工号", "姓名"], ["A1", "张三"])


def test_sound_files_are_accepted() -> None:
    assert check_upload("名册.XLSX", GOOD, allowed=ALLOWED) == "xlsx"
    assert check_upload("a.csv", "工号,姓名\n1,张".encode("gb18030"), allowed=ALLOWED) == "csv"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.xlsx", b"", "文件是空的"),
        ("a.pdf", b"%PDF", "只能上传"),
        ("没有扩展名", b"x", "没有扩展名的"),
        ("a.xlsx", b"MZ\x90 a program", "和扩展名不符"),
        ("a.csv", b"MZ\x90 a program", "和扩展名不符"),
        ("a.csv", b"a\0b", "和扩展名不符"),
        ("a.csv", b"\xff\xff\xff\xff", "文字编码"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "加了密码"),
        ("a.xlsx", GOOD[: len(GOOD) // 2], "已损坏"),
        ("a.xlsx", b"PK\x03\x04" + b"x" * 50, "已损坏"),
        ("a.xlsx", GOOD + b"x" * (21 * 1024 * 1024), "超过 20 MB"),
        ("a.xlsx", _lying(), "已损坏"),
        ("a.xlsx", _far(), "相隔太远"),
        (
            "a.xlsx",
            _with(GOOD, lambda z: z.writestr("xl/x.bin", b"\0" * 130_000_000)),
            "解开后超过",
        ),
        ("a.xlsx", _with(GOOD, lambda z: z.writestr("xl/p.png", b"<sheetData>")), "已损坏"),
        (
            "a.xlsx",
            _with(GOOD, lambda z: z.writestr("xl/e.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>")),
            "已损坏",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unsound_files_are_refused_with_a_sentence(name: str, data: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        check_upload(name, data, allowed=ALLOWED)
    assert caught.value.extra["field"] == "file"


def test_a_text_of_millions_of_elements_is_refused() -> None:
    with pytest.raises(Invalid, match="内容太多"):
        check_upload("a.xml", b"<a/>" * 2_000_001, allowed=frozenset({"xml"}))


def test_too_many_members_are_refused() -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        for number in range(2_001):
            archive.writestr(f"xl/{number}.bin", b"")

    with pytest.raises(Invalid, match="部件太多"):
        check_upload("a.xlsx", _with(GOOD, fill), allowed=ALLOWED)


def test_rows_keep_their_numbers_and_cells_read_as_people_read_them() -> None:
    data = workbook(["名册"], [], ["工号", 13800000001, 1.5, None, "=1+1"], [])
    table = read_table(data, "xlsx", max_rows=9, max_columns=9)
    assert table[0][0] == "名册"
    assert table[1] == []
    assert table[2] == ["工号", "13800000001", "1.5"]  # an uncomputed formula has no value
    assert len(table) == 3


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(Invalid, match="超过 2 行"):
        read_table(b"a\nb\nc\n", "csv", max_rows=2, max_columns=3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_of_any_office_is_read(encoding: str) -> None:
    assert decoded("工号,姓名".encode(encoding)) == "工号,姓名"


def test_nothing_that_is_written_is_a_formula() -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "http://x", "007"]
    data = write_table("名册", ["甲"] * 6, [evil], notes=["说明"])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    cells = next(iter(sheet.iter_rows(min_row=2)))
    assert [cell.value for cell in cells] == evil
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)
