"""The corpus: our own small files with the reading that is expected of each.

A file of cases: ``@@@@ kind: name``, the file, ``++++`` and a second file with answers where there
is one, ``----``, and a JSON object a line: a question with everything that is not its default, the
codes of its findings under ``found``; ``{"notes": […]}``; or ``{"unusable": code}``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from question_bank.formats import aiken, gift, layouts, lossless, moodle, qti_read, text
from question_bank.formats.reading import Reading, ReadQuestion
from question_bank.formats.tables import Sheet, UnusableFile

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Case:
    """One file and what is read from it."""

    kind: str
    name: str
    content: str
    key: str
    expected: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


def cases() -> list[Case]:
    """All cases of all files."""
    return [case for path in sorted(FOLDER.glob("*.cases")) for case in cases_of(path)]


def cases_of(path: Path) -> list[Case]:
    """The cases of one file."""
    found = []
    for block in path.read_text(encoding="utf-8").split("@@@@ ")[1:]:
        head, _end, rest = block.partition("\n")
        kind, _colon, name = head.partition(": ")
        content, _mark, expected = rest.partition("\n----\n")
        content, _mark, key = content.partition("\n++++\n")
        lines = tuple(line for line in expected.split("\n") if line)
        found.append(Case(kind, name, content.strip("\n"), key.strip("\n"), lines))
    return found


def sheets_of(content: str) -> list[Sheet]:
    """Rows with cells parted by |, under [names of sheets]; \\| and \\n stand inside cells."""
    found: list[Sheet] = []
    rows: list[tuple[int, list[str]]] = []
    for line in content.split("\n"):
        if re.fullmatch(r"\[.*\]", line):
            rows = []
            found.append(Sheet(line[1:-1], rows))
            continue
        if not found:
            found.append(Sheet("", rows))
        cells = [
            cell.replace("\\|", "|").replace("\\n", "\n") for cell in re.split(r"(?<!\\)\|", line)
        ]
        rows.append((len(rows) + 1, cells))
    return found


def read(kind: str, content: str, key: str = "") -> Reading:
    """Read a case with the reader of its kind."""
    if kind == "sheet":
        return layouts.read(sheets_of(content))
    if kind == "txt":
        return text.read(content, key)
    readers: dict[str, Any] = {
        "gift": gift.read, "aiken": aiken.read, "json": lossless.read,
        "moodle": lambda words: moodle.read(words.encode()),
        "qti": lambda words: qti_read.read(words.encode()),
    }  # fmt: skip
    found: Reading = readers[kind](content)
    return found


def told(kind: str, content: str, key: str = "") -> list[str]:
    """The reading in the words of the corpus."""
    try:
        reading = read(kind, content, key)
    except UnusableFile as error:
        return [json.dumps({"unusable": error.code})]
    lines = [json.dumps(brief(question), ensure_ascii=False) for question in reading.questions]
    if reading.notes:
        lines.append(json.dumps({"notes": [note.code for note in reading.notes]}))
    return lines


def brief(question: ReadQuestion) -> dict[str, Any]:
    """Everything about a question that is not its default."""
    said: dict[str, Any] = {"at": question.place.number}
    defaults = {each.name: each.default for each in fields(question)}
    for each in fields(question):
        value = getattr(question, each.name)
        if each.name not in {"place", "findings"} and value != defaults[each.name]:
            said[each.name] = list(value) if isinstance(value, tuple) else value
    if question.place.sheet:
        said["sheet"] = question.place.sheet
    if question.findings:
        said["found"] = [finding.code for finding in question.findings]
    return said
