"""Reads the workbooks that offices have, in every layout, from their sheets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from question_bank.formats import words
from question_bank.formats.lines import OPTION_LETTERS
from question_bank.formats.matching import Raw
from question_bank.formats.reading import (
    MAX_QUESTIONS,
    Place,
    PlaceKind,
    Reading,
    ReadQuestion,
    grouped,
)
from question_bank.formats.sections import SECTION_TYPES
from question_bank.formats.settle import settle
from question_bank.formats.tables import HEADING_WITHIN, Sheet, UnusableFile, letter_number
from question_bank.questions.rules import Finding, tidy

HOW_TO_SHEET = "填写说明"
MAX_CODE = 32
# Headings beyond those of the plain table; as ``words.heading`` makes them.
MORE: dict[str, tuple[str, ...]] = {
    "options": ("选项", "备选项", "备选答案", "选项内容", "候选项", "候选答案", "全部选项", "答案选项"),
    "correct": ("是否正确", "正确与否", "是否答案", "是否为正确答案", "是否正确答案", "是否正确选项", "正误"),
    "letter": ("选项序号", "选项编号", "选项字母", "选项号", "选项标号"),
    "answer": ("参考要点", "答题要点", "答案要点", "评分要点"),
}  # fmt: skip
_CORRECT = re.compile(r"(?:选项)?([A-J])(?:项)?(?:是否正确|正确与否|正误|是否答案|是否为正确答案)")
_ANSWER_N = re.compile(r"(?:正确|标准|参考)?答案([1-9一二三四五六七八九])")
_LETTERED = re.compile(r"^[（(]?\s*([A-Ja-j])\s*[)）]?\s*[.．、:：)）\s]\s*")
FIELDS = ("explanation", "difficulty", "topic", "basis", "pool", "marks", "type", "shuffle")


@dataclass
class _Columns:
    """Which column holds what. ``correct``: (option or -1, column); ``answers``: further blanks."""

    named: dict[str, int] = field(default_factory=dict)
    options: dict[int, int] = field(default_factory=dict)
    correct: list[tuple[int, int]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def is_headed(self) -> bool:
        """Whether these are headings of questions."""
        tells = self.named.keys() & {"answer", "options", "type", "correct"} or (
            self.options or self.correct or self.answers
        )
        return "stem" in self.named and bool(tells)

    @property
    def is_row_an_option(self) -> bool:
        """One row an option, with the number or the words of the question repeated or blank."""
        return "options" in self.named and bool(self.correct or "letter" in self.named)


def columns_of(cells: Sequence[str]) -> _Columns:
    """What the cells of a row would mean as headings."""
    found = _Columns()
    last = -1
    for at, cell in enumerate(cells):
        plain = words.heading(cell)
        name = words.column(cell) or next((n for n, known in MORE.items() if plain in known), "")
        own = _CORRECT.fullmatch(plain)
        nth = _ANSWER_N.fullmatch(plain)
        if name.startswith("option:"):
            last = int(name.removeprefix("option:"))
            found.options.setdefault(last, at)
        elif own is not None:
            found.correct.append((OPTION_LETTERS.index(own[1]), at))
        elif name == "correct":
            found.correct.append((last, at))
        elif nth is not None:
            found.answers.append(at)
        elif name:
            found.named.setdefault(name, at)
    return found


def headings(sheet: Sheet) -> tuple[int, _Columns] | None:
    """Index of the first row under the headings, and the columns; title rows may precede."""
    for index, (_number, cells) in enumerate(sheet.rows[:HEADING_WITHIN]):
        columns = columns_of(cells)
        if columns.is_headed:
            return index + 1, columns
    return None


def is_plain(sheets: Sequence[Sheet]) -> bool:
    """Whether ``rows`` can read all sheets: one row a question, an option a column, types named."""
    heads = [(sheet, *head) for sheet in sheets if (head := headings(sheet))]
    return bool(heads) and all(
        "answer" in map(words.column, sheet.rows[start - 1][1])
        and ("type" in columns.named or words.type_in(sheet.name) is not None)
        and not (columns.correct or columns.answers)
        and not columns.named.keys() & {"options", "correct", "letter"}
        for sheet, start, columns in heads
    )


def read(sheets: Sequence[Sheet]) -> Reading:
    """All questions of all sheets with headings; UnusableFile where none has any."""
    questions: list[ReadQuestion] = []
    headed = [(sheet, head) for sheet in sheets if (head := headings(sheet))]
    if not headed:
        raise UnusableFile("no_rows" if not any(sheet.rows for sheet in sheets) else "no_headings")
    for sheet, (start, columns) in headed:
        questions += _sheet(sheet, start, columns)
    if not questions:
        raise UnusableFile("no_rows")
    if len(questions) > MAX_QUESTIONS:
        raise UnusableFile("too_many_questions", max=MAX_QUESTIONS)
    groups = grouped(question.passage for question in questions)
    return Reading(
        tuple(replace(q, group=n) for q, n in zip(questions, groups, strict=True)), skipped(sheets)
    )


def skipped(sheets: Sequence[Sheet]) -> tuple[Finding, ...]:
    """A note on each sheet with rows and no headings; but not on the instructions of our template."""
    return tuple(
        Finding("sheet_skipped", "row", {"name": sheet.name})
        for sheet in sheets
        if sheet.rows and sheet.name != HOW_TO_SHEET and headings(sheet) is None
    )


def _sheet(sheet: Sheet, start: int, columns: _Columns) -> list[ReadQuestion]:
    default = next((word for word in _SHEET_WORDS if word in tidy(sheet.name)), "")
    rows = [
        (number, [tidy(cell) for cell in cells])
        for number, cells in sheet.rows[start:]
        if any(cell.strip() for cell in cells)
    ]
    raws = _by_option(rows, columns) if columns.is_row_an_option else _by_row(rows, columns)
    found = []
    for raw, code in raws:
        if default:
            raw.fields.setdefault("type", default)
        question = settle(raw, PlaceKind.ROW)
        said = question.findings
        if len(code) > MAX_CODE:
            said = (*said, Finding("code_long", "code", {"max": MAX_CODE}))
        place = Place(PlaceKind.ROW, raw.line, sheet=sheet.name)
        found.append(replace(question, place=place, code=code, findings=said))
    return found


_SHEET_WORDS = sorted(
    (word for word in SECTION_TYPES if word not in {"案例", "材料", "综合", "选择"}),
    key=len, reverse=True,
)  # fmt: skip


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""


def _raw(number: int, cells: Sequence[str], columns: _Columns) -> tuple[Raw, str]:
    named = columns.named
    raw = Raw(number, number, stem=[_cell(cells, named.get("stem"))])
    for name in FIELDS:
        text = _cell(cells, named.get(name))
        if text:
            raw.fields[name] = text
    answer = letter_number(_cell(cells, named.get("answer")))
    further = [letter_number(_cell(cells, at)) for at in columns.answers]
    if any(further):
        answer = "|".join(text.replace("|", "\\|") for text in further if text)
    if answer:
        raw.fields["answer"] = answer
    raw.passage = _cell(cells, named.get("passage"))
    return raw, _code(cells, named)


def _code(cells: Sequence[str], named: Mapping[str, int]) -> str:
    """The question's own code: not the mere serial number that many tables have."""
    code = letter_number(_cell(cells, named.get("code")))
    if code and not code.isdigit():
        return code
    serial = _cell(cells, named.get("serial"))
    return serial if re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*\d[A-Za-z0-9_.-]*", serial) else ""


