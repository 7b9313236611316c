"""Reads the lines of a question paper into raw questions and lists of answers. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from question_bank.formats import lookahead, unnumbered
from question_bank.formats.keyscript import KeyScript
from question_bank.formats.lines import (
    OPTION_LETTERS,
    Line,
    Numbered,
    labels_in,
    loose_options,
    number_at,
    options_in,
)
from question_bank.formats.matching import Raw, joined
from question_bank.formats.passages import Passages
from question_bank.formats.reading import MAX_QUESTIONS, ReadType
from question_bank.formats.sections import Section, chapter_at, section_at
from question_bank.formats.tables import UnusableFile
from question_bank.formats.words import chosen, truth
from question_bank.questions.rules import Finding

MAX_JUMP = 30
ONCE = frozenset({"answer", "difficulty", "topic", "type", "marks", "pool", "code"})


class Script:
    """One pass over the lines. Results: ``raws``, ``keys.entries``, ``notes``."""

    def __init__(self, lines: Sequence[Line], *, keys_only: bool = False) -> None:
        self.lines = lines
        self.raws: list[Raw] = []
        self.notes: list[Finding] = []
        self.ahead = lookahead.Lookahead(lines)
        self.keys = KeyScript(self.ahead, keys_only=keys_only)
        self.passages = Passages()
        self.section: Section | None = None
        self.raw: Raw | None = None  # the question that is being read
        self.last = 0  # its number
        self.run = 0
        self.inner = 0  # next number of a list inside the question
        self.sub = 0
        self.topic = ""
        self.style = self.ahead.main_style()

    def read(self) -> Script:
        """Go through all lines."""
        index = 0
        while index < len(self.lines):
            index += self._line(index)
        self.notes += self.keys.notes
        if not self.raws and not self.keys.entries:
            unnumbered.read(self)
        return self

    def _line(self, index: int) -> int:
        """Read one line, or two rows of a table; how many."""
        line = self.lines[index]
        if not line.text or lookahead.is_page_foot(line.text):
            return 1
        taken = self.keys.take(index, self.section, self.raws, self.raw)
        if taken:
            return taken
        section = section_at(line)
        if section is not None and not (self.raw and self._is_list_item(index)):
            self.open_section(section)
        elif self._is_chapter(line):
            self.topic, self.raw = chapter_at(line.text), None
        elif self.passages.begins(line.text, in_case=bool(self.section and self.section.is_case)):
            self.raw, self.sub = None, 0
        else:
            self._text(index, line)
        return 1

    def _is_list_item(self, index: int) -> bool:
        """3、简答题 might be the third question; a heading has its first question below."""
        numbered = number_at(self.lines[index].text)
        below = self.ahead.next_number(index)
        return numbered is not None and below is not None and below.value != 1

    def begin_again(self) -> None:
        """Forget where the pass has come to."""
        self.raw, self.section = None, None

    def open_section(self, section: Section) -> None:
        """A heading: the questions below are of its type."""
        self.section, self.raw, self.inner, self.sub = section, None, 0, 0
        self.passages.close()
        if section.is_case and len(section.rest) > 20:  # noqa: PLR2004
            self.passages.add(section.rest)

    def _is_chapter(self, line: Line) -> bool:
        return bool(chapter_at(line.text)) and (self.raw is None or self.raw.at != "explanation")

    def _text(self, index: int, line: Line) -> None:
        numbered = number_at(line.text)
        if numbered is not None and self._is_question(index, numbered):
            self._open(line, numbered)
        elif numbered is not None and self._is_sub(index, numbered):
            self._open_sub(line, numbered)
        elif self.passages.is_open:
            self.passages.add(line.text)
        elif self.raw is not None:
            self.further(index, line.text)
        elif self.section is not None and self.section.is_case:
            self.passages.add(line.text)

    # --- where a question begins ---------------------------------------------------

    def _is_question(self, index: int, numbered: Numbered) -> bool:
        if not numbered.rest:
            return False
        if numbered.style != self.style:
            return self._is_stray(index, numbered)
        value, raw = numbered.value, self.raw
        if raw is None:
            is_plain = self.section is not None and not self.passages.is_open
            is_due = is_plain and value in {1, self.last + 1}
            return is_due or self._has_evidence(index, numbered)
        if self.inner and value == self.inner and raw.at == "stem":
            self.inner += 1
            return False
        if value == self.last + 1:
            is_due = raw.at in {"stem", "option"} or self.is_closed(raw)
            return is_due or self._has_evidence(index, numbered)
        if value == 1:
            begins_anew = self.is_whole(raw) and self.ahead.evidence(index, numbered)
            self.run += begins_anew
            self.inner = 0 if begins_anew else 2
            return begins_anew
        if abs(value - self.last) > MAX_JUMP or not self.is_whole(raw):
            return False
        return self.ahead.evidence(index, numbered, own_bracket=raw.at != "explanation")

    def _is_stray(self, index: int, numbered: Numbered) -> bool:
        """（3） that goes on where 2、 was, with options of its own after those of another question."""
        raw = self.raw
        if raw is None or raw.is_sub or self.passages.is_open or not raw.options:
            return False
        is_due = numbered.value == self.last + 1 and raw.at in {"option", "answer"}
        return is_due and self.ahead.asks_options(index, numbered)

    def _has_evidence(self, index: int, numbered: Numbered) -> bool:
        """Something that only a question has; a plain question counts where those are asked."""
        if self.ahead.evidence(index, numbered):
            return True
        type_ = self.section.type if self.section else None
        return type_ in {None, ReadType.SHORT_ANSWER} and lookahead.asks(numbered.rest)

    @staticmethod
    def is_closed(raw: Raw) -> bool:
        """Whether the answer that was read last needs no more words."""
        text = raw.fields.get("answer", "")
        return raw.at in ONCE - {"answer"} or (
            raw.at == "answer" and (chosen(text) is not None or truth(text) is not None)
        )

    @staticmethod
    def is_whole(raw: Raw) -> bool:
        """Whether a question has anything to be answered by."""
        stem = "".join(raw.stem)
        return bool(raw.options or raw.fields or raw.before or lookahead.SLOT.search(stem))

    def _is_sub(self, index: int, numbered: Numbered) -> bool:
        is_case = bool(self.section and self.section.is_case) or self.passages.is_marked
        if not is_case or numbered.style not in {"paren", "half"} or not numbered.rest:
            return False
        if numbered.value != self.sub + 1:
            return False
        return self.ahead.evidence(index, numbered) or lookahead.asks(numbered.rest)

    def _open_sub(self, line: Line, numbered: Numbered) -> None:
        raw = self.raw
        if self.sub == 0 and raw is not None and not raw.options and not raw.fields:
            self.raws.remove(raw)  # what looked like a question is what several are about
            self.passages.take(raw.stem)
        self.new(line, numbered)
        self.raws[-1].is_sub = True
        self.sub = numbered.value

    def _open(self, line: Line, numbered: Numbered) -> None:
        expected = self.last + 1
        value = numbered.value
        is_first = self.raw is None or value == 1
        self.last = value
        if self.sub:
            self.passages.close()
        self.passages.at_number(value)
        self.sub = 0
        self.new(line, numbered)
        raw = self.raws[-1]
        if not is_first and value != expected:
            code = "number_jumps" if value > expected else "number_again"
            raw.said.append(Finding(code, "row", {"expected": expected, "number": value}))

    def new(self, line: Line, numbered: Numbered) -> None:
        """A question begins on a line."""
        passage, group = self.passages.of_question()
        raw = Raw(
            line.number, numbered.value, self.section, self.run, numbered.before,
            passage=passage, group=group, topic=self.topic,
        )  # fmt: skip
        self.raw, self.inner = raw, 0
        self.raws.append(raw)
        if len(self.raws) > MAX_QUESTIONS:
            raise UnusableFile("too_many_questions", max=MAX_QUESTIONS)
        self._words(raw, numbered.rest, None)

    # --- what a further line belongs to ----------------------------------------------

    def further(self, index: int, text: str) -> None:
        """A further line of the question."""
        if self.raw is not None:
            self._words(self.raw, text, index)

    def _words(self, raw: Raw, text: str, index: int | None) -> None:
        head, fields = labels_in(text)
        if head or not fields:
            self._plain(raw, head, index)
        for name, value in fields:
            if name == "answer" and self.keys.take_range(value, self.section, raw.line):
                continue
            kept = raw.fields.get(name)
            if name in ONCE and kept:
                self._again(raw, name, kept, value)
            else:
                raw.fields[name] = joined(kept, value) if kept else value
            raw.at = name

    @staticmethod
    def _again(raw: Raw, name: str, kept: str, value: str) -> None:
        if name == "answer" and value != kept:
            facts = {"first": kept[:60], "second": value[:60]}
            raw.said.append(Finding("keys_differ", "key", facts))
        elif value != kept:
            raw.said.append(Finding("field_again", name, {"text": value[:60]}))

    def _plain(self, raw: Raw, text: str, index: int | None) -> None:
        may_have_options = raw.at in {"stem", "option"} or (
            raw.at == "answer" and not raw.options and text[:1] in "A(（"
        )
        if may_have_options and self._options(raw, text, index):
            return
        if raw.at == "stem":
            raw.stem.append(text)
        elif raw.at == "option":
            raw.options[-1][1] = joined(raw.options[-1][1], text)
        elif raw.at in ONCE - {"answer"}:
            raw.said.append(Finding("text_between", "row", {"text": text[:60]}))
        else:
            raw.fields[raw.at] = joined(raw.fields[raw.at], text)

    def _options(self, raw: Raw, text: str, index: int | None) -> bool:
        count = len(raw.options)
        if count >= len(OPTION_LETTERS):
            return False
        expected = OPTION_LETTERS[count]
        before, found = options_in(text, expected)
        if not found and count + 1 < len(OPTION_LETTERS) and count:
            # one letter was skipped: A. C. D.
            before, found = options_in(text, OPTION_LETTERS[count + 1])
            if found and not before:
                raw.options.append([expected, ""])
            else:
                found = []
        if not found and index is not None:
            found, before = loose_options(text, expected), ""
            is_alone = expected == "A" and len(found) == 1
            if is_alone and not self.ahead.option_below(index, "B"):
                found = []
        if not found:
            return False
        if before and raw.at == "option":
            raw.options[-1][1] += "\n" + before
        elif before:
            raw.stem.append(before)
        raw.options += [[letter, words] for letter, words in found]
        raw.at = "option"
        return True
