"""The sample files of the documentation are what the tool writes, and read as their page says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from question_bank.formats import intake
from question_bank.formats.intake import Upload
from question_bank.formats.reading import ReadQuestion
from tools.sample_files import CASE, ESSAY, FILES, FOLDER

KEYS: dict[str, Any] = {
    "single": [2],
    "multiple": [0, 1, 2],
    "true_false": True,
    "fill_in": [["20", "二十"], ["20", "二十"]],
    "short_answer": ESSAY.key,
}
PLAIN = ("single", "multiple", "true_false", "fill_in")
ALL = (*PLAIN, "short_answer")
CHOICE = ("single", "multiple")
HOLDS = {
    "table.xlsx": PLAIN,
    "table-old.xls": PLAIN,
    "table-gbk.csv": PLAIN,
    "table-options-in-one-cell.xlsx": CHOICE,
    "table-right-beside-option.xlsx": CHOICE,
    "table-row-an-option.xlsx": CHOICE,
    "table-sheet-a-type.xlsx": ALL,
    "paper.docx": ALL,
    "paper-page-inside.docx": ALL,
    "paper.txt": ALL,
    "paper-key-at-end.docx": ("single", "single", "multiple", "true_false"),
    "paper-without-key.docx": ("single", "single", "multiple", "true_false"),
    "exchange.gift": ("single", "multiple", "true_false", "short_answer"),
    "exchange-aiken.txt": ("single",),
    "exchange-moodle.xml": ALL,
    "exchange-qti21.zip": ALL,
    "exchange-qti30.zip": ALL,
    "exchange.json": ALL,
}
ANSWERS = {"paper-without-key.docx": "paper-key.txt"}
ONE_SPELLING = frozenset({"paper.docx", "paper-page-inside.docx", "paper.txt"})  # 20；20
NO_MODEL = frozenset({"exchange.gift"})  # the format knows no model answer


def upload(name: str) -> Upload:
    return Upload(Path(name).suffix.removeprefix("."), (FOLDER / name).read_bytes())


def questions(name: str) -> list[ReadQuestion]:
    key = ANSWERS.get(name)
    return list(intake.read(upload(name), upload(key) if key else None).questions)


def test_every_sample_is_made_by_the_tool_and_told_of() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(FILES)
    assert set(FILES) == set(HOLDS) | set(ANSWERS.values()) | {"cases.docx"}
    for page in ("question-files.md", "question-files.zh-CN.md"):
        told = (FOLDER.parent / page).read_text(encoding="utf-8")
        assert [name for name in FILES if f"samples/{name}" not in told] == []


@pytest.mark.parametrize("name", HOLDS)
def test_a_sample_reads_as_its_page_says(name: str) -> None:
    found = questions(name)
    assert [question.type.value for question in found if question.type] == list(HOLDS[name])
    for question in found:
        expected = KEYS[str(question.type)]
        if name in ONE_SPELLING and question.type == "fill_in":
            expected = [["20"], ["20"]]
        if name in NO_MODEL and question.type == "short_answer":
            expected = None
        assert question.key == expected
        assert question.is_refused is (expected is None)


def test_questions_of_a_case_share_its_text() -> None:
    first, second = questions("cases.docx")
    assert first.passage == second.passage == CASE
    assert (first.key, second.key) == ([1], [0, 1])
