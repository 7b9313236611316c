"""Follows the lists of answers in a paper: where one begins, what its lines say, where it ends. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from question_bank.formats import keylists
from question_bank.formats.keylists import KeyEntry
from question_bank.formats.lines import Line, labels_in, number_at
from question_bank.formats.lookahead import Lookahead
from question_bank.formats.matching import Raw, joined
from question_bank.formats.reading import ReadType
from question_bank.formats.sections import Section, section_at
from question_bank.questions.rules import Finding

_WORDY = frozenset({None, ReadType.SHORT_ANSWER})


class KeyScript:
    """Takes the lines that belong to lists of answers. ``keys_only``: the whole file is one."""

    def __init__(self, ahead: Lookahead, *, keys_only: bool) -> None:
        self.ahead = ahead
        self.lines = ahead.lines
        self.keys_only = keys_only
        self.is_open = keys_only
        self.entries: list[KeyEntry] = []
        self.notes: list[Finding] = []
        self._section: Section | None = None
        self._run = 0
        self._last = 0
        self._field = ""  # of the last entry, to which a further line belongs
        self._known: dict[object, set[int]] = {}

    def take(
        self, index: int, section: Section | None, raws: Sequence[Raw], raw: Raw | None
    ) -> int:
        """How many lines from this one belong to a list; 0 where the line is the paper's own."""
        line = self.lines[index]
        if keylists.is_number_row(line.text):
            return self._table(index, section, raws)
        if not self.is_open:
            if not self._opens(index, raws, raw):
                return 0
            self.is_open, self._section, self._run, self._last = True, None, 0, 0
            self._field = ""
            self._known = _numbers(raws)
            if keylists.is_title(line.text):
                return 1
        return 1 if self._line(index, line) else 0

    # --- where a list begins -----------------------------------------------------------

    def _opens(self, index: int, raws: Sequence[Raw], raw: Raw | None) -> bool:
        if not raws:
            return False
        text = self.lines[index].text
        if keylists.is_title(text):
            return self._title_opens(index, text, raw)
        section = section_at(self.lines[index])
        if section is not None:
            is_known = any(each.section and each.section.word == section.word for each in raws)
            return is_known and (keylists.looks_like_keys(section.rest) or self._keys_below(index))
        entries, _wrong = keylists.keys_in(self.lines[index])
        return len(entries) > 1 and text[0] in "第0123456789" and keylists.looks_like_keys(text)

    def _title_opens(self, index: int, text: str, raw: Raw | None) -> bool:
        at = self.ahead.below(index)
        if at is None:
            return False
        below = self.lines[at].text
        if (
            section_at(self.lines[at]) is not None
            or keylists.looks_like_keys(below)
            or keylists.is_number_row(below)
        ):
            return True
        is_label = text.endswith((":", "：")) or text.startswith(("【", "["))
        type_ = raw.section.type if raw and raw.section else None
        if is_label and type_ in _WORDY and raw is not None and not raw.options:
            return False
        numbered = number_at(below)
        return (
            numbered is not None
            and numbered.value == 1
            and not self.ahead.asks_options(at, numbered)
        )

    def _keys_below(self, index: int) -> bool:
        at = self.ahead.below(index)
        return at is not None and keylists.looks_like_keys(self.lines[at].text)

    # --- what its lines say ------------------------------------------------------------

    def take_range(self, text: str, section: Section | None, number: int) -> bool:
        """答案：1-5 BACDB below the questions of one section."""
        if not re.match(r"(?:第\s*)?\d{1,5}", text) or not keylists.looks_like_keys(text):
            return False
        entries, wrong = keylists.keys_in(Line(number, text))
        if len(entries) + len(wrong) < 2 and "-" not in text:  # noqa: PLR2004 - 答案：1A is no list
            return False
        self._mismatches(wrong)
        for entry in entries:
            entry.section = section
        self.entries += entries
        return bool(entries)

    def _table(self, index: int, section: Section | None, raws: Sequence[Raw]) -> int:
        """Rows 题号 and 答案; a table for marks, or one still to be filled in, says nothing."""
        at = self.ahead.below(index)
        entries = keylists.table_keys(self.lines[index], self.lines[at]) if at is not None else None
        if at is None or entries is None:
            return 1
        if not self.is_open:
            within = {raw.number for raw in raws if raw.section == section}
            head = section if {entry.number for entry in entries} <= within else None
        else:
            head = self._section
        self._add(entries, head)
        return at - index + 1

    def _line(self, index: int, line: Line) -> bool:
        section = section_at(line)
        if section is not None:
            if not self.keys_only and self._is_over(index, section):
                self.is_open = False
                return False
            self._section, self._last, self._field = section, 0, ""
            self._read(Line(line.number, section.rest))
            return True
        if self._read(line):
            return True
        numbered = number_at(line.text)
        if numbered is not None and not self.keys_only and self.ahead.asks_options(index, numbered):
            self.is_open = False
            return False
        self._further(line.text)
        return True

    def _is_over(self, index: int, section: Section) -> bool:
        """Whether a heading begins questions again, and not the next part of the list."""
        if keylists.looks_like_keys(section.rest):
            return False
        at = self.ahead.below(index)
        numbered = number_at(self.lines[at].text) if at is not None else None
        return at is not None and numbered is not None and self.ahead.asks_options(at, numbered)

    def _read(self, line: Line) -> bool:
        entries, wrong = keylists.keys_in(line)
        self._mismatches(wrong)
        is_list = keylists.looks_like_keys(line.text)
        if entries and not is_list and not self._may_follow(entries[0]):
            return False
        self._add(entries, self._section)
        if entries:
            self._field = next(reversed(entries[-1].fields), "") if entries[-1].fields else "answer"
        return bool(entries or wrong)

    def _may_follow(self, entry: KeyEntry) -> bool:
        """A numbered line inside a model answer is not the answer to the next question."""
        if self.keys_only or not self._last:
            return True
        known = self._known.get(self._section.word if self._section else None, set())
        if known and entry.number not in known:
            return False
        type_ = self._section.type if self._section else None
        if type_ is ReadType.SHORT_ANSWER or self._field == "explanation":
            return entry.number == self._last + 1
        return True

    def _add(self, entries: Sequence[KeyEntry], section: Section | None) -> None:
        for entry in entries:
            if entry.number <= self._last and section is None:
                self._run += 1
            entry.section, entry.run, self._last = section, self._run, entry.number
            self.entries.append(entry)

    def _further(self, text: str) -> None:
        if not self.entries:
            return
        entry = self.entries[-1]
        head, fields = labels_in(text)
        if head:
            name = self._field
            if name and name != "answer":
                entry.fields[name] = joined(entry.fields[name], head)
            else:
                entry.answer = joined(entry.answer, head)
        for name, value in fields:
            if name == "answer" and not entry.answer:
                entry.answer = value
            else:
                entry.fields[name] = value
            self._field = name

    def _mismatches(self, wrong: Sequence[keylists.Mismatch]) -> None:
        for each in wrong:
            facts = {"line": each.line, "first": each.first, "last": each.last, "n": each.answers}
            self.notes.append(Finding("key_range", "key", facts))


def _numbers(raws: Sequence[Raw]) -> dict[object, set[int]]:
    found: dict[object, set[int]] = {None: set()}
    for raw in raws:
        found[None].add(raw.number)
        if raw.section is not None:
            found.setdefault(raw.section.word, set()).add(raw.number)
    return found
