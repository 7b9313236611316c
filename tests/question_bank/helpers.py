"""Files and drafts for tests of the bank."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
import xlwt

from question_bank.questions.rules import Draft, QuestionType

HEAD = [
    "题型",
    "题干",
    "选项A",
    "选项B",
    "选项C",
    "选项D",
    "答案",
    "解析",
    "难度",
    "知识点",
    "法规依据",
]
LAW_DIR = Path(os.environ.get("SHANGGANG_LAW_DIR", "../shared/law"))

REGULATION = """# 中华人民共和国政府信息公开条例

2019年4月3日 中华人民共和国国务院令第711号修订

<!-- INFO END -->

## 第一章 总则

第一条 甲句。

第二条 乙句。

第二款的话。
"""


def row(number: int = 1, **changes: str) -> list[str]:
    """A sound row under HEAD; changes by heading."""
    cells = {
        "题型": "单选", "题干": f"第{number}道导入的题，正确的是（　）。", "选项A": f"甲{number}",
        "选项B": f"乙{number}", "选项C": f"丙{number}", "选项D": f"丁{number}", "答案": "B",
        "解析": "因为如此。", "难度": "中", "知识点": "依申请公开", "法规依据": "",
    }  # fmt: skip
    return [{**cells, **changes}[name] for name in HEAD]


def workbook(*rows: Sequence[Any], sheet: str = "Sheet1") -> bytes:
    """An .xlsx file with these rows."""
    return workbooks({sheet: rows})


def workbooks(sheets: dict[str, Sequence[Sequence[Any]]]) -> bytes:
    """An .xlsx file with these sheets."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for at, cells in enumerate(rows):
            page.write_row(at, 0, cells)
    book.close()
    return buffer.getvalue()


def old_workbook(*rows: Sequence[Any], sheet: str = "Sheet1") -> bytes:
    """An .xls file with these rows; empty cells are left out."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet)
    for at, cells in enumerate(rows):
        for column, value in enumerate(cells):
            if value != "":
                page.write(at, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def draft(number: int = 1, **changes: Any) -> Draft:
    """A sound single-choice draft."""
    values: dict[str, Any] = {
        "type": QuestionType.SINGLE, "stem": f"第{number}题，答复期限是（　）。",
        "options": ("十日", "二十日", "三十日"), "key": [1], "explanation": "见条文。",
    }  # fmt: skip
    return Draft(**{**values, **changes})
