"""Files of questions: judged against the bank, imported all or nothing, the same twice is nothing."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.db import db, reading, transaction
from core.errors import Conflict, Invalid, NotFound
from core.permissions import Role
from question_bank.formats import rows, workbook, xlsx
from question_bank.formats.sentences import what
from question_bank.imports import queries, services
from question_bank.imports.rules import Bank, KnownVersion, Verdict, judge
from question_bank.laws import services as laws
from question_bank.questions import queries as questions
from question_bank.questions import services as writing
from question_bank.questions.models import (
    Question,
    QuestionVersion,
    ReviewEvent,
    Topic,
    VersionState,
)
from question_bank.questions.queries import Filters
from question_bank.questions.rules import Difficulty, Draft, Pool, QuestionType
from question_bank.review.services import submit_import
from question_bank.starter.services import load_starter
from tests.databases import both_databases
from tests.factories import make_person, make_topic
from tests.question_bank.helpers import HEAD, REGULATION, draft, row
from tests.question_bank.helpers import workbook as make_workbook
from tests.statements import counted


def _parsed(question: Draft, **changes: Any) -> rows.ParsedRow:
    return rows.ParsedRow("", 2, "单选", question.stem, "B", draft=question, **changes)


def _known(
    question: Draft, state: VersionState = VersionState.APPROVED, number: int = 1
) -> KnownVersion:
    return KnownVersion(7, 3, "Q-000003", number, state, "主题", question)


ALL = frozenset({"explanation", "difficulty", "pool", "basis", "shuffle", "topic"})


@pytest.mark.parametrize(
    ("question", "known", "given", "verdict", "codes"),
    [
        (draft(), [], ALL, Verdict.GOOD, ["topic_none"]),
        (draft(), [_known(draft())], ALL, Verdict.SAME, ["same"]),
        (draft(), [_known(draft(), VersionState.RETIRED)], ALL, Verdict.SAME, ["same"]),
        (draft(explanation="新"), [_known(draft())], ALL, Verdict.GOOD, ["new_version"]),
        (draft(explanation=""), [_known(draft())], frozenset(), Verdict.SAME, ["same"]),
        (draft(), [_known(draft(pool=Pool.EXAM))], ALL, Verdict.GOOD, ["new_version"]),
        (draft(), [_known(draft(may_shuffle=False))], frozenset(), Verdict.SAME, ["same"]),
        (draft(2), [_known(draft(), VersionState.DRAFT)], ALL, Verdict.REFUSED, ["open_version"]),
        (draft(2), [_known(draft(), VersionState.IN_REVIEW)], ALL, Verdict.REFUSED, ["open_version"]),
        (draft(2), [_known(draft(), VersionState.RETURNED)], ALL, Verdict.GOOD, ["new_version"]),
        (draft(1), [_known(draft(2), VersionState.DRAFT, 2), _known(draft(1))], ALL, Verdict.SAME,
         ["same"]),
    ],
)  # fmt: skip
def test_a_row_is_judged_by_what_the_bank_holds(
    question: Draft, known: list[KnownVersion], given: frozenset[str], verdict: Verdict,
    codes: list[str],
) -> None:  # fmt: skip
    bank = Bank(by_code={"Q-000003": known} if known else {}, topics=frozenset({"主题"}))
    judged = judge(_parsed(question, code="Q-000003" if known else "", given=given), bank)
    assert judged.verdict is verdict
    assert [finding.code for finding in judged.findings] == codes


@pytest.mark.parametrize(
    ("basis", "verdict", "code", "kept", "article"),
    [
        ("《政府信息公开条例》第二条", Verdict.GOOD, None, "《政府信息公开条例》第二条", 11),
        ("《政府信息公开条例》第九十九条", Verdict.DOUBTFUL, "basis_not_found", None, None),
        ("《没有的法》第一条", Verdict.DOUBTFUL, "basis_not_found", None, None),
        ("《档案法》第一条", Verdict.GOOD, "basis_later", None, None),
        ("《档案法》第九百条", Verdict.DOUBTFUL, "basis_not_found", None, None),
        ("第2条", Verdict.DOUBTFUL, "basis_only_label",
         "《中华人民共和国政府信息公开条例》第二条", 11),
        ("第99条", Verdict.DOUBTFUL, "basis_no_law", None, None),
        ("按有关规定", Verdict.DOUBTFUL, "basis_no_article", None, None),
    ],
)  # fmt: skip
def test_a_legal_basis_is_looked_up(
    basis: str, verdict: Verdict, code: str | None, kept: str | None, article: int | None
) -> None:
    bank = Bank(
        topics=frozenset({"主题"}), articles={("政府信息公开条例", "第二条"): 11},
        to_come=frozenset({("档案法", "第一条"), ("政府信息公开条例", "第九十九条")}),
    )  # fmt: skip
    judged = judge(_parsed(draft(basis=basis), topic="主题"), bank)
    assert judged.verdict is verdict
    assert [finding.code for finding in judged.findings] == ([code] if code else [])
    assert judged.draft is not None
    assert judged.draft.basis == (kept or basis)
    assert judged.article_id == article
    assert all("%(" not in what(finding) for finding in judged.findings)


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


@both_databases
def test_good_rows_go_in_as_drafts_and_the_same_file_twice_changes_nothing(app: Flask) -> None:
    data = make_workbook(
        HEAD, row(1), row(2, 答案="E"), row(3, 难度="较难"), row(4, 题型="多选", 答案="AC")
    )
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        assert _import(session, editor, data).total == 2
    with app.app_context(), transaction() as session:
        assert _import(session, editor, data).total == 0
        assert _import(session, editor, data, doubtful=True).total == 1
    with app.app_context():
        session = reading()
        versions = list(session.scalars(select(QuestionVersion).order_by(QuestionVersion.id)))
        assert [version.state for version in versions] == [VersionState.DRAFT] * 3
        assert [version.key for version in versions] == [[1], [0, 2], [1]]
        assert versions[2].difficulty is Difficulty.HARD
        codes = list(session.scalars(select(Question.code).order_by(Question.id)))
        assert codes == [f"Q-{version.question_id:06d}" for version in versions]
        assert list(session.scalars(select(Topic.name))) == ["依申请公开"]
        assert session.scalar(select(func.count()).select_from(ReviewEvent)) == 3


def test_a_known_code_with_changed_content_becomes_a_new_version(door: Session) -> None:
    editor, reviewer = make_person(door, Role.EDITOR), make_person(door, Role.REVIEWER)
    head = [*HEAD, "编号"]
    _import(door, editor, make_workbook(head, [*row(1), "SG-1"], [*row(2), "SG-2"]))
    first = door.scalar(select(QuestionVersion).order_by(QuestionVersion.id))
    assert first is not None
    changed = make_workbook(head, [*row(1, 解析="补充"), "SG-1"], [*row(2), "SG-2"])
    assert _import(door, editor, changed).total == 0  # the first version is not reviewed yet
    writing.submit_for_review(door, version_id=first.id, by_id=editor.id, now=clock.now())
    writing.approve(door, version_id=first.id, reviewer_id=reviewer.id, now=clock.now())
    done = _import(door, editor, changed)
    assert (done.created, done.versions) == (0, 1)
    view = questions.question(door, first.question_id)
    assert (view.newest.number, view.newest.draft.explanation) == (2, "补充")
    assert view.approved is not None
    assert view.approved.number == 1
    assert _import(door, editor, changed).total == 0
    second = view.newest
    writing.submit_for_review(door, version_id=second.id, by_id=editor.id, now=clock.now())
    writing.return_(
        door, version_id=second.id, reviewer_id=reviewer.id, now=clock.now(), comment="再改"
    )
    again = make_workbook(head, [*row(1, 解析="再补充"), "SG-1"])
    assert _import(door, editor, again).versions == 1
    view = questions.question(door, first.question_id)
    assert [version.state.value for version in view.versions] == ["draft", "retired", "approved"]


def test_an_upload_is_imported_once_by_its_owner(door: Session) -> None:
    editor, other = make_person(door, Role.EDITOR), make_person(door, Role.EDITOR)
    import_id = _upload(door, editor, make_workbook(HEAD, row(1)))
    now = clock.now()
    with pytest.raises(NotFound):
        services.import_rows(
            door, import_id=import_id, by_id=other.id, with_doubtful=False, now=now
        )
    services.import_rows(door, import_id=import_id, by_id=editor.id, with_doubtful=False, now=now)
    with pytest.raises(Conflict, match="没有重复导入"):
        services.import_rows(
            door, import_id=import_id, by_id=editor.id, with_doubtful=False, now=now
        )
    with pytest.raises(Conflict):
        services.discard(door, import_id=import_id, by_id=editor.id, now=now)
    assert submit_import(door, import_id=import_id, by_id=editor.id, now=now) == 1
    assert submit_import(door, import_id=import_id, by_id=editor.id, now=now) == 0
    assert queries.import_counts(door, import_id) == (1, 0)
    discarded = _upload(door, editor, make_workbook(HEAD, row(9)))
    services.discard(door, import_id=discarded, by_id=editor.id, now=now)
    assert [item.questions for item in queries.own_imports(door, editor.id)] == [0, 1]


def test_a_failure_half_way_leaves_no_trace(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
        import_id = _upload(session, editor, make_workbook(HEAD, row(1), row(2)))

    def fail(*_arguments: object) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr(services, "insert_all", fail)

    def act() -> None:
        with app.app_context(), transaction() as session:
            services.import_rows(
                session, import_id=import_id, by_id=editor.id, with_doubtful=True, now=clock.now()
            )

    with pytest.raises(RuntimeError, match="half way"):
        act()
    with app.app_context():
        for model in (Question, QuestionVersion, Topic):
            assert reading().scalar(select(func.count()).select_from(model)) == 0
        assert queries.own_import(reading(), import_id, editor.id).is_open


def test_articles_are_linked_on_import(door: Session) -> None:
    editor = make_person(door, Role.EDITOR)
    law = laws.read_law("条例(2019-04-03).md", REGULATION.encode())
    laws.import_law(door, law=law, in_force_on=law.promulgated_on, by_id=None, now=clock.now())
    cited = row(1, 法规依据="《政府信息公开条例》第二条"), row(2, 法规依据="第1条")
    assert _import(door, editor, make_workbook(HEAD, *cited), doubtful=True).total == 2
    versions = list(door.scalars(select(QuestionVersion).order_by(QuestionVersion.id)))
    found = [questions.version(door, version.id).article for version in versions]
    assert [article.label for article in found if article] == ["第二条", "第一条"]
    assert versions[1].basis == "《中华人民共和国政府信息公开条例》第一条"


# --- out and in again ------------------------------------------------------------


def _all(session: Session) -> list[xlsx.ExportedQuestion]:
    return queries.exported(session, Filters())


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
        empty = replace(queries.bank_for(reading(), [], clock.today()), topics=frozenset())
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
    (only,) = queries.exported(door, Filters(pool=Pool.EXAM))
    assert only.draft.pool is Pool.EXAM
    assert queries.exported(door, Filters(state=VersionState.RETIRED)) == []


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
def test_ten_thousand_rows_are_imported_in_reasonable_time(app: Flask) -> None:
    data = make_workbook(HEAD, *(row(number) for number in range(10_000)))
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
    began = time.perf_counter()
    with app.app_context(), transaction() as session:
        assert _import(session, editor, data).total == 10_000
    assert time.perf_counter() - began < 60
    with app.app_context(), transaction() as session:
        assert _import(session, editor, data).total == 0
    with app.app_context():
        db.session.remove()


# --- commands --------------------------------------------------------------------


def test_the_command_prints_the_same_verdicts(app: Flask, tmp_path: Path) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR, staff_no="EDITOR01")
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
        ["bank", "import", str(tmp_path / "none.xlsx"), "--by", "EDITOR01"],
        ["bank", "export", str(tmp_path / "no" / "where.xlsx")],
    ):
        result = run(args=bad)
        assert result.exit_code == 1
        assert len(result.stderr.strip().splitlines()) == 1


def test_a_file_of_another_kind_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid):
        services.read_file("题库.docx", b"PK\x03\x04")
