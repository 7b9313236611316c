"""The lean reader of ordinary rows comes to the same as the reader that says everything."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from question_bank.formats import intake, lean, rows, streams
from question_bank.formats.intake import Upload
from question_bank.formats.tables import cell_text
from question_bank.imports.rules import Bank
from question_bank.imports.staging import Comparer, values_of
from tests.question_bank.helpers import HEAD, row, workbook

HEADINGS: dict[str, list[Any]] = {
    "type": ["单选", "单选\u00a0", "多选题", "判断", "填空", "简答题", "不定项", "计算", ""],
    "stem": [
        "题（　）。",
        '他说"可以"（　）。',
        "第一行\n第二行（　）。",
        "甲（　）乙（　）。",
        "收到之日起 20 日。",
        "上述说法",
        "Ａ１",
        "",
        " 两边 ",
        "长" * 2001,
    ],
    "option:0": ["甲", "以上都对", "", "A\u00a0"],
    "option:1": ["乙", "甲", "", "选B"],
    "option:2": ["丙", "", 3.0, "长" * 501],
    "answer": [
        "A",
        "B",
        "AB",
        "A、C",
        "正确",
        "Ａ",
        "Ｔ",
        "二\u00a0十",
        "×",
        "二十=20",
        "一|二",
        "",
        "要点。",
        1.0,
        "6.0",
        "H",
    ],
    "explanation": ["", "见条文。", "用 APP 办。", "故选B。", "长" * 2001],
    "difficulty": ["", "\u00a0", "易", "较难", "五星"],
    "topic": ["", "主题", "主\\题", '"引"', "长" * 65],
    "pool": ["", "考试", "面试"],
    "basis": ["", "第41条", "长" * 201],
    "shuffle": ["", "可", "否", "随便"],
    "code": ["", "SG-1", "ＳＧ-1", "12", "１２", 12.0, "c" * 33],
    "serial": ["", 3.0, "7", "７", "Q-000003", "一"],
    "passage": ["", "材料", "长" * 8001],
}
COLUMNS = {name: at for at, name in enumerate(HEADINGS)}
SOUND = ["单选", "题（　）。", "甲", "乙", "丙", "B", *[""] * 9]


ORDINARY = {
    "single": SOUND,
    "multiple": ["多选", "题（　）。", "甲", "乙", "丙", "A、C", *[""] * 9],
    "true or false": ["判断", "题。", "", "", "", "正确", "", "易", "主题", "考试", "", "否", "SG-1", 3.0, "材料"],
    "fill in": ["填空", "甲（　）乙（　）。", "", "", "", "一|二", *[""] * 9],
    "short answer": ["简答题", "简述。", "", "", "", "要点。", *[""] * 9],
}  # fmt: skip


def _is_lean(cells: list[Any]) -> bool:
    """Whether a row is read leanly; then it must be what the full reader makes of it."""
    found = lean.reader(COLUMNS, None)(7, list(cells))
    if found is None:
        return False
    full = rows.read_row("", 7, [cell_text(cell) for cell in cells], COLUMNS, None)
    assert full is not None
    assert full.findings == ()
    kept = values_of(full, Comparer(Bank()))
    kept["given"] = ",".join(name for name in lean.GIVEN if name in full.given)
    assert dict(zip(lean.COLUMNS, found, strict=True)) == {
        name: kept[name] for name in lean.COLUMNS
    }
    return True


@pytest.mark.parametrize("cells", ORDINARY.values(), ids=ORDINARY)
def test_any_two_cells_of_an_ordinary_row_may_be_others(cells: list[Any]) -> None:
    """Chance seldom makes a row that is read leanly: here nearly all of it is ordinary."""
    assert _is_lean(cells)
    for one, other in combinations(HEADINGS, 2):
        for first, second in product(HEADINGS[one], HEADINGS[other]):
            changed = list(cells)
            changed[COLUMNS[one]], changed[COLUMNS[other]] = first, second
            _is_lean(changed)


@settings(max_examples=100)
@given(cells=st.tuples(*(st.sampled_from(each) for each in HEADINGS.values())).map(list))
def test_a_row_that_is_read_leanly_is_what_the_full_reader_makes_of_it(cells: list[Any]) -> None:
    _is_lean(cells)


@pytest.mark.parametrize("type_", ["单选", "多选", "判断", "填空", "简答"])
def test_ordinary_rows_are_read_leanly(type_: str) -> None:
    answer = {"单选": "B", "多选": "AB", "判断": "对", "填空": "二十", "简答": "要点"}[type_]
    choices = SOUND[2:5] if type_ in {"单选", "多选"} else ["", "", ""]
    assert lean.reader(COLUMNS, None)(2, [type_, "题（　）。", *choices, answer, *[""] * 9])


def test_a_stream_names_twins_as_the_full_reader_does() -> None:
    head = [*HEAD, "编号"]
    lines = [
        [*row(1), "SG-1"], [*row(2), "SG-1"], [*row(1), ""], [*row(3, 解析="故选B。"), ""],
        [*row(3, 解析="又选B。"), ""], [*row(4), ""],
    ]  # fmt: skip
    data = workbook(head, *lines)
    stream = streams.opened(Upload("xlsx", data))
    full = rows.parse([sheet.whole() for sheet in intake.open_sheets(Upload("xlsx", data))[0]])
    found = [item for _sheet, item in stream.items]
    said = [() if isinstance(item, tuple) else item.findings for item in found]
    assert said == [each.findings for each in full]
    assert [code for each in said for code in (finding.code for finding in each)] == [
        "code_twice", "same_in_file", "letters", "letters", "same_in_file",
    ]  # fmt: skip


def test_letters_that_point_at_no_option_are_ordinary() -> None:
    assert _is_lean(["单选", "用 APP 申请，县级以上（　）。", "甲", "乙", "丙", "B", *[""] * 9])
    assert not _is_lean(["单选", "题（　）。", "甲", "乙", "以上都对", "B", *[""] * 9])
