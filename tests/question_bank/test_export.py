"""Out and in again, in any size, by page and by command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.db import db, reading, transaction
from core.errors import Invalid
from core.permissions import Role
from question_bank.formats import rows, workbook, xlsx
from question_bank.imports import queries, services
from question_bank.imports.bank import queries as holding
from question_bank.imports.exporting import queries as exporting
from question_bank.imports.rules import Verdict, judge
from question_bank.questions import queries as questions
from question_bank.questions import services as writing
from question_bank.questions.models import (
    Question,
    VersionState,
)
from question_bank.questions.queries import Filters
from question_bank.questions.rules import Draft, Pool, QuestionType
from question_bank.starter.services import load_starter
from tests.databases import both_databases
from tests.factories import make_person, make_topic
from tests.question_bank.helpers import HEAD, draft, row
from tests.question_bank.helpers import workbook as make_workbook
from tests.statements import counted


def _upload(session: Session, person: Person, data: bytes) -> int:
    return services.upload(
        session, filename="题库.xlsx", data=data, by_id=person.id, now=clock.now()
    ).id


def _import(
    session: Session, person: Person, data: bytes, *, doubtful: bool = False
) -> services.Imported:
    import_id = _upload(session, person, data)
    return services.import_rows(
        session, import_id=import_id, by_id=person.id, with_doubtful=doubtful, now=clock.now()
    )


# --- out and in again ------------------------------------------------------------


def _all(session: Session) -> list[xlsx.ExportedQuestion]:
    return exporting.exported(session, Filters())


def test_an_export_imports_back_to_the_same_bank(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor, reviewer = make_person(session, Role.EDITOR), make_person(session, Role.REVIEWER)
        load_starter(session, author_id=editor.id, reviewer_id=reviewer.id, now=clock.now())
        topic = make_topic(session, "自建")
        for question in (
            draft(1, may_shuffle=False, pool=Pool.PRACTICE),
            draft(2, stem="=公式（　）", options=("-1", "+2", "@3"), basis="《档案法》第一条"),
            Draft(QuestionType.FILL_IN, "（　）个（　）。", (), [["20", "二十"], ["日|月", "a=b"]]),
        ):
            writing.create_draft(
                session, draft=question, topic_id=topic.id, author_id=editor.id, now=clock.now()
            )
    with app.app_context():
        before = _all(reading())
        data = xlsx.bank(before)
    with app.app_context(), transaction() as session:
        judged = services.judge_all(session, services.read_file("a.xlsx", data), clock.today())
        assert {each.verdict for each in judged} == {Verdict.SAME}
        assert _import(session, editor, data, doubtful=True).total == 0
    assert len(before) > 300
    _empty_bank_takes(app, data, before)


def _empty_bank_takes(app: Flask, data: bytes, before: list[xlsx.ExportedQuestion]) -> None:
    """Rows judged against nothing say what an empty bank would hold."""
    parsed = rows.parse(workbook.sheets(data))
    with app.app_context():
        empty = replace(holding.bank_for(reading(), [], clock.today()), topics=frozenset())
    judged = [judge(each, empty) for each in parsed]
    assert {each.verdict for each in judged} == {Verdict.GOOD}
    back = [
        xlsx.ExportedQuestion(each.parsed.code, each.topic, each.draft or draft())
        for each in judged
    ]
    assert back == before


@both_databases
def test_an_empty_bank_is_filled_from_an_export(app: Flask) -> None:
    exported = [
        xlsx.ExportedQuestion(
            f"Q-{number:06d}", "自建", draft(number, pool=pool, may_shuffle=shuffle)
        )
        for number, (pool, shuffle) in enumerate(
            [(Pool.EXAM, True), (Pool.PRACTICE, False), (Pool.BOTH, True)], start=1
        )
    ]
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        assert _import(session, editor, xlsx.bank(exported)).created == 3
        assert _all(session) == exported
        topic = make_topic(session)
        version = writing.create_draft(
            session, draft=draft(9), topic_id=topic.id, author_id=editor.id, now=clock.now()
        )
        assert questions.version(session, version.id).code == "Q-000004"


def test_the_export_obeys_the_filters(door: Session) -> None:
    editor, topic = make_person(door, Role.EDITOR), make_topic(door)
    for number, pool in enumerate((Pool.EXAM, Pool.PRACTICE)):
        writing.create_draft(
            door, draft=draft(number, pool=pool), topic_id=topic.id, author_id=editor.id,
            now=clock.now(),
        )  # fmt: skip
    (only,) = exporting.exported(door, Filters(pool=Pool.EXAM))
    assert only.draft.pool is Pool.EXAM
    assert exporting.exported(door, Filters(state=VersionState.RETIRED)) == []


# --- size ------------------------------------------------------------------------


def test_the_number_of_statements_grows_by_batches_not_rows(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
    taken = []
    for size, first in ((5, 0), (400, 1000)):
        data = make_workbook(HEAD, *(row(first + number) for number in range(size)))
        with counted(app) as seen, app.app_context(), transaction() as session:
            _import(session, editor, data)
        taken.append(len(seen))
    assert taken[1] <= taken[0] + 4


@pytest.mark.slow
def test_thousands_of_rows_are_imported_once(app: Flask) -> None:
    data = make_workbook(HEAD, *(row(number) for number in range(3_000)))
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
    with app.app_context(), transaction() as session:
        assert _import(session, editor, data).total == 3_000
    with app.app_context(), transaction() as session:
        assert _import(session, editor, data).total == 0
    with app.app_context():
        db.session.remove()


# --- commands --------------------------------------------------------------------


def test_the_command_prints_the_same_verdicts(app: Flask, tmp_path: Path) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR, staff_no="EDITOR01")
        make_person(session, Role.STAFF, staff_no="STAFF01")
    file = tmp_path / "题库.xlsx"
    file.write_bytes(make_workbook(HEAD, row(1), row(2, 答案="E"), row(3, 解析="见A项。")))
    run = app.test_cli_runner().invoke
    arguments = ["bank", "import", str(file), "--by", "editor01"]
    dry = json.loads(run(args=[*arguments, "--dry-run"]).stdout)
    assert dry["counts"] == {"rows": 3, "good": 1, "doubtful": 1, "refused": 1, "same": 0}
    assert dry["imported"] == 0
    assert [each["verdict"] for each in dry["rows"]] == ["good", "refused", "doubtful"]
    assert dry["rows"][1]["row"] == 3
    assert "只有 A–D" in dry["rows"][1]["reasons"][0]
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(Question)) == 0
    assert json.loads(run(args=arguments).stdout)["imported"] == 1
    assert json.loads(run(args=arguments).stdout)["imported"] == 0
    out = tmp_path / "out.xlsx"
    assert json.loads(run(args=["bank", "export", str(out)]).stdout)["questions"] == 1
    assert out.read_bytes().startswith(b"PK")
    with app.app_context():
        assert queries.own_imports(reading(), editor.id)[0].filename == "题库.xlsx"
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    for bad in (
        ["bank", "import", str(broken), "--by", "EDITOR01"],
        ["bank", "import", str(file), "--by", "NOBODY"],
        ["bank", "import", str(file), "--by", "STAFF01"],
        ["bank", "import", str(tmp_path / "none.xlsx"), "--by", "EDITOR01"],
        ["bank", "export", str(tmp_path / "no" / "where.xlsx")],
    ):
        result = run(args=bad)
        assert result.exit_code == 1
        assert len(result.stderr.strip().splitlines()) == 1


def test_a_file_of_another_kind_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid):
        services.read_file("题库.exe", b"PK\x03\x04")
