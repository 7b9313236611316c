"""Topics and citations of a file are mapped at once; source, pool and topic are said once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.db import transaction
from core.errors import Conflict, Invalid
from core.permissions import Role
from question_bank.imports import queries, services
from question_bank.imports.preview import queries as found
from question_bank.imports.preview import services as preview
from question_bank.imports.preview.queries import Unknown, preview_rows
from question_bank.imports.rules import Verdict
from question_bank.laws import services as laws
from question_bank.questions.models import Question, QuestionVersion, Topic
from question_bank.questions.rules import Pool
from tests.databases import both_databases
from tests.factories import make_person, make_topic
from tests.question_bank.helpers import HEAD, REGULATION, row, workbook

POOLED = [*HEAD, "用途", "编号"]


def _upload(session: Session, person: Person, *cells: list[str], head: list[str] = HEAD) -> int:
    return services.upload(
        session, filename="题.xlsx", data=workbook(head, *cells), by_id=person.id, now=clock.now()
    ).id


def _import(session: Session, import_id: int, person: Person) -> int:
    return services.import_rows(
        session, import_id=import_id, by_id=person.id, with_doubtful=False, now=clock.now()
    ).total


def _law(session: Session) -> None:
    law = laws.read_law("条例(2019-04-03).md", REGULATION.encode())
    laws.import_law(session, law=law, in_force_on=law.promulgated_on, by_id=None, now=clock.now())


def _verdicts(session: Session, import_id: int) -> list[str]:
    return [each.verdict.value for each in preview_rows(session, import_id)]


@both_databases
def test_a_topic_of_the_file_becomes_one_of_the_bank_in_all_its_rows(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor, topic = make_person(session, Role.EDITOR), make_topic(session, "主动公开")
        import_id = _upload(
            session, editor, row(1, 知识点="主动"), row(2, 知识点="主动", 答案="E"),
            row(3, 知识点="新的"), row(4, 知识点="主动公开"), row(5, 知识点=""),
            row(6, 知识点="长" * 70),
        )  # fmt: skip
        unknown, in_all = found.unknown_topics(session, import_id)
        assert unknown[0] == Unknown("主动", 2)
        assert in_all == 3
        chosen = {"主动": topic.id, "长" * 70: topic.id}
        changed = preview.map_topics(
            session, import_id=import_id, by_id=editor.id, chosen=chosen, now=clock.now()
        )
        assert changed == 3
        assert found.unknown_topics(session, import_id) == ([Unknown("新的", 1)], 1)
        shown = preview_rows(session, import_id)
        assert [f.code for f in shown[0].findings] == []
        assert [f.code for f in shown[1].findings] == ["key_beyond"]
        assert shown[5].verdict is Verdict.GOOD  # it was refused for the length of its topic
        assert _import(session, import_id, editor) == 5
        names = session.scalars(
            select(Topic.name).join(QuestionVersion, QuestionVersion.topic_id == Topic.id)
            .order_by(QuestionVersion.id)
        )  # fmt: skip
        assert list(names) == ["主动公开", "新的", "主动公开", "未分类", "主动公开"]


@both_databases
def test_a_citation_becomes_an_article_in_all_its_rows(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        _law(session)
        editor, _topic = make_person(session, Role.EDITOR), make_topic(session, "依申请公开")
        import_id = _upload(
            session, editor, row(1, 法规依据="信息公开条例第2条"), row(2, 法规依据="信息公开条例第2条"),
            row(3, 法规依据="按规定"), row(4, 法规依据="《政府信息公开条例》第一条"),
        )  # fmt: skip
        assert _verdicts(session, import_id) == ["doubtful", "doubtful", "doubtful", "good"]
        unknown, in_all = found.unknown_bases(session, import_id)
        assert (unknown[0], in_all) == (Unknown("信息公开条例第2条", 2), 2)
        title = "中华人民共和国政府信息公开条例"
        with pytest.raises(Invalid) as caught:
            preview.map_bases(
                session, import_id=import_id, by_id=editor.id, now=clock.now(),
                chosen={"信息公开条例第2条": (title, "99"), "按规定": (title, " ")},
            )  # fmt: skip
        assert set(caught.value.extra["wrong"]) == {"信息公开条例第2条", "按规定"}
        assert _verdicts(session, import_id) == ["doubtful", "doubtful", "doubtful", "good"]
        chosen = {"信息公开条例第2条": (title, "2")}
        changed = preview.map_bases(
            session, import_id=import_id, by_id=editor.id, chosen=chosen, now=clock.now()
        )
        assert changed == 2
        assert _verdicts(session, import_id) == ["good", "good", "doubtful", "good"]
        assert _import(session, import_id, editor) == 3
        versions = list(session.scalars(select(QuestionVersion).order_by(QuestionVersion.id)))
        assert versions[0].basis == f"《{title}》第二条"
        assert all(version.article_id for version in versions)


def test_a_topic_that_is_gone_changes_nothing(door: Session) -> None:
    editor = make_person(door, Role.EDITOR)
    import_id = _upload(door, editor, row(1, 知识点="旧"))
    with pytest.raises(Invalid) as caught:
        preview.map_topics(
            door, import_id=import_id, by_id=editor.id, chosen={"旧": 10**9}, now=clock.now()
        )
    assert list(caught.value.extra["wrong"]) == ["旧"]
    with pytest.raises(Invalid, match="已经没有"):
        _say(door, import_id, editor, topic_id=10**9)
    assert found.unknown_topics(door, import_id)[0] == [Unknown("旧", 1)]


def _say(session: Session, import_id: int, person: Person, **said: Any) -> None:
    values: dict[str, Any] = {
        "source": "", "pool": None, "pool_is_for_all": False, "topic_id": 0, **said,
    }  # fmt: skip
    preview.say_of_whole(session, import_id=import_id, by_id=person.id, now=clock.now(), **values)


@both_databases
@pytest.mark.parametrize(
    ("pool", "for_all", "expected"),
    [
        (None, True, ["exam", "both"]),
        (Pool.PRACTICE, False, ["exam", "practice"]),
        (Pool.PRACTICE, True, ["practice", "practice"]),
    ],
)
def test_what_is_said_once_holds_for_the_rows(
    app: Flask, pool: Pool | None, for_all: bool, expected: list[str]
) -> None:
    with app.app_context(), transaction() as session:
        editor, topic = make_person(session, Role.EDITOR), make_topic(session, "主动公开")
        import_id = _upload(
            session, editor, [*row(1, 知识点=""), "考试", ""], [*row(2), "", ""], head=POOLED
        )
        _say(session, import_id, editor, source="司法局", pool=pool, pool_is_for_all=for_all,
             topic_id=topic.id)  # fmt: skip
        (first, _second) = preview_rows(session, import_id)
        assert [(f.code, f.facts["name"]) for f in first.findings] == [("topic_none", "主动公开")]
        assert queries.own_import(session, import_id, editor.id).source == "司法局"
        assert _import(session, import_id, editor) == 2
        versions = list(session.scalars(select(QuestionVersion).order_by(QuestionVersion.id)))
        assert [version.pool.value for version in versions] == expected
        assert versions[0].topic_id == topic.id
        assert versions[1].topic_id != topic.id


def test_a_pool_for_all_makes_new_versions_of_known_questions(door: Session) -> None:
    """Without it, a question of the bank that the file repeats stays as it is."""
    editor = make_person(door, Role.EDITOR)
    _import(door, _upload(door, editor, [*row(1), "考试", "A-1"], head=POOLED), editor)
    door.query(QuestionVersion).update({"state": "retired"})
    import_id = _upload(door, editor, [*row(1), "", "A-1"], head=POOLED)
    assert _verdicts(door, import_id) == ["same"]
    _say(door, import_id, editor, pool=Pool.PRACTICE)
    assert _verdicts(door, import_id) == ["same"]
    _say(door, import_id, editor, pool=Pool.PRACTICE, pool_is_for_all=True)
    assert _verdicts(door, import_id) == ["good"]
    assert _import(door, import_id, editor) == 1
    versions = list(door.scalars(select(QuestionVersion).order_by(QuestionVersion.number)))
    assert [version.pool for version in versions] == [Pool.EXAM, Pool.PRACTICE]
    assert len(list(door.scalars(select(Question.id)))) == 1


def test_nothing_is_mapped_or_said_after_the_import(door: Session) -> None:
    editor, topic = make_person(door, Role.EDITOR), make_topic(door, "主动公开")
    import_id = _upload(door, editor, row(1, 知识点="旧"))
    _import(door, import_id, editor)
    with pytest.raises(Conflict):
        preview.map_topics(
            door, import_id=import_id, by_id=editor.id, chosen={"旧": topic.id}, now=clock.now()
        )
    with pytest.raises(Conflict):
        preview.map_bases(door, import_id=import_id, by_id=editor.id, chosen={}, now=clock.now())
    with pytest.raises(Conflict):
        _say(door, import_id, editor, source="x")
