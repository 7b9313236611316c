"""Offices' tables, read row by row."""

from __future__ import annotations

from typing import Any

import pytest

from question_bank.formats import csv, rows, words, workbook, xlsx
from question_bank.formats.sentences import place, remedy, what
from question_bank.formats.tables import HEADING_WITHIN, MAX_ROWS, Sheet, UnusableFile, cell_text
from question_bank.questions.rules import Difficulty, Finding, Pool, QuestionType
from tests.question_bank.helpers import HEAD, draft, row
from tests.question_bank.helpers import workbook as make_workbook
from tests.question_bank.helpers import workbooks as make_workbooks


def _read(
    *lines: list[str], head: list[str] | None = None, name: str = "Sheet1"
) -> list[rows.ParsedRow]:
    table = [head or HEAD, *lines]
    return rows.parse([Sheet(name, list(enumerate(table, start=1)))])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("题干", "stem"), ("题目", "stem"), ("问题", "stem"), ("试题内容", "stem"), ("题干（必填）", "stem"),
        ("*题干", "stem"), ("题 干", "stem"),
        ("选项A", "option:0"), ("A", "option:0"), ("选项 B", "option:1"), ("选项一", "option:0"),
        ("选项八", "option:7"), ("Ｃ", "option:2"), ("选项（D）", "option:3"), ("h", "option:7"),
        ("答案", "answer"), ("正确答案", "answer"), ("标准答案", "answer"), ("参考答案", "answer"),
        ("解析", "explanation"), ("答案解析", "explanation"), ("说明", "explanation"),
        ("知识点", "topic"), ("章节", "topic"), ("分类", "topic"), ("标签", "topic"), ("科目", "topic"),
        ("题型", "type"), ("类型", "type"), ("题目类型", "type"), ("试题类型", "type"),
        ("难度", "difficulty"), ("难易度", "difficulty"), ("分值", "marks"), ("分数", "marks"),
        ("法规依据", "basis"), ("依据", "basis"), ("出处", "basis"), ("编号", "code"),
        ("序号", "serial"), ("题号", "serial"), ("用途", "pool"), ("可否乱序", "shuffle"),
        ("备注", ""), ("", ""), ("I", ""),
    ],
)  # fmt: skip
def test_headings_are_known_by_their_aliases(text: str, name: str) -> None:
    assert words.column(text) == name


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("单选", QuestionType.SINGLE), ("单选题", QuestionType.SINGLE),
        ("单项选择", QuestionType.SINGLE), ("单项选择题（每题2分）", QuestionType.SINGLE),
        ("多选", QuestionType.MULTIPLE), ("多项选择题", QuestionType.MULTIPLE),
        ("不定项", QuestionType.MULTIPLE), ("判断", QuestionType.TRUE_FALSE),
        ("判断题", QuestionType.TRUE_FALSE), ("是非", QuestionType.TRUE_FALSE),
        ("对错", QuestionType.TRUE_FALSE), ("对/错", QuestionType.TRUE_FALSE),
        ("填空", QuestionType.FILL_IN), ("填空题", QuestionType.FILL_IN),
    ],
)  # fmt: skip
def test_types_are_known_by_their_aliases(text: str, type_: QuestionType) -> None:
    assert words.TYPES[words.type_word(text)] is type_


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("B", [1]), ("ABD", [0, 1, 3]), ("A、B、D", [0, 1, 3]), ("A,B", [0, 1]), ("A B", [0, 1]),
        ("ＡＣ", [0, 2]), ("b", [1]), ("（B）", [1]), ("DBA", [0, 1, 3]), ("A，B；C", [0, 1, 2]),
        ("AA", [0]), ("正确", None), ("I", None), ("1", None), ("", None),
    ],
)  # fmt: skip
def test_letters_are_read_in_every_spelling(text: str, key: list[int] | None) -> None:
    assert words.chosen(text) == key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("正确", True), ("错误", False), ("对", True), ("错", False), ("√", True), ("×", False),
        ("T", True), ("f", False), ("是", True), ("否", False), ("TRUE", True), ("A", True),
        ("B", False), ("Ａ", True), ("C", None), ("也许", None),
    ],
)  # fmt: skip
def test_true_and_false_are_read_in_every_spelling(text: str, said: bool | None) -> None:
    (parsed,) = _read(row(题型="判断", 选项A="", 选项B="", 选项C="", 选项D="", 答案=text))
    assert parsed.draft is not None
    assert parsed.draft.key is said
    assert parsed.is_refused is (said is None)


