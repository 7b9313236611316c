"""Files of questions: judged against the bank, imported all or nothing, the same twice is nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.errors import Conflict, NotFound
from core.permissions import Role
from question_bank.formats import rows
from question_bank.formats.sentences import what
from question_bank.imports import adding, queries, services
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
from question_bank.questions.rules import Difficulty, Draft, Pool
from question_bank.review.services import submit_import
from tests.databases import both_databases
from tests.factories import make_person
from tests.question_bank.helpers import HEAD, REGULATION, draft, row
from tests.question_bank.helpers import workbook as make_workbook


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

    monkeypatch.setattr(adding, "_name_questions", fail)

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
