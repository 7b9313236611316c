"""The shared text of composite case questions: where it begins and which questions it covers. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from question_bank.formats.lines import NUMERAL

_MARK = re.compile(
    rf"(?:[（(]?[{NUMERAL}\d]{{1,3}}[)）]?\s*[、.．]?\s*)?"
    r"(?:[【\[]\s*(?:案例|材料|资料|背景资料|背景材料|案情)[^】\]]{0,10}[】\]]\s*[:：]?"
    rf"|(?:案例|材料|资料|背景资料|背景材料|阅读材料|案情)\s*[{NUMERAL}\d]{{0,3}}\s*(?:[:：]|$))\s*"
)
_TELLS = re.compile(
    r"(?:根据|阅读|依据|请阅读|请根据).{0,6}(?:案例|材料|资料|案情|情景|情况).{0,30}?"
    r"(?:回答|完成)?.{0,10}"
)
_RANGE = re.compile(
    r"(?:回答|完成)?\s*第?\s*(\d{1,5})\s*[-－–—~～至到]\s*第?\s*(\d{1,5})\s*(?:小)?题"
)
_PART = re.compile(rf"[（(][{NUMERAL}]{{1,3}}[)）]\s*")
MAX_TELLING = 60


class Passages:
    """Collects the lines of a passage and gives it to the questions that follow."""

    def __init__(self) -> None:
        self._lines: list[str] | None = None
        self._text = ""
        self._until = 0
        self._group = 0
        self.is_marked = False

    @property
    def is_open(self) -> bool:
        """Whether lines are being collected."""
        return self._lines is not None

    def begins(self, text: str, *, in_case: bool) -> bool:
        """Whether a line opens a passage; what it says after its mark is kept."""
        mark = _MARK.match(text)
        part = _PART.match(text) if in_case else None
        telling = len(text) <= MAX_TELLING and _TELLS.match(text)
        if mark is None and part is None and not (telling and self._is_instruction(text)):
            return False
        reach = _RANGE.search(text)
        is_going_on = self._lines is not None and not "".join(self._lines)
        if not is_going_on:
            self.close()
        self._lines = self._lines or []
        self._until = int(reach[2]) if reach else self._until
        self.is_marked = True
        found = mark or part
        rest = text[found.end() :] if found else ""
        if rest and not (len(rest) <= MAX_TELLING and self._is_instruction(rest)):
            self._lines.append(rest)
        return True

    @staticmethod
    def _is_instruction(text: str) -> bool:
        return bool(_TELLS.match(text)) and ("回答" in text or "完成" in text)

    def add(self, text: str) -> None:
        """A further line of the passage, or its first where none was marked."""
        if self._lines is None:
            self.close()
            self._lines = []
        if text not in {"问题：", "问题:", "请回答：", "问：", "请问："}:
            self._lines.append(text)

    def take(self, lines: Sequence[str]) -> None:
        """Lines that turned out to be a passage."""
        self.close()
        self._lines = list(lines)

    def at_number(self, number: int) -> None:
        """A question with this number comes; 回答1-3题 ends before the fourth."""
        if self._until and number > self._until and self._lines is None:
            self.close()

    def of_question(self) -> tuple[str, int]:
        """The passage of the question that begins now, and its group."""
        if self._lines is not None:
            self._text, self._lines = "\n".join(self._lines).strip(), None
            if self._text:
                self._group += 1
        return (self._text, self._group) if self._text else ("", 0)

    def close(self) -> None:
        """No passage is open any more."""
        self._lines, self._text, self._until, self.is_marked = None, "", 0, False