def test_letters_under_true_false_mean_what_the_options_say() -> None:
    (parsed,) = _read(row(题型="判断", 选项A="错误", 选项B="正确", 选项C="", 选项D="", 答案="A"))
    assert parsed.draft is not None
    assert parsed.draft.key is False
    assert parsed.draft.options == ()


def test_blanks_and_their_spellings_go_out_and_come_back() -> None:
    assert words.blanks("二十=20|工作日；甲") == [["二十", "20"], ["工作日"], ["甲"]]
    key = [["a|b", "c=d"], ["e；f", "g\\h"]]
    assert words.blanks(words.blanks_text(key)) == key


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"答案": "E"}, ["key_beyond"]),
        ({"答案": "A、C"}, ["two_keys"]),
        ({"答案": ""}, ["no_key"]),
        ({"答案": "二十日"}, ["key_unreadable"]),
        ({"题干": ""}, ["stem_empty"]),
        ({"题型": "简答题", "选项A": "", "选项B": "", "选项C": "", "选项D": ""}, []),
        ({"题型": "简答题", "答案": ""}, ["no_model_answer"]),
        ({"题型": "计算"}, ["type_unknown"]),
        ({"题型": ""}, ["type_missing"]),
        ({"选项B": ""}, ["option_empty"]),
        ({"选项B": "甲1"}, ["option_twice"]),
        ({"题型": "多选", "答案": "A"}, ["one_of_many"]),
        ({"题型": "不定项", "答案": "A"}, []),
        ({"难度": "较难"}, ["difficulty_near"]),
        ({"难度": "五星"}, ["difficulty_unknown"]),
        ({"知识点": "长" * 65}, ["topic_long"]),
        ({"解析": "故选B。"}, ["letters"]),
        ({"选项D": "以上都对"}, ["letters"]),
    ],
)
def test_every_trouble_of_a_row_has_its_finding(changes: dict[str, str], codes: list[str]) -> None:
    (parsed,) = _read(row(1, **changes))
    assert [finding.code for finding in parsed.findings] == codes
    for finding in parsed.findings:
        assert "%(" not in what(finding) + remedy(finding)
        assert finding.code in rows.DOUBTS or parsed.is_refused


def test_an_impossible_answer_is_named_as_people_say_it() -> None:
    (parsed,) = _read(row(答案="E"))
    assert what(parsed.findings[0]) == "答案是 E，但只有 A–D 四个选项。"
    twin = Finding("same_in_file", "row", {"other_row": 2, "other_sheet": "单选"})
    assert what(twin) == "和“单选”第 2 行是同一道题。"
    assert place("", 17) == "第 17 行"


def test_optional_columns_are_read() -> None:
    head = [*HEAD, "编号", "用途", "可否乱序"]
    (parsed,) = _read([*row(难度="难", 法规依据="第41条"), "SG-0001", "考试", "否"], head=head)
    assert parsed.draft is not None
    assert parsed.code == "SG-0001"
    assert parsed.draft.difficulty is Difficulty.HARD
    assert parsed.draft.pool is Pool.EXAM
    assert parsed.draft.may_shuffle is False
    assert parsed.given >= {"pool", "shuffle", "difficulty", "basis"}
    assert parsed.findings == ()


@pytest.mark.parametrize(
    ("heading", "text", "code"),
    [
        ("编号", "SG-0001", "SG-0001"), ("编号", "12", ""), ("编号", "12.0", ""), ("序号", "3", ""),
        ("题号", "Q-000003", "Q-000003"), ("序号", "一", ""), ("编号", "政公-甲", "政公-甲"),
    ],
)  # fmt: skip
def test_a_serial_number_is_no_code(heading: str, text: str, code: str) -> None:
    (parsed,) = _read([*row(), text], head=[*HEAD, heading])
    assert parsed.code == code


def test_unknown_words_of_pool_and_shuffle_are_doubted() -> None:
    (parsed,) = _read([*row(), "面试", "随便"], head=[*HEAD, "用途", "可否乱序"])
    assert {finding.code for finding in parsed.findings} == {"pool_unknown", "shuffle_unknown"}
    assert not parsed.is_refused


def test_titles_may_stand_above_the_headings_and_blank_rows_between() -> None:
    table = [["2026年题库"], [""], ["说明：按章节"], HEAD, row(1), ["", " "], row(2)]
    (first, second) = rows.parse([Sheet("甲", list(enumerate(table, start=1)))])
    assert (first.row, second.row) == (5, 7)
    assert first.sheet == ""


