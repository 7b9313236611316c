"""Writes workbooks of questions: the export of the bank and the template to fill in."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import xlsxwriter

from question_bank.formats import words
from question_bank.formats.layouts import HOW_TO_SHEET
from question_bank.questions.rules import (
    LETTERS,
    MAX_OPTIONS,
    WITH_OPTIONS,
    Draft,
    QuestionType,
    letters_of,
)

HEADINGS = (
    "编号", "题型", "题干", *(f"选项{letter}" for letter in LETTERS[:MAX_OPTIONS]), "答案", "解析",
    "难度", "知识点", "用途", "法规依据", "可否乱序", "材料",
)  # fmt: skip
WIDTHS = (12, 8, 50, *(18,) * MAX_OPTIONS, 10, 50, 6, 18, 6, 40, 9, 50)
REFUSED = (("位置", 16), ("错误", 60))
# of a question, as ``row_of`` takes them
VALUES = (
    "type", "stem", "options", "key", "explanation", "difficulty", "pool", "may_shuffle", "basis",
    "passage",
)  # fmt: skip
_EMPTY = [""] * MAX_OPTIONS
LIST_ROWS = 2000  # rows of the template that have list boxes

HOW_TO = (
    ("题型", "单选、多选、判断、填空、简答。"),
    ("题干", "填空题用（　）标出空的位置。"),
    ("选项", "从选项A起依次填，中间不留空；判断题和填空题不填。考试时选项次序会打乱，不要写“以上都对”，解析里不要写选项字母。"),
    ("答案", "单选 B；多选 ABD；判断 正确 或 错误；填空各空之间用 | 隔开，一个空有几种写法用 = 隔开，例如 20=二十|工作日；简答写参考答案，评分时对照。"),
    ("难度", "易、中、难；不填按中。"),
    ("用途", "练习、考试、皆可；不填按皆可。"),
    ("法规依据", "法规全名加条，例如《中华人民共和国政府信息公开条例》第二十六条。"),
    ("编号", "新题不填。填了题库里已有的编号，就成为那道题的新版本。"),
    ("可否乱序", "可、否；选项有固定次序时填否。"),
    ("材料", "几道题共用的案例或材料；共用的每一行都写同样的文字。"),
)  # fmt: skip
EXAMPLES = (
    ("", "单选", "（示例，导入前删去）一周有（　）天。", "五", "六", "七", "八", "", "", "", "", "C",
     "一周有七天。", "易", "示例", "练习", "", "可", ""),
)  # fmt: skip


@dataclass(frozen=True)
class ExportedQuestion:
    """One question as it goes into a workbook."""

    code: str
    topic: str
    draft: Draft

    def cells(self) -> list[str]:
        """Texts under the headings."""
        return cells_of(self.code, self.topic, self.draft)


def cells_of(code: str, topic: str, draft: Draft) -> list[str]:
    """Texts under the headings."""
    return row_of(code, topic, [getattr(draft, name) for name in VALUES])


def row_of(code: str, topic: str, values: Sequence[Any]) -> list[str]:
    """The same of what the bank holds as VALUES, without a Draft on the way."""
    (type_, stem, options, key, explanation, difficulty, pool, may_shuffle, basis,
     passage) = values  # fmt: skip
    return [
        code, words.TYPE_WORDS[type_], stem, *options, *_EMPTY[len(options) :],
        key_text(type_, key), explanation, words.DIFFICULTY_WORDS[difficulty], topic,
        words.POOL_WORDS[pool], basis, words.YES if may_shuffle else words.NO, passage,
    ]  # fmt: skip


def key_text(type_: QuestionType, key: Any) -> str:
    """The key as a table has it: B, ABD, 正确, 二十|工作日, a model answer."""
    if key is None:
        return ""
    if type_ in WITH_OPTIONS:
        return letters_of(key)
    if type_ is QuestionType.TRUE_FALSE:
        return "正确" if key else "错误"
    if type_ is QuestionType.SHORT_ANSWER:
        return str(key)
    return words.blanks_text(key)


def bank(questions: Iterable[ExportedQuestion]) -> bytes:
    """A workbook that imports back to the same questions."""
    buffer = io.BytesIO()
    write_bank(buffer, (question.cells() for question in questions))
    return buffer.getvalue()


def write_bank(target: IO[bytes], rows: Iterable[Sequence[str]]) -> int:
    """The same into a file, row by row, however many there are; how many there were."""
    return _workbook(target, {"constant_memory": True}, rows, lists=False)


def template() -> bytes:
    """The workbook to fill in: list boxes, one example, and a sheet that says how."""
    buffer = io.BytesIO()
    _workbook(buffer, {"in_memory": True}, EXAMPLES, lists=True)
    return buffer.getvalue()


def refused(rows: Iterable[tuple[Mapping[str, str], str, str]]) -> bytes:
    """A workbook of rows that could not be imported, to be mended and uploaded again.

    Each: cells by the names of ``words.COLUMNS`` and ``option:0`` …; where it stands; what is wrong.
    """
    names = [words.column(heading) for heading in HEADINGS]
    texts = ([*(cells.get(name, "") for name in names), place, said] for cells, place, said in rows)
    buffer = io.BytesIO()
    _workbook(buffer, {"in_memory": True}, texts, lists=True, more=REFUSED)
    return buffer.getvalue()


def _workbook(
    target: IO[bytes], options: dict[str, Any], rows: Iterable[Sequence[str]], *, lists: bool,
    more: Sequence[tuple[str, int]] = (),
) -> int:  # fmt: skip
    """``more``: further columns behind, (heading, width)."""
    book = xlsxwriter.Workbook(
        target, {"strings_to_formulas": False, "strings_to_urls": False, **options}
    )
    head = book.add_format({"bold": True, "bg_color": "#EAF2F9", "border": 1, "valign": "vcenter"})
    text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    # a text that looks like a formula stays a text wherever it is opened or copied to
    quoted = book.add_format(
        {"text_wrap": True, "valign": "top", "num_format": "@", "quote_prefix": True}
    )
    sheet = book.add_worksheet("试题")
    sheet.freeze_panes(1, 3)
    for column, (name, width) in enumerate([*zip(HEADINGS, WIDTHS, strict=True), *more]):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, name, head)
    number = 0
    write = sheet.write_string
    for number, cells in enumerate(rows, start=1):
        for column, value in enumerate(cells):
            if value:
                write(number, column, value, quoted if value[0] in "=+-@" else text)
    if lists:
        _list_boxes(sheet)
        _how_to(book.add_worksheet(HOW_TO_SHEET), head, text)
    book.close()
    return number


def _list_boxes(sheet: Any) -> None:
    for name, choices in (
        ("题型", list(words.TYPE_WORDS.values())),
        ("难度", list(words.DIFFICULTY_WORDS.values())),
        ("用途", list(words.POOL_WORDS.values())),
        ("可否乱序", [words.YES, words.NO]),
    ):
        column = HEADINGS.index(name)
        sheet.data_validation(
            1, column, LIST_ROWS, column,
            {"validate": "list", "source": choices, "error_title": name,
             "error_message": f"请从列表中选择{name}。"},
        )  # fmt: skip


def _how_to(sheet: Any, head: Any, text: Any) -> None:
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 90)
    sheet.write_row(0, 0, ["列", "怎么填"], head)
    for number, row in enumerate(HOW_TO, start=1):
        sheet.write_row(number, 0, row, text)
