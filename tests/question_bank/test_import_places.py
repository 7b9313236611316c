"""From what a reader found to the rows that are kept, with their places."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from core import clock
from core.db import db, reading, transaction
from core.errors import Invalid
from core.permissions import Role
from question_bank.formats import parsed, words
from question_bank.formats.intake import Upload
from question_bank.formats.reading import Place, PlaceKind, Reading, ReadQuestion, ReadType
from question_bank.imports import queries, services
from question_bank.imports.preview.queries import preview_rows
from question_bank.imports.rules import Verdict
from question_bank.imports.staging import parsed_of
from question_bank.questions.models import Difficulty, Question
from tests.databases import both_databases
from tests.factories import make_person
from tests.question_bank.bench import bench_of
from tests.question_bank.desk import PAPER
from tests.question_bank.formats.documents import document, paragraphs
from tests.question_bank.helpers import HEAD, row, workbook


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


@both_databases
@pytest.mark.parametrize("changes", [{}, {"解析": "故选B。"}], ids=["ordinary row", "doubtful row"])
def test_the_preview_says_at_once_that_a_row_is_a_new_version(
    app: Flask, changes: dict[str, str]
) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        code = session.get_one(Question, bench.approved().question_id).code
        kept = services.upload(
            session, filename="新版.xlsx", by_id=bench.author.id, now=clock.now(),
            data=workbook([*HEAD, "编号"], [*row(7, **changes), code], row(8)),
        )  # fmt: skip
        first, second = preview_rows(session, kept.id)
    assert "new_version" in {finding.code for finding in first.findings}
    assert "new_version" not in {finding.code for finding in second.findings}


def test_rows_that_want_a_look_are_found_by_the_index_of_them(app: Flask) -> None:
    with app.app_context():
        seen: list[str] = []
        session = reading()
        event.listen(db.engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
        preview_rows(session, 1, [Verdict.REFUSED], limit=20)
        plan = (
            session.connection()
            .exec_driver_sql(f"EXPLAIN QUERY PLAN {seen[-1]}", (1, "refused", 20, 0))
            .all()
        )
    assert any("ix_import_row_noted" in line[3] for line in plan)


@both_databases
def test_rows_alike_in_a_column_are_kept_as_they_are(app: Flask) -> None:
    alike = {"知识点": "it's 100% ?", "解析": "'); drop table import_row; --"}
    among = {**alike, "难度": "难"}
    rows = [row(n, **(among if n == 20 else alike)) for n in range(60)]
    with app.app_context(), transaction() as session:
        kept = services.upload(
            session, filename="题.xlsx", by_id=make_person(session, Role.EDITOR).id,
            now=clock.now(), data=workbook(HEAD, *rows),
        )  # fmt: skip
        found = [parsed_of(each) for each in queries.staged(session, kept.id, range(1, 61))]
    drafts = [each.draft for each in found if each.draft]
    assert [draft.stem for draft in drafts] == [cells[1] for cells in rows]
    assert [each.topic for each in found] == [cells[9] for cells in rows]
    assert [draft.explanation for draft in drafts] == [cells[7] for cells in rows]
    assert [n for n, draft in enumerate(drafts) if draft.difficulty is Difficulty.HARD] == [20]
