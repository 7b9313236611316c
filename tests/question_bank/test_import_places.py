"""From what a reader found to the rows that are kept, with their places."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.permissions import Role
from question_bank.formats import parsed, words
from question_bank.formats.intake import Upload
from question_bank.formats.reading import Place, PlaceKind, Reading, ReadQuestion, ReadType
from question_bank.imports import queries, services
from question_bank.imports.preview.queries import preview_rows
from question_bank.imports.rules import Verdict
from tests.databases import both_databases
from tests.factories import make_person
from tests.question_bank.desk import PAPER
from tests.question_bank.formats.documents import document, paragraphs


@both_databases
def test_places_and_notes_outlive_the_preview(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        kept = services.upload(
            session, filename="卷.docx", data=document(paragraphs(PAPER)), by_id=editor.id,
            now=clock.now(), key=services.SentFile("k.txt", "没有".encode()),
        )  # fmt: skip
        import_id = kept.id
    with app.app_context():
        view = queries.own_import(reading(), import_id, editor.id)
        assert not view.is_table
        rows = preview_rows(reading(), import_id)
        assert {row.place.kind for row in rows} == {PlaceKind.PARAGRAPH}
        assert "no_keys" in {finding.code for finding in view.notes}
        assert view.counts[Verdict.REFUSED] == 2


def _read(**values: Any) -> ReadQuestion:
    return ReadQuestion(**{
        "place": Place(PlaceKind.ITEM, 1), "type": ReadType.SINGLE, "stem": "题（　）",
        "options": ("一", "二"), "key": [0], **values,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("question", "codes", "stem"),
    [
        (_read(passage="材料", group=1), [], "题（　）"),
        (_read(topic="长" * 65), ["topic_long"], None),
        (_read(code="c" * 33), ["code_long"], None),
        (_read(type=ReadType.SHORT_ANSWER, options=(), key="要点"), [], "题（　）"),
        (_read(), [], "题（　）"),
    ],
)
def test_a_question_becomes_a_row(
    question: ReadQuestion, codes: list[str], stem: str | None
) -> None:
    (made,) = parsed.parsed_rows(Reading((question,)))
    assert [finding.code for finding in made.findings] == codes
    assert made.is_refused is (stem is None)
    if stem is not None:
        assert made.draft is not None
        assert made.draft.stem == stem


def test_each_kind_that_is_accepted_has_a_reader(app: Flask) -> None:
    from question_bank.formats import intake

    assert services.KINDS <= intake.KINDS
    assert services.KEY_KINDS <= intake.KEY_KINDS
    assert parsed.read(Upload("csv", "题型,题干,答案\n判断,甲。,对".encode())).rows[0].row == 2
    with app.app_context(), pytest.raises(Invalid, match="只能上传") as caught:
        services.read_files(
            services.SentFile("a.txt", PAPER.encode()), services.SentFile("a.json", b"{}")
        )
    assert caught.value.extra["field"] == "key"


def test_an_escaped_backslash_before_a_sign_is_a_backslash() -> None:
    for key in ([["a\\", "b"]], [["a\\"], ["b"]], [["a=b|c", "；"], ["\\="]]):
        assert words.blanks(words.blanks_text(key)) == key
