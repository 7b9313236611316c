"""What a line of a question paper is: a number, options, a labelled field, a heading. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from question_bank.formats.tables import UnusableFile
from question_bank.questions.rules import tidy

MAX_LINE = 20_000
MAX_LINES = 200_000
OPTION_LETTERS = "ABCDEFGHIJ"
NUMERAL = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``number`` is what people count: the line of a text, the paragraph of a document."""

    number: int
    text: str


def lines_of(text: str, *, markdown: bool = True) -> list[Line]:
    """The lines of a text, tidied; blank ones too, because they part questions.

    ``markdown``: pasted text often has its signs, which are taken off.
    """
    found = [
        Line(number, tidy(unmarked(line) if markdown else line))
        for number, line in enumerate(re.split(r"\r\n|[\n\r\v\f\u2028\u2029]", text), start=1)
    ]
    return sound(found)


_BULLET = re.compile(r"\s*(?:#{1,6}|[-*+•])\s+(?=\S)(?!\d{1,4}\s*[-—–]\s*$)")


def unmarked(line: str) -> str:
    """A line without the signs of Markdown: **bold**, # headings, - items."""
    if line.lstrip()[:1] not in {"#", "-", "*", "+", "•"} and "**" not in line:
        return line
    plain = re.sub(r"\*\*([^*]{1,2000})\*\*", r"\1", line)
    return _BULLET.sub("", plain, count=1)


def sound(lines: list[Line]) -> list[Line]:
    """The lines themselves; UnusableFile where they cannot be a question paper."""
    if len(lines) > MAX_LINES:
        raise UnusableFile("too_many_lines", max=MAX_LINES)
    if any(len(line.text) > MAX_LINE for line in lines):
        raise UnusableFile("line_too_long", max=MAX_LINE)
    return lines


# --- numbers ---------------------------------------------------------------------