# --- one row a question ----------------------------------------------------------------


def _by_row(
    rows: Sequence[tuple[int, Sequence[str]]], columns: _Columns
) -> Iterator[tuple[Raw, str]]:
    for number, cells in rows:
        values = [_cell(cells, at) for name, at in columns.named.items() if name != "serial"]
        if not any(values) and not any(_cell(cells, at) for at in columns.options.values()):
            continue
        raw, code = _raw(number, cells, columns)
        if columns.options:
            texts = [_cell(cells, columns.options.get(n)) for n in range(max(columns.options) + 1)]
            while texts and not texts[-1]:
                texts.pop()
        else:
            texts, mark = split_options(_cell(cells, columns.named.get("options")))
            if mark:
                raw.said.append(Finding("options_split", "options", {"by": mark, "n": len(texts)}))
        raw.options = [[letter, text] for letter, text in zip(OPTION_LETTERS, texts, strict=False)]
        if columns.correct:
            _marked(raw, [(index, _cell(cells, at)) for index, at in columns.correct])
        yield raw, code


def split_options(text: str) -> tuple[list[str], str]:
    """All options in one cell, and by what they were told apart: new lines, |, letters or ；."""
    if not text:
        return [], ""
    for pattern, name in ((r"\n+", "line"), (r"\s*[|｜]\s*", "|")):
        parts = [part.strip() for part in re.split(pattern, text) if part.strip()]
        if len(parts) > 1:
            return [_no_letter(part, at) for at, part in enumerate(parts)], name
    lettered = re.split(r"(?:^|(?<=[\s；;。]))[（(]?[A-J]\s*[.．、:：)）]\s*", text)
    parts = [part.strip(" ；;") for part in lettered if part.strip()]
    if len(parts) > 1:
        return parts, "letters"
    parts = [part.strip() for part in re.split(r"[；;]", text) if part.strip()]
    return (parts, "；") if len(parts) > 1 else ([text], "")


