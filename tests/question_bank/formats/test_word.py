"""Question papers that are Word documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from question_bank.formats import word
from question_bank.formats.lines import lines_of
from question_bank.formats.reading import PlaceKind
from question_bank.formats.tables import UnusableFile
from tests.question_bank.formats.cases import brief
from tests.question_bank.formats.documents import (
    box,
    chunk,
    document,
    paragraph,
    paragraphs,
    run,
    table,
)

PAPER = "1、甲（ A ）\nA.一\nB.二\n2、乙（ B ）\nA.三\nB.四"
FIRST = {"at": 1, "type": "single", "stem": "甲（　）", "options": ["一", "二"], "key": [0],
         "found": ["key_from_brackets", "type_from_key"]}  # fmt: skip
SECOND = {"at": 4, "type": "single", "stem": "乙（　）", "options": ["三", "四"], "key": [1],
          "found": ["key_from_brackets", "type_from_key"]}  # fmt: skip
HTML = "<html><head><style>p{{}}</style></head><body>{}</body></html>"
LIST = "".join(f"<p>{line}</p>" for line in PAPER.split("\n"))
MHT = (
    "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\n"
    "Content-Type: text/html; charset=gb2312\nContent-Transfer-Encoding: base64\n\n{}\n--b--\n"
)


def _read(body: str, parts: dict[str, bytes] | None = None, key: str = "") -> list[dict[str, Any]]:
    reading = word.read(document(body, parts), lines_of(key) if key else None)
    return [brief(question) for question in reading.questions]


def _mht(text: str) -> bytes:
    import base64

    return MHT.format(base64.encodebytes(text.encode("gb2312")).decode()).encode()


CASES: dict[str, tuple[str, dict[str, bytes], list[dict[str, Any]]]] = {
    "plain paragraphs": (paragraphs(PAPER), {}, [FIRST, SECOND]),
    "lines broken inside one paragraph": (
        paragraph(PAPER), {}, [FIRST, {**SECOND, "at": 1}],
    ),
    "options parted by tabs": (
        paragraph("1、甲（ A ）") + paragraph("A.一\tB.二"), {}, [FIRST],
    ),
    "words cut into many runs": (
        paragraph(run("1"), run("、甲"), run("（ "), run("A"), run(" ）")) + paragraphs("A.一\nB.二"),
        {}, [FIRST],
    ),
    "numbers and letters that are only shown": (
        paragraph("甲（ A ）", number=(1, 0)) + paragraph("一", number=(1, 1))
        + paragraph("二", number=(1, 1)) + paragraph("乙（ B ）", number=(1, 0))
        + paragraph("三", number=(1, 1)) + paragraph("四", number=(1, 1)),
        {}, [FIRST, SECOND],
    ),
    "numbers by style, and begun anew under headings that are numbered, too": (
        paragraph("单选题（每题1分）", number=(3, 0)) + paragraph("甲（ A ）", style="Q2")
        + paragraphs("A.一\nB.二") + paragraph("判断题", number=(3, 0))
        + paragraph("丙。（√）", number=(2, 0)),
        {},
        [{**FIRST, "at": 2, "marks": 100, "found": ["key_from_brackets"]},
         {"at": 6, "type": "true_false", "stem": "丙。", "key": True, "found": ["key_from_brackets"]}],
    ),
    "a text box, said twice in the file, read once": (
        paragraph("1、甲（ A ）") + box("A.一\nB.二"), {}, [FIRST],
    ),
    "questions inside a table of one column": (table([PAPER]), {}, [FIRST, SECOND]),
    "options in the cells of a table": (
        paragraph("1、甲（ A ）") + table(["A.一", "B.二"]), {}, [FIRST],
    ),
    "a table with headings": (
        table(["题型", "题干", "A", "B", "答案"], ["单选", "甲（　）", "一", "二", "A"]), {},
        [{"at": 2, "type": "single", "stem": "甲（　）", "options": ["一", "二"], "key": [0], "sheet": "表1"}],
    ),
    "a table of answers": (
        paragraphs("1、甲（ ）\nA.一\nB.二\n2、乙（ ）\nA.三\nB.四\n参考答案")
        + table(["题号", "1", "2"], ["答案", "A", "B"]),
        {}, [{**FIRST, "found": ["key_from_list", "type_from_key"]},
             {**SECOND, "found": ["key_from_list", "type_from_key"]}],
    ),
    "a table for marks above the paper": (
        table(["题号", "一", "二"], ["得分", "", ""]) + paragraphs(PAPER), {},
        [{**FIRST, "at": 7}, {**SECOND, "at": 10}],
    ),
    "an underlined blank": (
        paragraph(run("1、自"), run("      ", '<w:u w:val="single"/>'), run("起施行。"))
        + paragraph("答案：公布之日"), {},
        [{"at": 1, "type": "fill_in", "stem": "自____起施行。", "key": [["公布之日"]],
          "found": ["type_guessed"]}],
    ),
    "an underlined answer": (
        paragraph("一、填空题")
        + paragraph(run("1、自"), run("公布", '<w:u w:val="single"/>'), run("之日", '<w:u w:val="single"/>'), run("起施行。")),
        {}, [{"at": 2, "type": "fill_in", "stem": "自（　）起施行。", "key": [["公布之日"]],
              "found": ["blanks_from_brackets"]}],
    ),
    "underlined words elsewhere are words": (
        paragraph(run("1、甲"), run("不", '<w:u w:val="single"/>'), run("是（ A ）")) + paragraphs("A.一\nB.二"),
        {}, [{**FIRST, "stem": "甲不是（　）"}],
    ),
    "ticks out of symbol fonts": (
        paragraph("一、判断题")
        + paragraph(run("1、甲。（"), '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', run("）"))
        + paragraph(run("2、乙。（"), run("O", '<w:rFonts w:ascii="Wingdings 2"/>'), run("）")),
        {}, [{"at": 2, "type": "true_false", "stem": "甲。", "key": True, "found": ["key_from_brackets"]},
             {"at": 3, "type": "true_false", "stem": "乙。", "key": False, "found": ["key_from_brackets"]}],
    ),
    "words that were struck out in a revision": (
        paragraph(run("1、甲"), "<w:del><w:r><w:delText>旧</w:delText></w:r></w:del>",
                  f"<w:ins>{run('（ A ）')}</w:ins>") + paragraphs("A.一\nB.二"),
        {}, [FIRST],
    ),
    "a picture is told": (
        paragraph("1、甲（ A ）", "<w:r><w:drawing><a:blip/></w:drawing></w:r>") + paragraphs("A.一\nB.二"),
        {}, [{**FIRST, "found": [*FIRST["found"], "picture_lost"]}],  # type: ignore[misc]
    ),
    "a body in embedded HTML": (
        chunk(), {"word/afchunk1.html": HTML.format(LIST).encode()}, [FIRST, SECOND],
    ),
    "a body in embedded HTML of GB 2312": (
        chunk(),
        {"word/afchunk1.htm": ('<meta charset="gb2312">' + LIST).encode("gb2312")}, [FIRST, SECOND],
    ),
    "a body in an embedded web archive": (
        chunk(), {"word/afchunk1.mht": _mht(HTML.format(LIST))}, [FIRST, SECOND],
    ),
    "lists and tables of embedded HTML": (
        chunk(),
        {"word/afchunk1.html": HTML.format(
            "<ol><li>甲（ A ）<br>A.一<br>B.二</li><li>乙（ B ）</li></ol>"
            "<table><tr><td><p>A.三</p></td><td>B.四</td></tr></table>").encode()},
        [FIRST, {**SECOND, "at": 3}],
    ),
    "a document in a document": (
        chunk(), {"word/afchunk1.docx": document(paragraphs(PAPER))}, [FIRST, {**SECOND, "at": 1}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_documents_read_as_they_look(name: str) -> None:
    body, parts, expected = CASES[name]
    found = _read(body, parts)
    if any(part.endswith((".html", ".htm", ".mht")) for part in parts):
        found = [{**each, "at": want["at"]} for each, want in zip(found, expected, strict=True)]
    assert found == expected, json.dumps(found, ensure_ascii=False)


def test_places_are_paragraphs_and_answers_come_from_a_second_file() -> None:
    data = document(paragraphs("1、甲（ ）\nA.一\nB.二"))
    reading = word.read(data, word.lines_of_document(document(paragraphs("答案\n1.B"))))
    (question,) = reading.questions
    assert question.place.kind is PlaceKind.PARAGRAPH
    assert question.key == [1]


@pytest.mark.parametrize("id_", ["out", "rId9", "rId1"])
def test_parts_outside_missing_or_of_other_kinds_are_told_and_not_fetched(id_: str) -> None:
    data = document(paragraphs(PAPER) + chunk(id_), {"word/afchunk1.rtf": b"{\\rtf1}"})
    reading = word.read(data)
    assert len(reading.questions) == 2
    assert [note.code for note in reading.notes] == ["part_left"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "broken"),
        (b"PK\x03\x04", "broken"),
        (document(""), "no_questions"),
        (document(paragraphs("通知")), "no_questions"),
        (document("<w:p>"), "broken"),
    ],
)
def test_other_files_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(UnusableFile) as caught:
        word.read(data)
    assert caught.value.code == code
