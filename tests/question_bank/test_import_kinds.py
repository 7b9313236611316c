"""Files of every kind through the door: upload, preview with places and guesses, import."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import select

from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.formats import (
    gift,
    lossless,
    moodle_write,
    qti_nodes,
    qti_write,
)
from question_bank.formats.reading import (
    of_draft,
)
from question_bank.formats.remarks import where
from question_bank.imports.models import QuestionImport
from question_bank.imports.preview.queries import preview_rows
from question_bank.media.models import MediaUse
from question_bank.media.services import upload
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import Draft, QuestionType
from tests.factories import make_person
from tests.question_bank.desk import PAPER, Desk
from tests.question_bank.formats.documents import document, paragraphs, table
from tests.question_bank.helpers import HEAD, draft, old_workbook, row, workbook, workbooks
from tests.question_bank.test_media import picture

THREE = [
    draft(1), draft(2, type=QuestionType.MULTIPLE, key=[0, 2]),
    Draft(QuestionType.TRUE_FALSE, "公开是原则。", key=True),
]  # fmt: skip
OUT = [of_draft(number, each) for number, each in enumerate(THREE, 1)]


@pytest.fixture
def desk(app: Flask) -> Desk:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
    return Desk(app, editor)


def _verdicts(app: Flask) -> list[tuple[str, str, list[str]]]:
    """Place, verdict and remarks of each question of the newest upload."""
    with app.test_request_context():
        newest = (
            reading().scalars(select(QuestionImport).order_by(QuestionImport.id.desc())).first()
        )
        assert newest is not None
        return [
            (where(row.place), row.verdict.value, [finding.code for finding in row.findings])
            for row in preview_rows(reading(), newest.id)
        ]


@pytest.mark.parametrize(
    ("name", "data", "place"),
    [
        ("题.json", lossless.write(OUT).data, "第 1 题"),
        ("题.gift", gift.write(OUT).data, "第 1 行"),
        ("题.txt", gift.write(OUT).data, "第 1 行"),
        ("题.xml", moodle_write.write(OUT).data, "第 1 题"),
        ("题.zip", qti_write.write(OUT, qti_nodes.Version.V2_1).data, "第 1 题"),
        ("题.ZIP", qti_write.write(OUT, qti_nodes.Version.V3_0).data, "第 1 题"),
    ],
)
def test_exchange_files_go_in_and_twice_is_once(
    app: Flask, desk: Desk, name: str, data: bytes, place: str
) -> None:
    address, page = desk.preview(name, data)
    assert place in page
    assert "共 3 题。现在还没有写入题库。" in page
    assert "已导入 3 题" in desk.confirm(address)
    with app.app_context():
        kept = list(reading().scalars(select(QuestionVersion).order_by(QuestionVersion.id)))
        assert [(each.stem, each.key) for each in kept] == [(each.stem, each.key) for each in THREE]
    again, page = desk.preview(name, data)
    assert page.count("完全相同，跳过</span>") == 3 + 1
    assert "已导入 0 题" in desk.confirm(again)


def test_one_qti_item_is_read_from_its_xml(app: Flask, desk: Desk) -> None:
    _address, page = desk.preview("item.xml", qti_write.write_item(OUT[0]).data)
    assert "第 1 题（" in page
    assert [verdict for _place, verdict, _said in _verdicts(app)] == ["good"]


@pytest.mark.parametrize("kind", ["docx", "txt", "pasted"])
def test_a_paper_shows_what_was_read_and_where(app: Flask, desk: Desk, kind: str) -> None:
    if kind == "pasted":
        address, page = desk.preview(text=PAPER)
    else:
        data = document(paragraphs(PAPER)) if kind == "docx" else PAPER.encode("gb18030")
        address, page = desk.preview(f"试卷.{kind}", data)
    unit = "段" if kind == "docx" else "行"
    assert [(place, verdict) for place, verdict, _said in _verdicts(app)] == [
        (f"第 3 {unit}", "good"), (f"第 5 {unit}", "refused"), (f"第 10 {unit}", "good"),
        (f"第 12 {unit}", "good"), (f"第 15 {unit}", "good"), (f"第 18 {unit}", "refused"),
    ]  # fmt: skip
    assert "答案“B”取自题干的括号" in page
    assert "答案是 E，但只有 A–B 两个选项" in page
    assert f"和第 3 {unit}是同一道题" in page
    assert "不能导入的 2 题可以在这里改，或者下载改好后再上传" in page
    assert ("粘贴的题目.txt" in page) is (kind == "pasted")
    assert "已导入 4 题" in desk.confirm(address)


def test_answers_may_come_in_a_second_file(app: Flask, desk: Desk) -> None:
    paper = document(paragraphs("1、甲（ ）\nA.一\nB.二\n2、乙（ ）\nA.三\nB.四"))
    for name, key in (
        ("答案.txt", b"1-2 BA"),
        ("答案.docx", document(paragraphs("参考答案\n1、B\n2、A"))),
        ("答案.xlsx", workbook(["题号", "答案"], [1, "B"], [2, "A"])),
        ("答案.xls", old_workbook(["题号", "答案"], [1, "B"], [2, "A"])),
    ):
        _address, page = desk.preview("卷.docx", paper, key=(io.BytesIO(key), name))
        assert "答案取自答案表" in page
        assert [verdict for _place, verdict, _said in _verdicts(app)] == ["good", "good"]
    _address, page = desk.preview("卷.docx", paper, key=(io.BytesIO("没有".encode()), "答案.txt"))
    assert "第二个文件里没有找到答案" in page
    assert "没有答案" in page
    pasted = desk.preview(text="1、甲（ ）\nA.一\nB.二", key=(io.BytesIO(b"1.B"), "k.txt"))[1]
    assert "可导入" in pasted


@pytest.mark.parametrize(
    ("name", "data", "place", "stem"),
    [
        (
            "一格.xlsx",
            workbook(["题干", "选项", "答案"], ["甲（　）", "A.一\nB.二\nC.三", "C"]),
            "第 2 行", "甲",
        ),
        (
            "一行一项.xlsx",
            workbook(
                ["题号", "题干", "选项", "是否正确"], [1, "乙（　）", "一", "是"], ["", "", "二", "否"]
            ),
            "第 2 行", "乙",
        ),
        (
            "分表.xlsx",
            workbooks({
                "单选": [["题干", "选项", "答案"], ["丙（　）", "A.一|B.二", "B"]],
                "判断": [["题干", "答案"], ["丁。", "√"]],
                "说明": [["随便写写"]],
            }),
            "“单选”第 2 行", "丙",
        ),
        ("旧版.xls", old_workbook(HEAD, row(1)), "第 2 行", "第1道导入的题"),
        ("无题型.csv", "题干,A,B,答案\n戊（　）,一,二,B\n".encode("gb18030"), "第 2 行", "戊"),
        (
            "表.docx",
            document(table(["题干", "选项A", "选项B", "答案"], ["己（　）", "一", "二", "A"])),
            "第 2 行", "己",
        ),
    ],
)  # fmt: skip
def test_other_layouts_of_tables_are_read(
    app: Flask, desk: Desk, name: str, data: bytes, place: str, stem: str
) -> None:
    address, page = desk.preview(name, data)
    assert stem in page
    assert _verdicts(app)[0][:2] in {(place, "good"), (place, "doubtful")}
    assert ("工作表“说明”没有表头，没有取。" in page) is (name == "分表.xlsx")
    assert "已导入" in desk.confirm(address)


def test_a_plain_table_keeps_its_reader_and_names_a_sheet_without_headings(desk: Desk) -> None:
    data = workbooks({"试题": [HEAD, row(1)], "填写说明": [["列", "怎么填"]], "封面": [["题库"]]})
    _address, page = desk.preview("题库.xlsx", data)
    assert "第 2 行" in page
    assert "“试题”第 2 行" not in page
    assert "工作表“封面”没有表头" in page
    assert "填写说明" not in page


@pytest.mark.parametrize(
    ("answer", "sign"), [("二十\n五", "换行"), ("二十 五", "空格"), ("二十、五", "、")]
)
def test_what_split_an_answer_is_named_as_people_see_it(
    app: Flask, desk: Desk, answer: str, sign: str
) -> None:
    data = workbook(["题干", "选项", "答案"], ["收到（　）日，延长（　）日。", "", answer])
    _address, page = desk.preview("填空.xlsx", data)
    assert f"各空的答案按“{sign}”分成 2 个。" in page
    assert "核对每一空的答案。" in page


def test_pictures_of_rich_questions_come_along_or_keep_the_question_out(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.EDITOR)
        sha = upload(session, data=picture(), alt="示意图", by_id=person.id, now=clock.now())
    shown = [
        draft(number, stem=f"![示意图](media:{each})第{number}题（　）", is_rich=True)
        for number, each in enumerate((sha, "0" * 64), 1)
    ]
    data = lossless.write([of_draft(number, each) for number, each in enumerate(shown, 1)]).data
    desk = Desk(app, person)
    address, text = desk.preview("题.json", data)
    assert "图片不在题库里" in text
    assert "已导入 1 题" in desk.confirm(address)
    with app.app_context():
        version = reading().scalars(select(QuestionVersion)).one()
        assert version.is_rich
        assert reading().get(MediaUse, (version.id, sha)) is not None
