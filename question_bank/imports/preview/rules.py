"""A row of an upload as cells that a person can mend, and back through the reader of tables. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from question_bank.formats import rows, words
from question_bank.formats.reading import Place, wrong_with
from question_bank.formats.rows import ParsedRow
from question_bank.formats.xlsx import key_text
from question_bank.questions.rules import MAX_OPTIONS, Finding

OPTIONS = tuple(f"option:{index}" for index in range(MAX_OPTIONS))
# the columns of a table, in the order in which a row is read
FIELDS = (
    "code", "type", "stem", *OPTIONS, "answer", "explanation", "difficulty", "topic", "pool",
    "basis", "shuffle", "passage",
)  # fmt: skip
_COLUMNS = {name: at for at, name in enumerate(FIELDS)}
TWIN_CODES = frozenset({"code_twice", "same_in_file"})  # it repeats another row of the file


def cells_of(row: ParsedRow) -> dict[str, str]:
    """The cells of a table that say what was read; where a word was not understood, that word."""
    draft = row.draft or row.loose
    cells = dict.fromkeys(FIELDS, "")
    if draft is None:
        return cells
    read = key_text(row.draft.type, row.draft.key) if row.draft else ""
    cells |= {
        "code": row.code, "type": row.type_text or _written(row, "type_unknown"),
        "stem": row.stem, "topic": row.topic, "explanation": draft.explanation,
        "basis": draft.basis, "passage": draft.passage,
        "answer": read or row.answer or _written(row, "key_unreadable"),
    }  # fmt: skip
    cells |= dict(zip(OPTIONS, draft.options, strict=False))
    for name, taken, codes in (
        ("difficulty", words.DIFFICULTY_WORDS[draft.difficulty],
         ("difficulty_near", "difficulty_unknown")),
        ("pool", words.POOL_WORDS[draft.pool], ("pool_unknown",)),
        ("shuffle", words.YES if draft.may_shuffle else words.NO, ("shuffle_unknown",)),
    ):  # fmt: skip
        cells[name] = _written(row, *codes) or (taken if name in row.given else "")
    return cells


def _written(row: ParsedRow, *codes: str) -> str:
    """The word of the file that a finding is about."""
    return next((str(each.facts["text"]) for each in row.findings if each.code in codes), "")


def reread(row: ParsedRow, cells: Mapping[str, str]) -> ParsedRow | None:
    """The row with these cells, read as a row of a table; None where all of them are blank."""
    read = rows.read_row(
        row.sheet, row.row, [cells.get(name, "") for name in FIELDS], _COLUMNS, None
    )
    if read is None:
        return None
    # a code of mere figures is no code in a table; one that stood here before stays
    code = row.code if cells.get("code", "") == row.code else read.code
    read = replace(read, code=code, at=row.place)
    before = row.draft or row.loose
    if read.draft is not None and before is not None and before.is_rich:
        draft = replace(read.draft, is_rich=True)
        more = tuple(each for each in wrong_with(draft) if each not in read.findings)
        read = replace(read, draft=draft, findings=(*read.findings, *more))
    return read


def without(row: ParsedRow, codes: Collection[str]) -> ParsedRow:
    """The row without findings of these codes."""
    left = tuple(each for each in row.findings if each.code not in codes)
    return replace(row, findings=left)


def repeats(findings: Collection[Finding], place: Place) -> bool:
    """Whether a row was refused because it repeats the one at a place."""
    return any(
        each.code in TWIN_CODES and Place.from_json(each.facts["other_place"]) == place
        for each in findings
        if "other_place" in each.facts
    )
