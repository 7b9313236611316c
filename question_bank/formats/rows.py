"""From the rows of an office's table to draft questions with everything to be said about each. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from question_bank.formats import words
from question_bank.formats.lean import MAX_CODE, MAX_TOPIC
from question_bank.formats.reading import (
    READING_DOUBTS,
    READING_NOTES,
    Place,
    PlaceKind,
    wrong_with,
)
from question_bank.formats.tables import HEADING_WITHIN, Sheet, UnusableFile, letter_number
from question_bank.questions.rules import (
    MAX_OPTIONS,
    WITH_OPTIONS,
    Difficulty,
    Draft,
    Finding,
    Pool,
    QuestionType,
    tidy,
)
from question_bank.questions.shuffling import pointers, settled

MAX_SHOWN = 60

# Findings that let a row in, with a look; and those that are only worth knowing.
DOUBTS = frozenset(
    {"letters", "one_of_many", "difficulty_near", "difficulty_unknown", "pool_unknown",
     "shuffle_unknown", "basis_no_law", "basis_only_label", "basis_no_article", "basis_not_found"}
) | READING_DOUBTS  # fmt: skip
NOTES = READING_NOTES | {
    "topic_new", "topic_none", "new_version", "after_undone", "basis_later"
}  # fmt: skip

_CODE_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\d[A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class ParsedRow:
    """One question of a file as read. ``draft`` None: so much is missing that there is no question.

    ``given``: the optional columns that were filled in; for a question that the bank knows, the
    others stay as they are. ``at``: where it stands in a file that is no table. ``loose``: what else
    was read where nobody can tell the type; its own type means nothing.
    """

    sheet: str  # '' where the file has one sheet only
    row: int
    type_text: str
    stem: str
    answer: str
    code: str = ""
    topic: str = ""
    draft: Draft | None = None
    given: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    at: Place | None = None
    loose: Draft | None = None

    @property
    def place(self) -> Place:
        """Where it stands in its file."""
        return self.at or Place(PlaceKind.ROW, self.row, sheet=self.sheet)

    @property
    def is_refused(self) -> bool:
        return any(refuses(finding) for finding in self.findings)


def refuses(finding: Finding) -> bool:
    """Whether a finding keeps a row out."""
    return finding.code not in DOUBTS | NOTES


def parse(sheets: Sequence[Sheet]) -> list[ParsedRow]:
    """All rows of all sheets that have headings; UnusableFile where none has.

    A row that repeats the code or the content of an earlier one is refused and names it.
    """
    found: list[ParsedRow] = []
    with_headings = [(sheet, head) for sheet in sheets if (head := headings(sheet))]
    if not with_headings:
        raise UnusableFile("no_rows" if not any(sheet.rows for sheet in sheets) else "no_headings")
    for sheet, (start, columns) in with_headings:
        name = sheet.name if len(with_headings) > 1 else ""
        default = words.type_in(sheet.name)
        for number, cells in sheet.rows[start:]:
            row = read_row(name, number, cells, columns, default)
            if row is not None:
                found.append(row)
    if not found:
        raise UnusableFile("no_rows")
    return list(without_twins(found))


def headings(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Index of the first row under the headings, and column → place; title rows may precede."""
    for index, (_number, cells) in enumerate(sheet.rows[:HEADING_WITHIN]):
        columns: dict[str, int] = {}
        for at, cell in enumerate(cells):
            name = words.column(cell)
            if name:
                columns.setdefault(name, at)
        if "stem" in columns and "answer" in columns:
            return index + 1, columns
    return None


def read_row(
    sheet: str, number: int, cells: Sequence[str], columns: Mapping[str, int],
    default: QuestionType | None,
) -> ParsedRow | None:  # fmt: skip
    """One row below headings; None where it holds nothing but a number."""
    values = {key: tidy(cells[at]) for key, at in columns.items() if at < len(cells)}
    if any(value for key, value in values.items() if key not in {"serial", "marks"}):
        return _row(sheet, number, values, default)
    return None


def without_twins(rows: Iterable[ParsedRow]) -> Iterator[ParsedRow]:
    """The same rows; one that repeats the code or content of an earlier one is refused."""
    codes: dict[str, ParsedRow] = {}
    contents: dict[str, ParsedRow] = {}
    for row in rows:
        namesake = codes.setdefault(row.code, row) if row.code else row
        if namesake is not row:
            yield refused(row, "code_twice", namesake.place)
            continue
        is_question = row.draft is not None and not row.is_refused
        twin = contents.setdefault(row.draft.digest, row) if row.draft and is_question else row
        yield row if twin is row else refused(row, "same_in_file", twin.place)


def refused(row: ParsedRow, code: str, twin: Place) -> ParsedRow:
    """The row with the finding that it repeats the code or content of the one at a place."""
    finding = Finding(code, "row", {"other_place": dict(twin.__dict__)})
    return replace(row, findings=(*row.findings, finding))


# --- one row ---------------------------------------------------------------------


