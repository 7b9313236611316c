"""Reads lists of answers that stand apart from their questions: 1-5 BACDB, 6.ABC, tables. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from question_bank.formats.lines import Line, labels_in
from question_bank.formats.sections import Section

MAX_RANGE = 500
_MARKS = r"A-H√×✓✔✗✘对错TF"
_ANSWER = r"(?:[A-H]{1,8}|[√×✓✔✗✘对错TF]|正确|错误)"
_RANGE = re.compile(
    r"(?:第\s*)?(\d{1,5})\s*[-－–—―~～至到]+\s*(\d{1,5})\s*题?\s*[.．、:：]?\s*"
    r"(?=[A-H√×✓✔✗✘对错正TF（(])"
)
_COMPACT = re.compile(
    rf"(\d{{1,5}})\s*[.．、:：)）]?\s*[（(]?\s*({_ANSWER})\s*[)）]?[\s,，;；、。|]*"
)
# possessive: a long line that fits nearly must not be tried in a million ways
_COMPACT_LINE = re.compile(
    rf"(?>\d{{1,5}}\s*+[.．、:：)）]?+\s*+[（(]?+\s*+{_ANSWER}\s*+[)）]?+[\s,，;；、。|]*+)++$"
)
_ITEM = re.compile(
    r"(?:^|(?<=[\sA-H√×✓✔✗✘对错]))(?:第\s*)?(\d{1,5})\s*(?:题\s*)?[.．、:：)）](?!\d)\s*"
)
_CELLS = re.compile(r"[\t|｜]| {2,}")
_NUMBER_ROW = re.compile(r"(?:题号|序号|题目)(?=[\s|｜:：])")
_ANSWER_ROW = re.compile(r"(?:正确|参考|标准)?答案(?=[\s|｜:：])")
_TITLE = re.compile(
    r"(?:.{0,40}?)(?:参考答案|标准答案|正确答案|试题答案|答案)"
    r"(?:[及和与、]\s*(?:评分标准|答案解析|解析|详解|评分细则))?\s*[】\]]?\s*[:：]?$"
)


@dataclass
class KeyEntry:
    """The answer to one question, as a list gives it. ``section`` None: the list has no headings.

    ``run`` counts how often the numbers of the list began anew.
    """

    line: int
    number: int
    answer: str
    section: Section | None = None
    run: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    is_used: bool = False


@dataclass
class Mismatch:
    """A range that has not as many answers as it has numbers."""

    line: int
    first: int
    last: int
    answers: int


def is_title(text: str) -> bool:
    """Whether a line may be the heading of a list of answers."""
    return len(text) < 60 and _TITLE.match(text.strip("【[ ")) is not None  # noqa: PLR2004


def looks_like_keys(text: str) -> bool:
    """Whether a line holds nothing but numbers and answers."""
    return bool(_RANGE.search(text)) or bool(_COMPACT_LINE.match(text))


def is_number_row(text: str) -> bool:
    """Whether a line is the row 题号 of a table of answers."""
    return _NUMBER_ROW.match(text) is not None


def keys_in(line: Line) -> tuple[list[KeyEntry], list[Mismatch]]:
    """Every answer on a line of a list; nothing where it begins with no number."""
    text = line.text
    ranges = list(_RANGE.finditer(text))
    if ranges:
        return _ranges(line, ranges)
    if _COMPACT_LINE.match(text):
        return [
            KeyEntry(line.number, int(each[1]), each[2]) for each in _COMPACT.finditer(text)
        ], []
    return _items(line), []


def _ranges(line: Line, ranges: list[re.Match[str]]) -> tuple[list[KeyEntry], list[Mismatch]]:
    found: list[KeyEntry] = []
    wrong: list[Mismatch] = []
    text = line.text
    head = text[: ranges[0].start()]
    if _COMPACT_LINE.match(head):
        found += [KeyEntry(line.number, int(m[1]), m[2]) for m in _COMPACT.finditer(head)]
    for at, mark in enumerate(ranges):
        until = ranges[at + 1].start() if at + 1 < len(ranges) else len(text)
        first, last = int(mark[1]), int(mark[2])
        rest = text[mark.end() : until]
        # single answers may follow on the same line: 1-5 BACDB 6.ABC
        after = re.search(rf"(?<=[\s,，;；])\d{{1,5}}\s*[.．、:：]?\s*{_ANSWER}", rest)
        tail = rest[after.start() :] if after else ""
        answers = split_answers(rest[: after.start()] if after else rest, last - first + 1)
        if not 0 <= last - first < MAX_RANGE or len(answers) != last - first + 1:
            wrong.append(Mismatch(line.number, first, last, len(answers)))
        else:
            found += [KeyEntry(line.number, first + n, text) for n, text in enumerate(answers)]
        if tail and _COMPACT_LINE.match(tail):
            found += [KeyEntry(line.number, int(m[1]), m[2]) for m in _COMPACT.finditer(tail)]
    return found, wrong


def split_answers(text: str, count: int) -> list[str]:
    """BACDB → five answers; AB ACD BD → three; √×√ or 对错对 or 正确 错误 too."""
    tokens = [token for token in re.split(r"[\s,，;；、|。()（）]+", text) if token]
    if len(tokens) == count and all(re.fullmatch(_ANSWER, token) for token in tokens):
        return tokens
    joined = "".join(tokens).replace("正确", "√").replace("错误", "×")
    signs = re.findall(rf"[{_MARKS}]", joined)
    return signs if "".join(signs) == joined else []


def _items(line: Line) -> list[KeyEntry]:
    """1. 二十 2. 五 on one line, the numbers following one another; one item in free text."""
    marks: list[re.Match[str]] = []
    for mark in _ITEM.finditer(line.text):
        if not marks and mark.start():
            return []
        if not marks or int(mark[1]) == int(marks[-1][1]) + 1:
            marks.append(mark)
    found = []
    for at, mark in enumerate(marks):
        until = marks[at + 1].start() if at + 1 < len(marks) else len(line.text)
        head, fields = labels_in(line.text[mark.end() : until].strip())
        entry = KeyEntry(line.number, int(mark[1]), head, fields=dict(fields))
        if not entry.answer:
            entry.answer = entry.fields.pop("answer", "")
        found.append(entry)
    return found


def table_keys(numbers: Line, answers: Line) -> list[KeyEntry] | None:
    """Two rows 题号 | 1 | 2 and 答案 | A | B; None where they are not that."""
    if not _NUMBER_ROW.match(numbers.text) or not _ANSWER_ROW.match(answers.text):
        return None
    heads, cells = (
        [cell.strip() for cell in _CELLS.split(line.text)][1:] for line in (numbers, answers)
    )
    heads = [head.removesuffix("题").strip(".、") for head in heads]
    if not heads or not all(head.isdecimal() and len(head) < 6 for head in heads if head):  # noqa: PLR2004
        return None
    return [
        KeyEntry(answers.number, int(head), cell)
        for head, cell in zip(heads, cells, strict=False)
        if head and cell
    ]
