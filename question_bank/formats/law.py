"""Reads the text of a law or notice: title, day of promulgation, articles. Pure.

How a text is kept: blanks (also full-width ones) around every line are taken off, empty lines and
the article's own label are left out, and the lines of an article are joined by one newline. The
digest of an article is the SHA-256 (hex) of exactly that text in UTF-8.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from question_bank.laws.rules import chinese_number, parse_number

INFO_END = "<!-- INFO END -->"
MAX_TITLE = 200

_NUMERAL = "[零〇一二三四五六七八九十百千]+"
_ARTICLE = re.compile(rf"第({_NUMERAL})条(?:之([一二三四五六七八九十]+))?[\s\u3000]+(.*)$")
_FILE_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_HEAD_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?!.*施行)")
_DATE_LINE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日$")
_PROMULGATING = ("公布", "通过", "修订", "修正", "发布")
# Headings of a notice: 一、 and （一）; figures where the writer's machine numbered by itself.
_PART = re.compile(r"([一二三四五六七八九十]+|\d{1,2})、\s*(.*)$")
_SECTION = re.compile(r"[（(]([一二三四五六七八九十]+|\d{1,2})[）)]\s*(.*)$")
_NOTICE_END = re.compile(r"(?:通知|意见|办法|方案|规定|决定|通报)$")


class UnreadableLaw(Exception):
    """The text holds no articles that can be told apart. ``code`` says what is missing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class ParsedArticle:
    """One article: 第二十六条 or 二（二）, its place from 1, its text without the label."""

    label: str
    ordinal: int
    text: str

    @property
    def digest(self) -> str:
        return digest_of(self.text)


@dataclass(frozen=True)
class ParsedLaw:
    """What a file says."""

    title: str
    promulgated_on: date
    articles: tuple[ParsedArticle, ...]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over labels and digests of all articles, in order."""
        return digest_of("\n".join(f"{item.label} {item.digest}" for item in self.articles))


def digest_of(text: str) -> str:
    """SHA-256 (hex) of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def parse_law(text: str, filename: str = "") -> ParsedLaw:
    """Read a law in Markdown, or the plain text of a notice; UnreadableLaw where neither fits."""
    lines = [_clean(line) for line in text.split("\n")]
    title = next((line[2:].strip() for line in lines if line.startswith("# ")), "")
    if title:
        head, body = _head_and_body(lines)
        articles = tuple(_law_articles(body))
        promulgated = _from_file(filename) or _from_head(head)
    else:
        title, start = _notice_title(lines)
        articles = tuple(_notice_articles(lines[start:]))
        promulgated = _from_file(filename) or _from_date_line(lines)
    if not title or len(title) > MAX_TITLE:
        raise UnreadableLaw("no_title")
    if not articles:
        raise UnreadableLaw("no_articles")
    if promulgated is None:
        raise UnreadableLaw("no_date")
    return ParsedLaw(title, promulgated, articles)


def _clean(line: str) -> str:
    return re.sub(r"[\u200b\ufeff\r]", "", line).strip(" \t\u3000\u00a0")


def _date(match: re.Match[str] | None) -> date | None:
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _from_file(filename: str) -> date | None:
    return _date(_FILE_DATE.search(filename))


def _from_head(head: list[str]) -> date | None:
    """The last day on which the law was passed, promulgated or amended."""
    found = [
        day
        for line in head
        if any(word in line for word in _PROMULGATING)
        and (day := _date(_HEAD_DATE.match(line))) is not None
    ]
    return max(found, default=None)


def _from_date_line(lines: list[str]) -> date | None:
    return next((day for line in lines if (day := _date(_DATE_LINE.fullmatch(line)))), None)


# --- laws -----------------------------------------------------------------------


def _head_and_body(lines: list[str]) -> tuple[list[str], list[str]]:
    if INFO_END in lines:
        end = lines.index(INFO_END)
        return lines[:end], lines[end + 1 :]
    return lines, lines


def _law_articles(lines: list[str]) -> Iterator[ParsedArticle]:
    """Articles follow one another by number; a line that only begins like one is text."""
    label, number, ordinal, collected = "", 0, 0, list[str]()
    for line in lines:
        if not line or line.startswith("#"):
            continue
        match = _ARTICLE.match(line)
        if match and _follows(match, number):
            if label:
                yield ParsedArticle(label, ordinal, "\n".join(collected))
            number, ordinal, collected = parse_number(match[1]), ordinal + 1, [match[3].strip()]
            label = f"第{chinese_number(number)}条" + (f"之{match[2]}" if match[2] else "")
        elif label:
            collected.append(line)
    if label:
        yield ParsedArticle(label, ordinal, "\n".join(collected))


def _follows(match: re.Match[str], number: int) -> bool:
    found = parse_number(match[1])
    return found == number if match[2] else found == number + 1


# --- notices --------------------------------------------------------------------


def _notice_title(lines: list[str]) -> tuple[str, int]:
    """Title, which may run over several lines, and the index of the line after it."""
    for start, line in enumerate(lines):
        if "关于" not in line or len(line) > MAX_TITLE:
            continue
        title = ""
        for index in range(start, min(start + 8, len(lines))):
            title += lines[index]
            if _NOTICE_END.search(title):
                return title, index + 1
    return "", 0


def _notice_articles(lines: list[str]) -> Iterator[ParsedArticle]:
    part, section, label, ordinal, collected = 0, 0, "", 0, list[str]()
    for line in lines:
        if line.startswith("附件"):
            break
        heading = _PART.match(line)
        if heading and _value(heading[1]) == part + 1:
            if label:
                yield ParsedArticle(label, ordinal, "\n".join(collected))
            part, section, label, collected = part + 1, 0, "", []
            continue
        heading = _SECTION.match(line)
        if part and heading and _value(heading[1]) == section + 1:
            if label:
                yield ParsedArticle(label, ordinal, "\n".join(collected))
            section, ordinal, collected = section + 1, ordinal + 1, [heading[2].strip()]
            label = f"{chinese_number(part)}（{chinese_number(section)}）"
        elif label and line:
            collected.append(line)
    if label:
        yield ParsedArticle(label, ordinal, "\n".join(collected))


def _value(text: str) -> int:
    return int(text) if text.isdigit() else parse_number(text)
