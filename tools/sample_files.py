"""Writes docs/samples: one small file for each shape in which offices hold questions. ``make samples``."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import xlsxwriter
import xlwt
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from question_bank.formats import aiken, exports, xlsx
from question_bank.formats.reading import of_draft
from question_bank.formats.xlsx import ExportedQuestion
from question_bank.questions.rules import Difficulty, Draft, Pool, QuestionType

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "samples"
LAW = "《中华人民共和国政府信息公开条例》"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a file made twice is the same file

SINGLE = Draft(
    QuestionType.SINGLE,
    "属于主动公开范围的政府信息，应当自形成或者变更之日起（　）个工作日内及时公开。",
    ("10", "15", "20", "30"), [2], "主动公开的期限是 20 个工作日，法律、法规另有规定的除外。",
    Difficulty.EASY, Pool.BOTH, False, LAW + "第二十六条",
)  # fmt: skip
MULTIPLE = Draft(
    QuestionType.MULTIPLE, "政府信息公开申请应当包括下列哪些内容？（　）",
    ("申请人的姓名或者名称、身份证明、联系方式", "便于行政机关查询的特征性描述",
     "申请公开的政府信息的形式要求", "申请公开政府信息的用途"), [0, 1, 2],
    "现行条例不要求说明用途。", Difficulty.MEDIUM, Pool.BOTH, True, LAW + "第二十九条",
)  # fmt: skip
JUDGED = Draft(
    QuestionType.TRUE_FALSE, "行政机关公开政府信息，应当坚持以公开为常态、不公开为例外。", (),
    True, "", Difficulty.EASY, Pool.PRACTICE, True, LAW + "第五条",
)  # fmt: skip
BLANKS = Draft(
    QuestionType.FILL_IN,
    "行政机关不能当场答复的，应当自收到申请之日起（　）个工作日内答复；需要延长的，"
    "延长的期限最长不得超过（　）个工作日。", (), [["20", "二十"], ["20", "二十"]],
    "", Difficulty.HARD, Pool.EXAM, True, LAW + "第三十三条",
)  # fmt: skip
ESSAY = Draft(
    QuestionType.SHORT_ANSWER, "简述行政机关收到政府信息公开申请后可以怎样答复。", (),
    "已经公开的，告知获取的方式和途径；可以公开的，提供该信息；不予公开的，告知并说明理由；"
    "没有该信息的，告知不存在；不归本机关负责的，告知并说明理由。",
    "", Difficulty.HARD, Pool.EXAM, True, LAW + "第三十六条",
)  # fmt: skip
PLAIN = (SINGLE, MULTIPLE, JUDGED, BLANKS)
CASE = (
    "某公民向区民政局申请公开本区去年的临时救助标准文件。民政局在第 15 个工作日答复："
    "该文件已在区政府网站公开。"
)
TOPIC = "依申请公开"
HEADS = (
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
)


def _cells(draft: Draft) -> list[str]:
    """A question under HEADS."""
    row = dict(zip(xlsx.HEADINGS, ExportedQuestion("", TOPIC, draft).cells(), strict=True))
    return [row[head] for head in HEADS]


# --- tables ----------------------------------------------------------------------------


def _book(sheets: dict[str, Sequence[Sequence[Any]]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": datetime(2026, 11, 1, tzinfo=UTC)})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
        sheet.set_column(0, 12, 20)
    book.close()
    return buffer.getvalue()


def _one_row_a_question() -> bytes:
    title = ["政务公开知识题库"]
    return _book({"题库": [title, [], HEADS, *map(_cells, PLAIN)]})


def _options_in_one_cell() -> bytes:
    rows = [
        ("题目类型", "试题内容", "选项", "标准答案"),
        ("单选题", SINGLE.stem, "\n".join(f"{a}.{t}" for a, t in zip("ABCD", SINGLE.options, strict=True)), "C"),
        ("多选题", MULTIPLE.stem, "|".join(MULTIPLE.options), "A、B、C"),
    ]  # fmt: skip
    return _book({"试题": rows})


def _right_beside_each_option() -> bytes:
    rows: list[list[str]] = [
        [
            "题型",
            "题干",
            *(["选项A", "是否正确", "选项B", "是否正确", "选项C", "是否正确", "选项D", "是否正确"]),
        ]
    ]
    for draft, name in ((SINGLE, "单选"), (MULTIPLE, "多选")):
        pairs = [(text, "是" if at in draft.key else "否") for at, text in enumerate(draft.options)]
        rows.append([name, draft.stem, *(cell for pair in pairs for cell in pair)])
    return _book({"试题": rows})


def _a_row_an_option() -> bytes:
    rows: list[tuple[str, ...]] = [("题号", "题型", "题目", "选项内容", "是否正确")]
    for number, (draft, name) in enumerate(((SINGLE, "单选"), (MULTIPLE, "多选")), 1):
        for at, text in enumerate(draft.options):
            right = "√" if at in draft.key else "×"
            rows.append((str(number), name, draft.stem if not at else "", text, right))
    return _book({"试题": rows})


def _a_sheet_a_type() -> bytes:
    choice = ("题干", "A", "B", "C", "D", "答案")
    return _book({
        "单选题": [choice, (SINGLE.stem, *SINGLE.options, "C")],
        "多选题": [choice, (MULTIPLE.stem, *MULTIPLE.options, "ABC")],
        "判断题": [("题干", "答案"), (JUDGED.stem, "√")],
        "填空题": [("题干", "答案"), (BLANKS.stem, "20=二十|20=二十")],
        "简答题": [("题干", "参考要点"), (ESSAY.stem, ESSAY.key)],
    })  # fmt: skip


def _old_workbook() -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("题库")
    for number, cells in enumerate([HEADS, *map(_cells, PLAIN)]):
        for at, cell in enumerate(cells):
            sheet.write(number, at, cell)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _table_in_gbk() -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([HEADS, *map(_cells, PLAIN)])
    return buffer.getvalue().encode("gbk")


# --- papers ----------------------------------------------------------------------------

PAPER = f"""政务公开知识测试
一、单项选择题（每题2分）
1、{SINGLE.stem.replace("（　）", "（ C ）")}
A. 10　　B. 15　　C. 20　　D. 30
【解析】{SINGLE.explanation}
二、多项选择题（每题4分）
2. {MULTIPLE.stem}
A、{MULTIPLE.options[0]}
B、{MULTIPLE.options[1]}
C、{MULTIPLE.options[2]}
D、{MULTIPLE.options[3]}
答案：ABC
三、判断题（每题2分）
3. {JUDGED.stem}（√）
四、填空题（每空2分）
4. {BLANKS.stem}
答案：20；20
五、简答题（10分）
5. {ESSAY.stem}
【答案】{ESSAY.key}
"""
NO_KEY = f"""一、单项选择题
1. {SINGLE.stem}
A. 10　B. 15　C. 20　D. 30
2. 行政机关收到政府信息公开申请，不能当场答复的，应当自收到之日起（　）个工作日内答复。
A. 7　B. 15　C. 20　D. 30
二、多项选择题
3. {MULTIPLE.stem}
A. {MULTIPLE.options[0]}
B. {MULTIPLE.options[1]}
C. {MULTIPLE.options[2]}
D. {MULTIPLE.options[3]}
三、判断题
4. {JUDGED.stem}
"""
KEY = """参考答案
一、单项选择题
1-2 CC
二、多项选择题
3.ABC
三、判断题
4.√
"""
CASES = f"""一、案例分析题
材料：{CASE}
1. （单选）民政局的答复是否超过期限？（ B ）
A. 超过　B. 没有超过
2. （多选）答复时民政局还应当告知什么？（　）
A. 获取该信息的方式
B. 获取该信息的途径
C. 其他申请人的姓名
答案：AB
"""


def _word(text: str) -> bytes:
    document = docx.Document()
    for line in text.strip().split("\n"):
        document.add_paragraph(line)
    return _saved(document)


def _saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(buffer) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            target.writestr(zipfile.ZipInfo(member.filename, LONG_AGO), source.read(member),
                            zipfile.ZIP_DEFLATED)  # fmt: skip
    return packed.getvalue()


def _word_with_page() -> bytes:
    """A document whose body hides in an embedded HTML part, as some systems export it."""
    document = docx.Document()
    lines = "".join(f"<p>{line}</p>" for line in PAPER.strip().split("\n"))
    page = f"<html><head><meta charset='utf-8'></head><body>{lines}</body></html>"
    part = Part(PackURI("/word/page.html"), "text/html", page.encode(), document.part.package)
    chunk = OxmlElement("w:altChunk")
    chunk.set(qn("r:id"), document.part.relate_to(part, RELATIONSHIP_TYPE.A_F_CHUNK))
    document.element.body.insert(0, chunk)
    return _saved(document)


# --- exchange --------------------------------------------------------------------------


def _exchanged(name: str) -> Callable[[], bytes]:
    questions = [ExportedQuestion("", TOPIC, draft) for draft in (*PLAIN, ESSAY)]
    return lambda: exports.write(name, questions).data


def _aiken() -> bytes:
    return aiken.write([of_draft(1, SINGLE, topic=TOPIC)]).data


FILES: dict[str, Callable[[], bytes]] = {
    "table.xlsx": _one_row_a_question,
    "table-old.xls": _old_workbook,
    "table-gbk.csv": _table_in_gbk,
    "table-options-in-one-cell.xlsx": _options_in_one_cell,
    "table-right-beside-option.xlsx": _right_beside_each_option,
    "table-row-an-option.xlsx": _a_row_an_option,
    "table-sheet-a-type.xlsx": _a_sheet_a_type,
    "paper.docx": lambda: _word(PAPER),
    "paper-page-inside.docx": _word_with_page,
    "paper.txt": PAPER.encode,
    "paper-key-at-end.docx": lambda: _word(NO_KEY + KEY),
    "paper-without-key.docx": lambda: _word(NO_KEY),
    "paper-key.txt": KEY.encode,
    "cases.docx": lambda: _word(CASES),
    "exchange.gift": _exchanged("gift"),
    "exchange-aiken.txt": _aiken,
    "exchange-moodle.xml": _exchanged("moodle"),
    "exchange-qti21.zip": _exchanged("qti21"),
    "exchange-qti30.zip": _exchanged("qti30"),
    "exchange.json": _exchanged("json"),
}


def main() -> None:
    """Write all samples anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        (FOLDER / name).write_bytes(make())
    print(f"{len(FILES)} files in {FOLDER}")


if __name__ == "__main__":
    main()
