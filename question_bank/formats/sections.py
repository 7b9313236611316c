"""Headings of question papers: sections that set type and marks, chapters. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from question_bank.formats.lines import NUMERAL, Line
from question_bank.formats.reading import ReadType

SECTION_TYPES: dict[str, ReadType | None] = {
    "单项选择": ReadType.SINGLE, "单选": ReadType.SINGLE, "多项选择": ReadType.MULTIPLE,
    "多选": ReadType.MULTIPLE, "不定项选择": ReadType.MULTIPLE, "不定项": ReadType.MULTIPLE,
    "判断对错": ReadType.TRUE_FALSE, "判断": ReadType.TRUE_FALSE, "是非": ReadType.TRUE_FALSE,
    "对错": ReadType.TRUE_FALSE, "填空": ReadType.FILL_IN, "简答": ReadType.SHORT_ANSWER,
    "问答": ReadType.SHORT_ANSWER, "论述": ReadType.SHORT_ANSWER,
    "名词解释": ReadType.SHORT_ANSWER, "简述": ReadType.SHORT_ANSWER, "选择": None,
    "案例分析": None, "案例": None, "材料分析": None, "材料": None, "综合分析": None,
    "综合": None, "情景分析": None,
}  # fmt: skip
CASE_WORDS = frozenset({"案例分析", "案例", "材料分析", "材料", "综合分析", "综合", "情景分析"})
_TYPE_WORDS = "|".join(sorted(SECTION_TYPES, key=len, reverse=True))
_SECTION = re.compile(
    rf"(?P<prefix>第\s*[{NUMERAL}\d]+\s*(?:部分|大题)\s*[、.．:：]?\s*"
    rf"|[（(][{NUMERAL}]+[)）][、.．]?\s*|[{NUMERAL}]+\s*[、.．:：]\s*|\d{{1,2}}\s*[、.．]\s*)?"
    rf"[【\[]?(?P<word>{_TYPE_WORDS})(?P<ti>(?:试)?题)?(?:部分)?[】\]]?\s*(?P<rest>.*)$"
)
_PLAIN_HEADING = re.compile(rf"第[{NUMERAL}百\d]+[章编节]\s*(\S.{{0,40}})$")
_EACH = re.compile(r"每\s*(?:小)?题\s*(?:各)?\s*([\d.]{1,5}|[一二三四五六七八九十])\s*分")
_EACH_BLANK = re.compile(r"每\s*(?:个)?空\s*([\d.]{1,5}|[一二三四五六七八九十])\s*分")
_COUNT = re.compile(r"共\s*(\d{1,4})\s*(?:小|道)?题")
_TOTAL = re.compile(r"(?:共|计|总分|满分|合计)\s*(\d{1,4}(?:\.\d)?)\s*分")
MAX_HEADING = 160


@dataclass(frozen=True, slots=True)
class Section:
    """一、单项选择题（每题2分）. ``marks`` in hundredths for each question, ``blank_marks`` a blank."""

    line: int
    word: str
    type: ReadType | None
    is_case: bool = False
    marks: int | None = None
    blank_marks: int | None = None
    is_total: bool = False  # the marks were divided out of a total
    rest: str = ""


def section_at(line: Line) -> Section | None:
    """The heading that a line is; None where it is none."""
    if len(line.text) > MAX_HEADING:
        return None
    found = _SECTION.match(line.text)
    if found is None or not _is_heading(found):
        return None
    word, rest = found["word"], found["rest"]
    each, blank = _EACH.search(rest), _EACH_BLANK.search(rest)
    marks = hundredths(each[1]) if each else None
    count, total = _COUNT.search(rest), _TOTAL.search(rest)
    is_total = False
    if marks is None and blank is None and count and total and int(count[1]):
        marks, is_total = round(float(total[1]) * 100 / int(count[1])), True
    return Section(
        line.number, word, SECTION_TYPES[word], word in CASE_WORDS, marks,
        hundredths(blank[1]) if blank else None, is_total,
        re.sub(r"^(?:参考|正确|标准)?答案", "", rest).lstrip(":： "),
    )  # fmt: skip


def _is_heading(found: re.Match[str]) -> bool:
    prefix, rest = found["prefix"] or "", found["rest"]
    keys = (
        r"(?:参考|正确|标准)?答案|\d{1,4}\s*[-－~～—]\s*\d"
        r"|\d{1,4}\s*[.、]\s*(?:[A-H]{1,8}|[√×对错])(?!\S)"
    )
    if rest and rest[0] not in "（(：:。.【[，," and not re.match(keys, rest):
        return False
    if prefix[:1].isdigit():
        return bool(found["ti"])
    is_case_line = found["word"] in CASE_WORDS and not found["ti"]
    if is_case_line and not found["word"].endswith("分析"):
        return False  # 案例：… is a passage
    return bool(prefix or found["ti"] or not rest)


def chapter_at(text: str) -> str:
    """第二章 依申请公开 → 依申请公开; '' where it is no such heading."""
    found = _PLAIN_HEADING.match(text) if text.startswith("第") else None
    return found[1].strip() if found else ""


def hundredths(text: str) -> int | None:
    """2 → 200, 1.5 → 150, 二 → 200; None where it is no number."""
    if text in NUMERAL:
        return (NUMERAL.index(text) + 1) * 100
    try:
        return round(float(text) * 100)
    except (ValueError, OverflowError):
        return None