def _no_letter(text: str, at: int) -> str:
    found = _LETTERED.match(text)
    is_own = found is not None and OPTION_LETTERS.find(found[1].upper()) == at
    return text[found.end() :].strip() if found is not None and is_own else text


def _marked(raw: Raw, marks: Sequence[tuple[int, str]]) -> None:
    """The column 是否正确 beside each option makes the key."""
    right = ""
    for index, text in marks:
        if not text or index < 0:
            continue
        said = {"1": True, "0": False}.get(letter_number(text), words.truth(text))
        if said is None:
            raw.said.append(Finding("key_unreadable", "key", {"text": text[:60]}))
        elif said:
            right += OPTION_LETTERS[index]
    if right and "answer" not in raw.fields:
        raw.fields["answer"] = right
        raw.said.append(Finding("key_from_marks", "key", {"text": right}))
    elif right:
        raw.listed = right


# --- one row an option -----------------------------------------------------------------


def _by_option(
    rows: Sequence[tuple[int, Sequence[str]]], columns: _Columns
) -> Iterator[tuple[Raw, str]]:
    named = columns.named
    raw: Raw | None = None
    code, last = "", ("", "")
    marks: list[tuple[int, str]] = []
    for number, cells in rows:
        own = (
            _cell(cells, named.get("serial")) or _cell(cells, named.get("code")),
            _cell(cells, named.get("stem")),
        )
        is_same = raw is not None and all(
            not now or now == before for now, before in zip(own, last, strict=True)
        )
        if not is_same:
            if raw is not None:
                _marked(raw, marks)
                yield raw, code
            raw, code = _raw(number, cells, columns)
            marks, last = [], own
        text = _cell(cells, named.get("options"))
        if raw is not None and text:
            at = len(raw.options)
            letter = OPTION_LETTERS[min(at, len(OPTION_LETTERS) - 1)]
            raw.options.append([letter, _no_letter(text, at)])
            if columns.correct:
                marks.append(
                    (min(at, len(OPTION_LETTERS) - 1), _cell(cells, columns.correct[0][1]))
                )
    if raw is not None:
        _marked(raw, marks)
        yield raw, code