@dataclass
class _Reader:
    """Reads the cells of one row and collects what is to be said."""

    values: Mapping[str, str]
    said: list[Finding] = field(default_factory=list)
    given: set[str] = field(default_factory=set)

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def say(self, code: str, at: str, **facts: Any) -> None:
        self.said.append(Finding(code, at, facts))

    def optional(self, name: str) -> str:
        """The text of a column that a known question keeps where it is blank."""
        text = self.text(name)
        if text:
            self.given.add(name)
        return text

    def type(self, default: QuestionType | None) -> QuestionType | None:
        text = self.text("type")
        word = words.type_word(text)
        if not word:
            if default is None:
                self.say("type_missing", "type")
            return default
        if word not in words.TYPES:
            self.say("type_unknown", "type", text=text[:MAX_SHOWN])
            return None
        return words.TYPES[word]

    def options(self) -> list[str]:
        """Options up to the last that is filled in."""
        texts = [self.text(f"option:{index}") for index in range(MAX_OPTIONS)]
        while texts and not texts[-1]:
            texts.pop()
        return texts

    def key(self, type_: QuestionType, options: Sequence[str]) -> Any:
        text = letter_number(self.text("answer"))
        if not text:
            return None  # said by the rules: no_key
        if type_ is QuestionType.FILL_IN:
            return words.blanks(text)
        if type_ is QuestionType.SHORT_ANSWER:
            return self.text("answer")
        is_judged = type_ is QuestionType.TRUE_FALSE
        key: Any = words.judged(text, options) if is_judged else words.chosen(text)
        if key is None:
            self.say("key_unreadable", "key", text=text[:MAX_SHOWN])
        return key

    def difficulty(self) -> Difficulty:
        text = self.optional("difficulty")
        if text in words.DIFFICULTIES or not text:
            return words.DIFFICULTIES.get(text, Difficulty.MEDIUM)
        if text in words.NEAR_DIFFICULTIES:
            taken = words.NEAR_DIFFICULTIES[text]
            self.say("difficulty_near", "difficulty", text=text,
                     taken=words.DIFFICULTY_WORDS[taken])  # fmt: skip
            return taken
        self.say("difficulty_unknown", "difficulty", text=text[:MAX_SHOWN])
        return Difficulty.MEDIUM

    def pool(self) -> Pool:
        text = self.optional("pool")
        if text and text not in words.POOLS:
            self.say("pool_unknown", "pool", text=text[:MAX_SHOWN])
        return words.POOLS.get(text, Pool.BOTH)

    def may_shuffle(self) -> bool:
        text = self.optional("shuffle")
        if text.upper() in words.CANNOT:
            return False
        if text and text.upper() not in words.CAN:
            self.say("shuffle_unknown", "shuffle", text=text[:MAX_SHOWN])
            return False
        return True

    def code(self) -> str:
        """The question's own code: not the mere serial number that many tables have."""
        text = letter_number(self.text("code"))
        if not text or text.isdigit():
            text = self.text("serial")
            if not _CODE_LIKE.fullmatch(text):
                return ""
        if len(text) > MAX_CODE:
            self.say("code_long", "code", max=MAX_CODE)
        return text

    def topic(self) -> str:
        text = self.optional("topic")
        if len(text) > MAX_TOPIC:
            self.say("topic_long", "topic", max=MAX_TOPIC)
        return text


def _row(
    sheet: str, number: int, values: Mapping[str, str], default: QuestionType | None
) -> ParsedRow:
    reader = _Reader(values)
    code, topic = reader.code(), reader.topic()
    type_ = reader.type(default)
    draft = _draft(reader, type_) if type_ is not None else None
    loose = None if draft else _loose(reader)
    type_text = words.TYPE_WORDS[type_] if type_ else reader.text("type")
    if draft is None and not reader.text("stem"):
        reader.say("stem_empty", "stem")
    return ParsedRow(
        sheet, number, type_text, reader.text("stem"), reader.text("answer"), code, topic,
        draft, frozenset(reader.given), tuple(reader.said), loose=loose,
    )  # fmt: skip


def _loose(reader: _Reader) -> Draft:
    return Draft(
        QuestionType.SINGLE, reader.text("stem"), tuple(reader.options()), None,
        reader.optional("explanation"), reader.difficulty(), reader.pool(), reader.may_shuffle(),
        reader.optional("basis"), reader.text("passage"),
    )  # fmt: skip


def _draft(reader: _Reader, type_: QuestionType) -> Draft:
    options = reader.options()
    key = reader.key(type_, options)
    unreadable = any(finding.at == "key" for finding in reader.said)
    draft = Draft(
        type=type_,
        stem=reader.text("stem"),
        options=tuple(options) if type_ in WITH_OPTIONS else (),
        key=key,
        explanation=reader.optional("explanation"),
        difficulty=reader.difficulty(),
        pool=reader.pool(),
        may_shuffle=reader.may_shuffle(),
        basis=reader.optional("basis"),
        passage=reader.text("passage"),
    )
    wrong = [each for each in wrong_with(draft) if not (unreadable and each.code == "no_key")]
    reader.said.extend(wrong)
    if draft.may_shuffle and (pointed := pointers(draft)):
        reader.say("letters", "options", words="、".join(pointed[:3]))
    may_be_one = words.type_word(reader.text("type")).startswith("不定项")
    if type_ is QuestionType.MULTIPLE and key and len(key) == 1 and not wrong and not may_be_one:
        reader.say("one_of_many", "key")
    return settled(draft)
