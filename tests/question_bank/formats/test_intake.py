"""One door for all kinds of files, and what it refuses."""

from __future__ import annotations

import io
import zipfile

import pytest

from question_bank.formats import archives, lossless, qti_nodes, qti_write
from question_bank.formats.intake import Upload, read, read_text
from question_bank.formats.reading import PlaceKind, ReadQuestion, of_draft
from question_bank.formats.tables import UnusableFile
from question_bank.questions.rules import Draft, QuestionType
from tests.question_bank.formats.cases import cases
from tests.question_bank.formats.documents import document, paragraphs
from tests.question_bank.helpers import workbook

PAPER = "1、甲（ ）\nA.一\nB.二\n"
BOMB = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]><quiz>&c;</quiz>'
OUTSIDE = b'<!DOCTYPE quiz SYSTEM "http://127.0.0.1:9/x.dtd"><quiz/>'
QUESTION = of_draft(1, Draft(QuestionType.TRUE_FALSE, "甲", key=True))


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _one(upload: Upload, key: Upload | None = None) -> ReadQuestion:
    (question,) = read(upload, key).questions
    return question


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_is_read_in_the_encodings_of_offices(encoding: str) -> None:
    question = _one(Upload("txt", (PAPER + "答案：B").encode(encoding)))
    assert (question.key, question.place.kind) == ([1], PlaceKind.LINE)


@pytest.mark.parametrize(
    "key",
    [
        Upload("txt", "1.B".encode("gb18030")),
        Upload("docx", document(paragraphs("参考答案\n1、B"))),
        Upload("xlsx", workbook(["题号", "答案"], [1, "B"])),
        Upload("csv", "题号,答案\n1,B".encode()),
    ],
    ids=lambda upload: upload.kind,
)
def test_answers_in_a_second_file_of_any_kind(key: Upload) -> None:
    for paper in (Upload("txt", PAPER.encode()), Upload("docx", document(paragraphs(PAPER)))):
        assert _one(paper, key).key == [1]


def test_every_kind_of_file_finds_its_reader() -> None:
    by_kind = {
        case.kind: case for case in reversed(cases()) if '"unusable"' not in case.expected[0]
    }
    for kind, extension in (
        ("gift", "txt"),
        ("aiken", "txt"),
        ("json", "json"),
        ("moodle", "xml"),
        ("qti", "xml"),
    ):
        case = by_kind[kind]
        assert read(Upload(extension, case.content.encode())).questions, kind
    assert (
        _one(Upload("xlsx", workbook(["题型", "题干", "答案"], ["判断", "甲", "对"]))).key is True
    )
    assert _one(Upload("csv", "题型,题干,答案\n判断,甲,错".encode("gb18030"))).key is False
    for version in qti_nodes.Version:
        assert _one(Upload("zip", qti_write.write([QUESTION], version).data)).key is True
    assert read_text(PAPER).questions[0].stem == "甲（　）"


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (Upload("xml", BOMB), "entities"), (Upload("xml", OUTSIDE), "entities"),
        (Upload("xml", b"<quiz>"), "broken"), (Upload("xml", b"<a/>"), "not_qti"),
        (Upload("xml", b"<quiz/>"), "no_questions"),
        (Upload("docx", _zip({"word/document.xml": BOMB})), "entities"),
        (Upload("zip", _zip({"a.txt": b"x"})), "no_questions"),
        (Upload("zip", _zip({"imsmanifest.xml": BOMB})), "entities"),
        (Upload("zip", b"MZ\x90"), "broken"), (Upload("txt", b"MZ\x90\x00\x03"), "not_text"),
        (Upload("txt", b"\x81\xff\xff"), "not_text"), (Upload("json", b"{"), "broken"),
        (Upload("json", b'{"a": NaN}'), "broken"), (Upload("exe", b"MZ"), "unknown_kind"),
        (Upload("xlsx", b"PK"), "broken"), (Upload("xls", b"\xd0\xcf\x11\xe0"), "broken"),
        (Upload("csv", b""), "no_rows"), (Upload("txt", b""), "no_questions"),
        (Upload("txt", ("1、" + "长" * 20_001).encode()), "line_too_long"),
        (Upload("txt", b"\n" * 200_001), "too_many_lines"),
    ],
)  # fmt: skip
def test_files_that_hold_no_questions_say_why(upload: Upload, code: str) -> None:
    with pytest.raises(UnusableFile) as caught:
        read(upload)
    assert caught.value.code == code


def test_a_second_file_beside_a_workbook_is_refused() -> None:
    for kind, code in (("xlsx", "key_not_here"), ("json", "key_not_here")):
        with pytest.raises(UnusableFile, match=code):
            read(Upload(kind, b""), Upload("txt", b"1.A"))
    with pytest.raises(UnusableFile, match="unknown_kind"):
        read(Upload("txt", b""), Upload("pdf", b""))


def test_packages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    package = Upload("zip", qti_write.write([QUESTION] * 3).data)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(UnusableFile, match="too_many_members"):
        read(package)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 99)
    monkeypatch.setattr(archives, "MAX_UNPACKED", 2000)
    with pytest.raises(UnusableFile, match="too_large_inside"):
        read(package)
    monkeypatch.setattr(archives, "MAX_UNPACKED", 99_999)
    monkeypatch.setattr(archives, "MAX_MEMBER", 500)
    with pytest.raises(UnusableFile, match="too_large_inside"):
        read(package)


def test_an_item_that_is_broken_leaves_the_others() -> None:
    members = {"a.xml": qti_write.write_item(QUESTION).data, "b.xml": b"<x", "c.xml": b"<y/>"}
    reading = read(Upload("zip", _zip(members)))
    assert len(reading.questions) == 1
    assert [note.code for note in reading.notes] == ["item_broken", "item_broken"]


def test_references_out_of_a_package_lead_nowhere() -> None:
    for href in ("http://127.0.0.1/x.xml", "//host/x", "../../etc/passwd", "file:///etc/passwd"):
        assert archives.target("imsmanifest.xml", href) == ""
    assert archives.target("a/imsmanifest.xml", "items/%E7%94%B2.xml#x") == "a/items/甲.xml"
    assert archives.target("word/document.xml", "/word/a.html") == "word/a.html"


def test_the_schema_names_every_field_that_is_written() -> None:
    import json

    from jsonschema_rs import validator_for

    written = lossless.write(
        [QUESTION, of_draft(2, Draft(QuestionType.FILL_IN, "乙（　）", key=[["一"]]))]
    )
    validator_for(lossless.SCHEMA).validate(json.loads(written.data))
