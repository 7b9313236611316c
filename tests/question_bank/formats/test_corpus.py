"""Every case of the corpus reads as it says, and everything that is said has a sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from question_bank.formats import reading, remarks, rows, sentences
from question_bank.formats.reading import Place, PlaceKind
from tests.question_bank.formats.cases import Case, cases, read, told

FORMATS = Path(reading.__file__).parent
# What keeps a question out, beside what is wrong by the rules of the bank.
REFUSALS = {
    "keys_differ", "key_unreadable", "type_foreign", "type_unknown", "type_missing",
    "options_in_other_type", "not_a_question", "field_unknown", "field_wrong", "code_long",
    "stem_empty", "too_long", "topic_long", "no_model_answer",
}  # fmt: skip
OWN_MODULES = sorted(
    path
    for path in FORMATS.glob("*.py")
    if path.stem not in {"csv", "law", "rows", "sentences", "tables", "words", "workbook", "xlsx"}
)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_case_reads_as_it_says(case: Case) -> None:
    assert tuple(told(case.kind, case.content, case.key)) == case.expected


def test_the_corpus_is_large_enough() -> None:
    assert len(cases()) >= 90


def test_everything_that_is_said_has_a_sentence_and_a_weight() -> None:
    said = {
        code
        for path in OWN_MODULES
        for code in re.findall(r'Finding\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    } | {"number_jumps", "number_again", "type_from_key", "type_guessed"}
    weighed = (
        reading.READING_NOTES | reading.READING_DOUBTS | rows.DOUBTS | rows.NOTES | REFUSALS
        | set(remarks.FILE_NOTES)
    )  # fmt: skip
    assert said - weighed == set()
    known = set(sentences._SENTENCES) | set(remarks.QUESTION) | set(remarks.FILE_NOTES)
    assert said - known == set()
    assert not READ_WEIGHTS & REFUSALS


READ_WEIGHTS = reading.READING_NOTES | reading.READING_DOUBTS


def test_every_weight_is_used_and_every_sentence_can_be_filled() -> None:
    words = "".join(path.read_text(encoding="utf-8") for path in OWN_MODULES)
    unused = {code for code in READ_WEIGHTS if words.count(f'"{code}"') < 2}
    assert unused == set()
    facts = dict.fromkeys(
        ("text", "line", "n", "first", "second", "by", "taken", "expected", "number", "name",
         "numbers", "lists", "sections", "last", "max", "version", "kind"), "x"
    )  # fmt: skip
    for what, remedy in remarks.QUESTION.values():
        assert "%(" not in str(what) % facts + str(remedy) % facts
    for sentence in (*remarks.FILE_NOTES.values(), *remarks.FILE.values()):
        assert "%(" not in str(sentence) % facts


def test_every_reason_to_refuse_a_file_has_a_sentence() -> None:
    codes = {
        code
        for path in OWN_MODULES
        for code in re.findall(r'UnusableFile\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert codes - set(remarks.FILE) - set(sentences._SENTENCES) == set()


@pytest.mark.parametrize(
    "case", [case for case in cases() if "unusable" not in case.expected[0]], ids=str
)
def test_what_is_kept_between_upload_and_import_is_the_question_itself(case: Case) -> None:
    for question in read(case.kind, case.content, case.key).questions:
        kept = json.loads(json.dumps(question.to_json()))
        assert reading.ReadQuestion.from_json(kept) == question
        assert question.given <= {"explanation", "difficulty", "topic", "pool", "basis", "shuffle"}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(PlaceKind.ROW, 3), "第 3 行"), (Place(PlaceKind.LINE, 3), "第 3 行"),
        (Place(PlaceKind.ROW, 3, sheet="单选"), "“单选”第 3 行"),
        (Place(PlaceKind.PARAGRAPH, 3), "第 3 段"), (Place(PlaceKind.ITEM, 3), "第 3 题"),
        (Place(PlaceKind.ITEM, 3, "Q-1"), "第 3 题（Q-1）"),
    ],
)  # fmt: skip
def test_places_are_named_as_people_count(place: Place, words: str) -> None:
    assert remarks.where(place) == words
