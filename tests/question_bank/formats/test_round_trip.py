"""What a writer wrote reads back the same, but for what its report says is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings

from question_bank.formats import (
    aiken,
    gift,
    lossless,
    moodle,
    moodle_write,
    parsed,
    qti_read,
    qti_write,
    reading,
    xlsx,
)
from question_bank.formats.exchange import OWN_FIELDS, with_passage
from question_bank.formats.intake import Upload
from question_bank.formats.qti_nodes import Version
from question_bank.formats.reading import Reading, ReadQuestion, Written, grouped
from question_bank.formats.tables import UnusableFile
from question_bank.questions.rules import Draft, Pool, QuestionType
from question_bank.questions.shuffling import settled
from tests.question_bank.formats.makers import banks


@dataclass(frozen=True)
class Format:
    """One format in and out."""

    write: Callable[[Sequence[ReadQuestion]], Written]
    read: Callable[[Any], Reading]


FORMATS = {
    "json": Format(lossless.write, lossless.read),
    "gift": Format(gift.write, lambda data: gift.read(data.decode())),
    "aiken": Format(aiken.write, lambda data: aiken.read(data.decode())),
    "moodle": Format(moodle_write.write, moodle.read),
    "qti 2.1": Format(qti_write.write, qti_read.read),
    "qti 3.0": Format(lambda found: qti_write.write(found, Version.V3_0), qti_read.read),
}
ABSENT: dict[str, Any] = {"difficulty": None, "pool": None, "marks": None}


def _without(question: ReadQuestion, what: Sequence[str]) -> ReadQuestion:
    """The question without what a report says is lost of it."""
    for name in what:
        if name == "passage":
            question = replace(question, stem=with_passage(question), passage="", group=0)
        elif name in OWN_FIELDS:
            question = replace(question, **{name: ABSENT.get(name, "")})
        elif name == "shuffle":
            question = replace(question, may_shuffle=True)
        elif name == "model_answer":
            question = replace(question, key=None)
        elif name == "line_breaks":
            options = tuple(re.sub(r"\s*\n\s*", " ", text) for text in question.options)
            stem = re.sub(r"\s*\n\s*", " ", question.stem)
            question = replace(question, stem=stem, options=options)
        else:
            raise AssertionError(name)
    # options that are pointed at are noticed by every reader
    return replace(reading.checked(question), findings=())


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=15)
@given(bank=banks())
def test_what_is_written_reads_back_but_for_what_is_reported(
    name: str, bank: list[ReadQuestion]
) -> None:
    written = FORMATS[name].write(bank)
    lost = {each.number: each for each in written.lost}
    expected = [
        _without(question, lost[number].what if number in lost else ())
        for number, question in enumerate(bank, start=1)
        if number not in lost or not lost[number].left_out
    ]
    if not expected:
        with pytest.raises(UnusableFile):
            FORMATS[name].read(written.data)
        return
    if name != "json":
        groups = grouped(question.passage for question in expected)
        expected = [replace(q, group=n) for q, n in zip(expected, groups, strict=True)]
    found = [question.content for question in FORMATS[name].read(written.data).questions]
    assert found == [question.content for question in expected]


@settings(max_examples=15)
@given(bank=banks(1))
def test_single_items_of_qti_read_back_too(bank: list[ReadQuestion]) -> None:
    (question,) = bank
    for version in Version:
        written = qti_write.write_item(question, version)
        if any(each.left_out for each in written.lost):
            assert written.data == b""
            continue
        what = written.lost[0].what if written.lost else ()
        (found,) = qti_read.read(written.data).questions
        expected = replace(_without(question, what), group=1 if question.passage else 0)
        assert found.content == expected.content


def test_what_cannot_be_carried_is_reported_by_question() -> None:
    draft = Draft(
        QuestionType.FILL_IN, "（　）和（　）", key=[["一"], ["二"]], basis="《某法》第一条"
    )
    whole = [
        reading.of_draft(1, draft, code="Q-1", topic="总则"),
        reading.of_draft(2, replace(draft, type=QuestionType.TRUE_FALSE, key=True), code="Q-2"),
    ]
    assert lossless.write(whole).lost == ()
    assert gift.write(whole).lost == (
        reading.Lost(1, "Q-1", ("blanks",), left_out=True),
        reading.Lost(2, "Q-2", ("difficulty", "basis", "pool")),
    )
    assert moodle_write.write(whole).lost == ()
    assert [each.what for each in qti_write.write(whole).lost] == [("pool",), ("pool",)]
    assert [each.left_out for each in aiken.write(whole).lost] == [True, False]


def test_a_question_of_the_bank_goes_out_and_comes_back_whole() -> None:
    draft = Draft(
        QuestionType.MULTIPLE, "选（　）。", ("甲", "乙", "丙"), [0, 2], "因为。", pool=Pool.EXAM,
        basis="《某法》第一条", may_shuffle=False,
    )  # fmt: skip
    written = lossless.write([reading.of_draft(1, draft, code="Q-1", topic="总则")])
    (found,) = lossless.read(written.data).questions
    assert found.draft() == draft
    assert (found.code, found.topic, found.findings) == ("Q-1", "总则", ())


@pytest.mark.parametrize("name", FORMATS)
def test_questions_that_are_not_sound_are_left_out_and_told(name: str) -> None:
    sound = reading.of_draft(1, Draft(QuestionType.TRUE_FALSE, "甲", key=True))
    broken = [
        replace(sound, key=None), replace(sound, type=None), replace(sound, stem=""),
        replace(sound, type=reading.ReadType.SINGLE, options=("一", "二"), key=[5]),
        replace(sound, type=reading.ReadType.SINGLE, options=("一",), key=[0]),
    ]  # fmt: skip
    written = FORMATS[name].write([sound, *broken])
    found = FORMATS[name].read(written.data).questions
    if name == "json":
        assert len(found) == 6
        assert [question.is_refused for question in found] == [False, *[True] * 5]
    else:
        assert len(found) == 1
        assert [each.number for each in written.lost if each.left_out] == [2, 3, 4, 5, 6]


@settings(max_examples=15)
@given(bank=banks())
def test_our_own_workbook_reads_back_as_it_was_written(bank: list[ReadQuestion]) -> None:
    drafts = [
        (settled(draft), question.topic)
        for question in bank
        if (draft := question.draft()) is not None
    ]
    data = xlsx.bank([xlsx.ExportedQuestion("Q-1", topic, draft) for draft, topic in drafts])
    if not drafts:
        return
    found = parsed.read(Upload("xlsx", data)).rows
    assert [(row.draft, row.topic) for row in found] == drafts