_BEFORE = r"(?:[（(【\[]\s*(?P<before>[√×✓✔✗✘对错TF]|[A-H]{1,8}|正确|错误)?\s*[)）】\]]\s*)?"
_NUMBER = re.compile(
    _BEFORE + r"(?:(?P<dot>\d{1,5})\s*(?:、|[.．](?!\d))\s*[.．、]?"
    r"|第\s*(?P<nth>\d{1,5})\s*[题问]\s*[.．、:：]?|问题\s*(?P<ask>\d{1,2})\s*[.．、:：]"
    r"|(?P<half>\d{1,3})\s*[)）]|[（(]\s*(?P<paren>\d{1,3})\s*[)）]\s*[.．、]?"
    r"|(?P<space>\d{1,3})(?=[ \t]+\S))\s*"
)
_TYPE_BEFORE = re.compile(
    r"[（(【\[]\s*(?:单选|多选|单项选择|多项选择|不定项选择|不定项|判断|填空|简答|问答|论述)题?\s*[)）】\]]\s*(?=[\d第])"
)
MAIN_STYLES = ("dot", "half", "paren", "space")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line that begins with a number. ``before``: a mark in brackets that stands before it."""

    value: int
    style: str
    before: str
    rest: str


def number_at(text: str) -> Numbered | None:
    """The number that a line begins with: 1、 1. 第1题 问题1： 1） （1） （√）1、."""
    if not text or not (text[0].isdigit() or text[0] in "（(【[第问"):
        return None
    kind = _TYPE_BEFORE.match(text)
    text = text[kind.end() :] if kind else text
    found = _NUMBER.match(text)
    if found is None:
        return None
    style = found.lastgroup or "dot"
    value = int(found[style])
    main = "dot" if style in {"nth", "ask"} else style
    rest = text[found.end() :].strip()
    return Numbered(
        value, main, found["before"] or "", f"{kind[0].strip()}{rest}" if kind else rest
    )


# --- options ---------------------------------------------------------------------

_DOTTED = re.compile(r"(?<![A-Za-z0-9(（])[*＊]?([A-J])\s*[.．、:：)）]\s*")
_BRACKETED = re.compile(r"[（(]\s*([A-J])\s*[)）]\s*[.．、:：]?\s*")
_SPACED = re.compile(r"(?:^|(?<=\s))([A-J])\s+(?=\S)")
_BARE = re.compile(r"([A-J])\s*(?=[^\s.．、:：)）A-Za-z,，])")


def options_in(text: str, expected: str = "A") -> tuple[str, list[tuple[str, str]]]:
    """Text before the options of a line, and the (letter, text) of each from ``expected`` on.

    Options that begin in the middle of a line count only where a second one follows.
    """
    for pattern in (_DOTTED, _BRACKETED):
        marks = list(_marks(pattern, text, expected))
        if not marks:
            continue
        before = text[: marks[0][1]].rstrip()
        ends = [start for _letter, start, _end in marks[1:]] + [len(text)]
        cut = [
            (letter, text[end:until].strip(" \t\u3000;；"))
            for (letter, _start, end), until in zip(marks, ends, strict=True)
        ]
        if not before:
            # a bracket with a letter and nothing else is the place of an answer
            is_option = pattern is _DOTTED or len(cut) > 1 or bool(cut[0][1])
        else:
            is_option = len(cut) > 1 and all(words for _letter, words in cut)
            is_option = is_option and _may_end(before, pattern)
        if is_option:
            return before, cut
    return text, []


def _may_end(before: str, pattern: re.Pattern[str]) -> bool:
    """Whether options may follow such words on the same line."""
    return pattern is _DOTTED or before[-1] in "。？?）)：:_＿"


def _marks(pattern: re.Pattern[str], text: str, expected: str) -> Iterator[tuple[str, int, int]]:
    wanted = OPTION_LETTERS.find(expected)
    for found in pattern.finditer(text):
        if 0 <= wanted < len(OPTION_LETTERS) and found[1] == OPTION_LETTERS[wanted]:
            yield found[1], found.start(), found.end()
            wanted += 1


def begins_option(text: str, letter: str) -> bool:
    """Whether a line begins with this option, in any spelling."""
    text = text.lstrip("*＊")
    if not text or letter not in (text[0], text[1:2], text[2:3]):
        return False
    return any(
        (found := pattern.match(text)) is not None and found[1] == letter
        for pattern in (_DOTTED, _BRACKETED, _BARE)
    )


def loose_options(text: str, expected: str) -> list[tuple[str, str]]:
    """Options without a point after the letter: A 甲  B 乙, or A甲."""
    marks = list(_marks(_SPACED, text, expected))
    if not marks or marks[0][1] != 0:
        found = _BARE.match(text)
        if found is None or found[1] != expected:
            return []
        marks = [(found[1], 0, found.end())]
    ends = [start for _letter, start, _end in marks[1:]] + [len(text)]
    return [
        (letter, text[end:until].strip())
        for (letter, _start, end), until in zip(marks, ends, strict=True)
    ]


# --- labelled fields ---------------------------------------------------------------

LABELS: dict[str, tuple[str, ...]] = {
    "explanation": ("答案解析", "试题解析", "解析", "详解", "解答", "分析", "说明"),
    "answer": ("正确答案", "参考答案", "标准答案", "试题答案", "答案要点", "参考要点", "答题要点",
               "本题答案", "答案", "答"),
    "basis": ("法规依据", "法律依据", "政策依据", "依据", "出处"),
    "difficulty": ("难易程度", "难易度", "难度"),
    "topic": ("考查知识点", "知识点", "考点", "章节", "分类"),
    "type": ("题目类型", "试题类型", "题型", "类型"),
    "marks": ("分值", "分数"),
    "pool": ("用途",),
    "code": ("试题编号", "题目编号", "编号"),
}  # fmt: skip
_LABEL_NAMES = {word: name for name, words in LABELS.items() for word in words}
_WORDS = "|".join(sorted(_LABEL_NAMES, key=len, reverse=True))
_MANY_LETTERS = "|".join(word for word in _WORDS.split("|") if len(word) > 1)
_LABEL = re.compile(
    rf"[【\[]\s*({_WORDS})\s*[】\]]\s*[:：]?\s*"
    rf"|^({_WORDS})\s*[是为]?\s*[:：]\s*"
    rf"|(?<=[\s；;。，,）)、？?])({_MANY_LETTERS})\s*[:：]\s*"
    r"|^((?:正确|参考|标准)?答案)(?:[\s为是]+(?=[A-H√×对错正(（]))\s*"
)
_IN_BRACKETS = re.compile(
    rf"[（(]\s*({'|'.join(LABELS['answer'])})\s*[:：]\s*([^（）()]{{0,200}})[)）]\s*$"
)


def labels_in(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Text before the first label of a line, and (name, text) of every labelled field on it."""
    closing = _IN_BRACKETS.search(text)
    if closing is not None and closing.start():
        return text[: closing.start()].rstrip(), [("answer", closing[2].strip())]
    marks = list(_LABEL.finditer(text))
    if not marks:
        return text, []
    found = []
    for mark, after in pairwise([*marks, None]):
        if mark is None:
            break
        word = next(group for group in mark.groups() if group)
        value = text[mark.end() : after.start() if after else len(text)]
        value = value.strip(" \t\u3000；;" if after else " \t\u3000")
        found.append((_LABEL_NAMES[word], value))
    return text[: marks[0].start()].rstrip(), found
