"""Looks at the lines below one to tell whether it begins a question. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from question_bank.formats.lines import (
    MAIN_STYLES,
    Line,
    Numbered,
    begins_option,
    labels_in,
    number_at,
    options_in,
)
from question_bank.formats.sections import section_at

WITHIN = 40  # lines below a number within which a question shows what it is
# A place for an answer: empty brackets, brackets with an answer, a line.
SLOT = re.compile(
    r"[（(]\s*(?:[A-H](?:[、,，\s]{0,2}[A-H]){0,7}|[√×✓✔✗✘对错TF]|正确|错误)?\s*[)）]|[_＿]{2,}"
)
_ASKS = re.compile(
    r"(?:请?(?:简述|试述|论述|简要|说明|谈谈|列举|阐述|分析|简答|结合|概述|指出|比较)|什么是|如何|为什么|怎样)"
)
_OPTION_START = re.compile(r"[*＊]?\s*[（(]?\s*[A-J]\s*[.．、:：)）\s]")


_PAGE = re.compile(
    r"第\s*\d{1,4}\s*页(?:\s*[,，/（(]?\s*(?:共|总)\s*\d{1,4}\s*页\s*[)）]?)?|[-—–]\s*\d{1,4}\s*[-—–]"
)


def is_page_foot(text: str) -> bool:
    """第 3 页 共 10 页, - 3 -: what stands at the foot of a page is no part of a question."""
    return len(text) < 24 and _PAGE.fullmatch(text) is not None  # noqa: PLR2004


def asks(text: str) -> bool:
    """Whether the words ask for an answer in words."""
    return text.rstrip("。.（）() ").endswith(("？", "?")) or _ASKS.match(text) is not None


class Lookahead:
    """Questions about the lines below a place."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines

    def main_style(self) -> str:
        """The way in which the questions of this file are numbered."""
        found: set[str] = set()
        for index, line in enumerate(self.lines):
            numbered = number_at(line.text)
            if numbered is None or numbered.style in found or not numbered.rest:
                continue
            if self.evidence(index, numbered) or asks(numbered.rest):
                found.add(numbered.style)
            if "dot" in found:
                break
        return next((style for style in MAIN_STYLES if style in found), "dot")

    def below(self, index: int) -> int | None:
        """Index of the next line that is not blank."""
        for at in range(index + 1, min(index + 1 + WITHIN, len(self.lines))):
            if self.lines[at].text:
                return at
        return None

    def next_number(self, index: int) -> Numbered | None:
        """The number that begins the next line, if one does."""
        at = self.below(index)
        return number_at(self.lines[at].text) if at is not None else None

    def option_below(self, index: int, letter: str) -> bool:
        """Whether the next line begins with an option."""
        at = self.below(index)
        return at is not None and begins_option(self.lines[at].text, letter)

    @staticmethod
    def is_option(text: str) -> bool:
        """Whether a line begins like an option."""
        return _OPTION_START.match(text) is not None

    def evidence(self, index: int, numbered: Numbered, *, own_bracket: bool = True) -> bool:
        """Whether options, an answer or a place for one follow before the next number."""
        if numbered.before or self._shows(numbered.rest, own_bracket=own_bracket):
            return True
        for at in range(index + 1, min(index + 1 + WITHIN, len(self.lines))):
            text = self.lines[at].text
            if not text:
                continue
            other = number_at(text)
            if (other is not None and other.style == numbered.style) or section_at(self.lines[at]):
                return False
            if begins_option(text, "A") and (
                self.option_below(at, "B") or len(options_in(text)[1]) > 1
            ):
                return True
            if self._shows(text, own_bracket=own_bracket):
                return True
        return False

    @staticmethod
    def _shows(text: str, *, own_bracket: bool) -> bool:
        if own_bracket and SLOT.search(text):
            return True
        head, fields = labels_in(text)
        if any(name == "answer" for name, _value in fields):
            return True
        return len(options_in(head)[1]) > 1

    def asks_options(self, index: int, numbered: Numbered) -> bool:
        """Whether options or an empty place for an answer follow: not so in a list of answers."""
        empty = re.compile(r"[（(]\s*[)）]|[_＿]{2,}")
        if empty.search(numbered.rest) or len(options_in(numbered.rest)[1]) > 1:
            return True
        for at in range(index + 1, min(index + 1 + WITHIN, len(self.lines))):
            text = self.lines[at].text
            if not text:
                continue
            if number_at(text) is not None or section_at(self.lines[at]):
                return False
            if begins_option(text, "A") and (
                self.option_below(at, "B") or len(options_in(text)[1]) > 1
            ):
                return True
        return False

    def unnumbered_evidence(self, index: int) -> bool:
        """Whether a line without a number begins a question."""
        text = self.lines[index].text
        if self._shows(text, own_bracket=True) or self.option_below(index, "A"):
            return True
        at = self.below(index)
        if at is None:
            return False
        head, fields = labels_in(self.lines[at].text)
        return not head and any(name == "answer" for name, _value in fields)
