"""Whatever a file holds, a reader gives questions or says in one code why not."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from question_bank.formats import html, lossless, qti_write, word
from question_bank.formats.flow import Flow
from question_bank.formats.intake import KINDS, Upload, read, read_text
from question_bank.formats.numbering import formatted
from question_bank.formats.reading import ReadType, of_draft
from question_bank.formats.tables import Sheet, UnusableFile
from question_bank.questions.rules import Draft, QuestionType
from tests.question_bank.formats.cases import cases
from tests.question_bank.formats.cases import read as read_case
from tests.question_bank.formats.documents import chunk, document, paragraphs, table

CASES = cases()
PIECES = [
    "1、", "2、", "3.", "（1）", "1)", "第2题", "甲", "公开", "（ A ）", "（ ）", "（√）", "A.", "B、", "(C)",
    "A 一", "____", "答案：", "答案", "【解析】", "参考答案：", "B", "ABD", "对", "1-5 BACDB", "6.ABC",
    "一、单选题（每题2分）", "二、判断题", "五、案例分析题", "案例一：", "（一）", "根据材料，回答1-2题", "题号\t1\t2",
    "答案\tA\tB", "难度：", "依据：", "\n", "\n", "\n", "\t", "  ", "？", "；", "|", "=", "/", "\ufffc", "\ue000",
    "\ue001", "{", "}", "~", "::", "ANSWER: A", "0、", "9999、", "A.A.A.", "①",
]  # fmt: skip
calm = settings(max_examples=40, suppress_health_check=list(HealthCheck))


def _survives(reader: Callable[[], Any]) -> None:
    found = None
    with contextlib.suppress(UnusableFile):
        found = reader()
    if found is None:
        return
    for question in found.questions:
        assert isinstance(question.stem, str)
        assert question.type is None or isinstance(question.type, ReadType)
        question.draft()
    lossless.read(lossless.write(found.questions).data)  # every reading can be kept


@calm
@given(
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
)
def test_papers_of_scrambled_pieces(words: str, key: str) -> None:
    from question_bank.formats import text

    _survives(lambda: text.read(words, key))
    _survives(lambda: read_text(words))


@calm
@given(st.sampled_from(CASES), st.randoms(use_true_random=False))
def test_cases_of_the_corpus_with_pieces_lost_doubled_and_swapped(
    case: Any, chance: random.Random
) -> None:
    words = list(case.content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(max(1, len(words)))
        until = at + chance.randint(1, 6)
        kind = chance.randrange(4)
        if kind == 0:
            del words[at:until]
        elif kind == 1:
            words[at:at] = words[at:until] * 2
        elif kind == 2:
            words[at:until] = reversed(words[at:until])
        else:
            words[at:at] = chance.choice(PIECES)
    _survives(lambda: read_case(case.kind, "".join(words), case.key))


SOUND = {
    "docx": document(
        paragraphs("1、甲（ A ）\nA.一\nB.二") + table(["题干", "答案"], ["乙", "对"]) + chunk(),
        {"word/afchunk1.html": "<p>2、丙（ B ）</p><p>A.一</p><p>B.二</p>".encode()},
    ),
    "zip": qti_write.write([of_draft(1, Draft(QuestionType.TRUE_FALSE, "甲", key=True))]).data,
}


@calm
@given(st.sampled_from(sorted(SOUND)), st.randoms(use_true_random=False))
def test_packages_with_damaged_bytes(kind: str, chance: random.Random) -> None:
    data = bytearray(SOUND[kind])
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    _survives(lambda: read(Upload(kind, bytes(data[: chance.choice([None, len(data) // 2])]))))


@calm
@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=200), st.binary(max_size=60))
def test_any_bytes_under_any_name(kind: str, data: bytes, key: bytes) -> None:
    _survives(lambda: read(Upload(kind, data)))
    _survives(lambda: read(Upload(kind, data), Upload("txt", key)))


@calm
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["题干", "答案", "选项", "是否正确", "选项A", "题号", "A", "甲|乙", "1", "对", ""]
            ),
            max_size=8,
        ),
        max_size=8,
    )
)
def test_any_table(rows: list[list[str]]) -> None:
    from question_bank.formats import layouts

    _survives(lambda: layouts.read([Sheet("", list(enumerate(rows, start=1)))]))


@calm
@given(st.text("<>/ptdrloi=\"' &;甲\n", max_size=120))
def test_any_html(words: str) -> None:
    with contextlib.suppress(UnusableFile):
        html.flow_html(words, Flow()).finish()
        html.plain(words)


@calm
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "stem", "key", "options", "x"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    )
)
def test_any_json_as_questions(value: Any) -> None:
    import json

    content = {
        "format": lossless.FORMAT,
        "version": 1,
        "questions": [value, {"type": "single", "stem": "甲", "key": value, "options": value}],
    }
    _survives(lambda: lossless.read(json.dumps(content)))


@pytest.mark.parametrize(
    "words",
    [
        "1、" * 9000, "A." * 9000, "（" * 19_000, "（ " * 9000, " " * 19_000 + "1", "【答案】" * 4000,
        "1A  " * 4000 + "!", "1-5 " * 4000, "{" * 19_000, "\\" * 19_000, "::" * 9000, "1.A  " * 3000 + "、",
        "题号 " + "| " * 9000 + "\n答案 " + "| " * 9000, "第" * 19_000, "答案：1-9" + "-9" * 9000,
        "1、甲\n" * 9000, "（1）甲\n" * 9000, "A.甲\n" * 9000, "1、甲（ ）\n解析：\n" + "2、乙\n" * 9000,
        "一、案例分析题\n" + "（一）甲\n" * 9000, "<" * 19_000,
        "\n" * 100_000, " \n" * 100_000,
        "1、甲（ ）\n解析：" + "乙丙丁戊己庚辛壬\n" * 20_000, "1、甲\nA.乙\n" + "丙丁戊己\n" * 20_000,
        "1、甲（ ）\nA.乙\n参考答案\n1.A\n" + "丙丁戊己\n" * 20_000
    ],
    ids=lambda words: words[:12].strip(),
)  # fmt: skip
def test_long_repetitions_end_soon(words: str) -> None:
    import time

    begun = time.process_time()
    _survives(lambda: read_text(words))
    with contextlib.suppress(UnusableFile):
        html.plain(words)
    assert time.process_time() - begun < 4


def test_deep_nesting_is_refused_or_read() -> None:
    deep = "<w:sdt><w:sdtContent>" * 5000
    with pytest.raises(UnusableFile):
        word.read(document(deep + paragraphs("1、甲") + "</w:sdtContent></w:sdt>" * 5000))
    with pytest.raises(UnusableFile, match="broken"):
        lossless.read("[" * 100_000)
    _survives(lambda: read(Upload("xml", b"<quiz>" * 50_000)))


@given(
    st.integers(-5, 5000),
    st.sampled_from(
        [
            "decimal",
            "upperLetter",
            "lowerRoman",
            "upperRoman",
            "chineseCounting",
            "decimalEnclosedCircle",
            "x",
        ]
    ),
)
@settings(max_examples=30)
def test_any_number_in_any_format(number: int, name: str) -> None:
    assert formatted(number, name)