def test_a_sheet_named_by_its_type_needs_no_column() -> None:
    head = ["题干", "A", "B", "答案"]
    data = make_workbooks(
        {
            "一、单选题": [head, ["选一个（　）。", "甲", "乙", "A"]],
            "判断题": [["题干", "答案"], ["这是对的。", "√"], ["数字题干", 1.0]],
            "说明": [["怎么填"]],
        }
    )
    found = rows.parse(workbook.sheets(data))
    assert [(each.sheet, each.row, each.type_text) for each in found] == [
        ("一、单选题", 2, "单选"), ("判断题", 2, "判断"), ("判断题", 3, "判断"),
    ]  # fmt: skip
    assert found[2].is_refused


def test_numbers_that_a_spreadsheet_made_of_texts_read_as_texts() -> None:
    data = make_workbook(
        ["题型", "题干", "A", "B", "C", "答案"], ["单选", "几日（　）。", 6.0, 7.5, 20, "C"]
    )
    (parsed,) = rows.parse(workbook.sheets(data))
    assert parsed.draft is not None
    assert parsed.draft.options == ("6", "7.5", "20")
    assert [cell_text(value) for value in (True, None, 1e3)] == ["TRUE", "", "1000"]


def test_repeats_within_a_file_are_refused_and_name_the_other_row() -> None:
    found = _read(row(1), row(2), row(1, 解析="换了解析"))
    assert [each.is_refused for each in found] == [False, False, True]
    assert what(found[2].findings[-1]) == "和第 2 行是同一道题。"
    coded = _read([*row(1), "SG-1"], [*row(2), "SG-1"], head=[*HEAD, "编号"])
    assert what(coded[1].findings[-1]) == "编号和第 2 行相同。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_text_tables_are_read_in_either_encoding(encoding: str, mark: str) -> None:
    from core.uploads import decoded

    text = (
        mark.join(["题型", "题干", "答案"]) + "\r\n" + mark.join(["判断", '"两行\r\n题干"', "对"])
    )
    (parsed,) = rows.parse(csv.sheets(decoded(text.encode(encoding))))
    assert parsed.stem == "两行\n题干"


@pytest.mark.parametrize(
    ("sheets", "code"),
    [
        ([Sheet("甲", [])], "no_rows"),
        ([Sheet("甲", [(1, ["姓名", "单位"])])], "no_headings"),
        ([Sheet("甲", [(1, HEAD)])], "no_rows"),
        ([Sheet("甲", [(1, HEAD), (2, ["", " "])])], "no_rows"),
    ],
)
def test_a_file_without_questions_says_what_was_looked_for(sheets: list[Sheet], code: str) -> None:
    with pytest.raises(UnusableFile) as caught:
        rows.parse(sheets)
    assert caught.value.code == code


def test_limits_are_told() -> None:
    with pytest.raises(UnusableFile, match="too_many_rows"):
        csv.sheets("a\n" * (MAX_ROWS + HEADING_WITHIN + 1))
    with pytest.raises(UnusableFile, match="broken"):
        workbook.sheets(b"PK\x03\x04")


@pytest.mark.parametrize(
    "question",
    [
        draft(),
        draft(stem="=SUM(A1)", options=("-1", "+1", "@a", "中\n文"), key=[2], may_shuffle=False),
        draft(type=QuestionType.MULTIPLE, key=[0, 2], pool=Pool.EXAM, difficulty=Difficulty.HARD),
        draft(type=QuestionType.TRUE_FALSE, options=(), key=False, basis="《某法》第一条"),
        draft(type=QuestionType.FILL_IN, options=(), stem="（　）个（　）。", key=[["20", "二十"], ["日"]]),
    ],
)  # fmt: skip
def test_what_is_written_reads_back_the_same(question: Any) -> None:
    data = xlsx.bank([xlsx.ExportedQuestion("Q-000001", "依申请公开", question)])
    (parsed,) = rows.parse(workbook.sheets(data))
    assert parsed.findings == ()
    assert (parsed.code, parsed.topic, parsed.draft) == ("Q-000001", "依申请公开", question)


def test_the_template_reads_with_its_example_and_has_list_boxes() -> None:
    import io
    import zipfile

    data = xlsx.template()
    (parsed,) = rows.parse(workbook.sheets(data))
    assert parsed.findings == ()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<dataValidation ") == 4
    assert "单选,多选,判断,填空" in sheet
    assert "frozen" in sheet
