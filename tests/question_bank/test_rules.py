"""What a sound question is, and what names its options."""

from __future__ import annotations

from typing import Any

import pytest

from question_bank.laws.rules import (
    chinese_number,
    parse_article_input,
    parse_citation,
    parse_label,
    parse_number,
    same_title,
)
from question_bank.questions.rules import (
    Draft,
    QuestionType,
    VersionState,
    blanks_in,
    findings,
    longest_by,
    may_move,
    tidy,
)
from question_bank.questions.shuffling import pointers, settled
from tests.question_bank.helpers import draft

FILL = {"type": QuestionType.FILL_IN, "options": (), "stem": "（　）个工作日内答复（　）。"}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"stem": ""}, ["stem_empty"]),
        ({"stem": "字" * 2001}, ["too_long"]),
        ({"options": ("甲",), "key": [0]}, ["few_options"]),
        ({"options": tuple("甲乙丙丁戊己庚辛壬"), "key": [0]}, ["many_options"]),
        ({"options": ("甲", "", "丙")}, ["option_empty"]),
        ({"options": ("甲", "乙", "甲")}, ["option_twice"]),
        ({"key": None}, ["no_key"]),
        ({"key": []}, ["no_key"]),
        ({"key": [4]}, ["key_beyond"]),
        ({"key": [0, 1]}, ["two_keys"]),
        ({"key": [0, 1], "type": QuestionType.MULTIPLE}, []),
        ({"type": QuestionType.TRUE_FALSE, "options": (), "key": False}, []),
        ({"type": QuestionType.TRUE_FALSE, "options": (), "key": None}, ["no_key"]),
        ({**FILL, "key": [["二十", "20"], ["申请人"]]}, []),
        ({**FILL, "key": [["二十"]]}, ["blank_count"]),
        ({**FILL, "key": [["二十"], [""]]}, ["no_key"]),
        ({**FILL, "stem": "答复期限是几日？", "key": [["二十"]]}, []),
        ({"basis": "《" + "法" * 200 + "》"}, ["too_long"]),
    ],
)
def test_a_question_that_cannot_be_kept_says_why(changes: dict[str, Any], codes: list[str]) -> None:
    assert [finding.code for finding in findings(draft(**changes))] == codes


@pytest.mark.parametrize(
    ("stem", "options", "explanation", "points"),
    [
        ("下列说法正确的是（　）。", ("甲", "乙"), "", False),
        ("县级以上地方人民政府应当（　）。", ("三年以上", "五十人以上"), "半数以上同意。", False),
        ("某A公司向B市申请公开。", ("应当受理", "不予受理"), "PDF 也可以。", False),
        ("下列正确的是（　）。", ("甲", "以上都对"), "", True),
        ("除以上情形外，还有（　）。", ("甲", "乙"), "", True),
        ("下列正确的是（　）。", ("甲", "A和B"), "", True),
        ("下列正确的是（　）。", ("甲", "AB"), "", True),
        ("下列正确的是（　）。", ("甲", "乙"), "A项没有依据。", True),
        ("下列正确的是（　）。", ("甲", "乙"), "故选ABD。", True),
        ("下列正确的是（　）。", ("甲", "乙"), "选项 B 混淆了期限。", True),
        ("下列正确的是（　）。", ("甲", "乙"), "A、C均正确。", True),
        ("下列正确的是（　）。", ("甲", "上述都不对"), "", True),
    ],
)
def test_words_that_point_at_options_forbid_shuffling(
    stem: str, options: tuple[str, ...], explanation: str, points: bool
) -> None:
    question = draft(stem=stem, options=options, key=[0], explanation=explanation)
    assert bool(pointers(question)) is points
    assert settled(question).may_shuffle is not points


def test_without_options_nothing_is_pointed_at() -> None:
    question = Draft(QuestionType.TRUE_FALSE, "以上说法正确。", (), True, may_shuffle=False)
    assert pointers(question) == []
    assert settled(question).may_shuffle is True


def test_the_digest_covers_type_stem_options_and_key_only() -> None:
    first = draft()
    assert first.digest == draft(explanation="别的", basis="别的").digest
    for changes in (
        {"stem": "另一题。"},
        {"key": [0]},
        {"options": ("十日", "二十日")},
        {"type": QuestionType.MULTIPLE},
    ):
        assert draft(**changes).digest != first.digest


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("　２０１９年Ａ级　", "2019年A级"),
        ("（全角标点，保留）", "（全角标点，保留）"),
        ("a\r\nb\x0b", "a\nb"),
        ("a\u00a0b\u200b", "a b"),
    ],
)
def test_text_is_kept_tidy(text: str, tidied: str) -> None:
    assert tidy(text) == tidied
    assert tidy(tidied) == tidied


def test_only_the_drawn_moves_are_allowed() -> None:
    allowed = {
        (before, after)
        for before in VersionState
        for after in VersionState
        if may_move(before, after)
    }
    state = VersionState
    assert allowed == {
        (state.DRAFT, state.IN_REVIEW),
        (state.DRAFT, state.RETIRED),
        (state.IN_REVIEW, state.APPROVED),
        (state.IN_REVIEW, state.RETURNED),
        (state.RETURNED, state.RETIRED),
        (state.APPROVED, state.RETIRED),
        (state.APPROVED, state.NEEDS_REVIEW),
        (state.NEEDS_REVIEW, state.APPROVED),
        (state.NEEDS_REVIEW, state.RETIRED),
    }


def test_the_right_option_that_stands_out_is_noticed() -> None:
    assert longest_by(draft(options=("甲", "应当在二十个工作日内答复", "丙"), key=[1])) == 11
    assert longest_by(draft(options=("甲甲", "乙"), key=[1])) == 0
    assert longest_by(draft(key=[9])) == 0


@pytest.mark.parametrize(
    ("stem", "number"), [("（　）和（ ）", 2), ("____日", 1), ("（一）无", 0), ("()", 1)]
)
def test_blanks_are_counted(stem: str, number: int) -> None:
    assert blanks_in(stem) == number


@pytest.mark.parametrize(
    ("text", "title", "label"),
    [
        (
            "《中华人民共和国政府信息公开条例》第二十六条",
            "中华人民共和国政府信息公开条例",
            "第二十六条",
        ),
        ("《政府信息公开条例》第26条第2款", "政府信息公开条例", "第二十六条"),
        ("《某通知》二(二)", "某通知", "二（二）"),
        ("《关于修改〈某法〉的决定》第一条", "关于修改〈某法〉的决定", "第一条"),
        ("第41条", "", "第四十一条"),
        ("政府信息公开条例第二十六条", "政府信息公开条例", "第二十六条"),
        ("《档案法》", "档案法", ""),
        ("按规定", "", ""),
    ],
)
def test_a_citation_is_read(text: str, title: str, label: str) -> None:
    cited = parse_citation(text)
    assert cited is not None
    assert (cited.title, cited.label) == (title, label)


def test_a_blank_citation_is_none() -> None:
    assert parse_citation("　 ") is None


@pytest.mark.parametrize(
    "number", [1, 10, 11, 20, 26, 100, 101, 110, 112, 206, 999, 1000, 1010, 9999]
)
def test_numbers_and_numerals_agree(number: int) -> None:
    assert parse_number(chinese_number(number)) == number


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("26", "第二十六条"),
        ("二十六", "第二十六条"),
        ("第26条", "第26条"),
        ("二（二）", "二（二）"),
        ("0", "0"),
    ],
)
def test_a_bare_number_becomes_an_article(typed: str, label: str) -> None:
    assert parse_article_input(typed) == label


def test_titles_are_the_same_with_and_without_the_country() -> None:
    assert same_title("《中华人民共和国档案法》") == same_title("档案法")
    assert parse_label("第二百条之一") == "第二百条之一"
    with pytest.raises(ValueError, match="numeral"):
        chinese_number(0)
