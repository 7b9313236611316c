"""What the list can be narrowed by, and filters that are kept under a name."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.errors import Invalid, NotFound
from core.permissions import Role
from question_bank.filters import queries, services
from question_bank.filters.rules import (
    MAX_KEPT,
    Filters,
    from_address,
    read_address,
    tidied,
    to_address,
)
from question_bank.questions.models import Difficulty, Pool, QuestionType, VersionState
from tests.databases import both_databases
from tests.factories import make_article, make_person, make_question, make_topic, rewrite, sign_in
from tests.question_bank.bench import bench_of

LIMITS = st.builds(
    Filters,
    words=st.text("公开 A%_&=+", max_size=9).map(str.strip),
    topic_id=st.none() | st.integers(0, 10**9),
    type=st.none() | st.sampled_from(QuestionType),
    difficulty=st.none() | st.sampled_from(Difficulty),
    pool=st.none() | st.sampled_from(Pool),
    state=st.none() | st.sampled_from(VersionState),
    author_id=st.none() | st.integers(0, 10**9),
    basis=st.text("第一条《》", max_size=9),
)


@given(LIMITS)
def test_an_address_holds_the_filters(filters: Filters) -> None:
    assert read_address(to_address(filters)) == filters
    assert tidied(to_address(filters)) == to_address(filters)


@given(st.text(max_size=60))
def test_no_address_is_too_odd_to_be_read(address: str) -> None:
    assert tidied(tidied(address)) == tidied(address)


def test_what_is_unknown_is_left_out() -> None:
    assert tidied("q=公开&next=//evil&sort=code&state=nonsense&topic=x&difficulty=easy") == (
        to_address(Filters(words="公开", difficulty=Difficulty.EASY))
    )
    assert from_address({"topic": "9" * 30, "type": "essay"}) == Filters()


@both_databases
def test_every_word_is_found_wherever_it_stands(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        author, topic = make_person(session), make_topic(session)
        made = {
            "stem": make_question(session, author, topic, stem="依申请公开的期限"),
            "options": make_question(session, author, topic, stem="题甲", options=["十日", "二十个工作日"]),
            "explanation": make_question(session, author, topic, stem="题乙"),
            "english": make_question(session, author, topic, stem="题丙 about GDPR", options=["Yes", "100%_\\"]),
        }  # fmt: skip
        rewrite(session, made["explanation"].id, explanation="条文写明二十个工作日")
        code = "T-"

        def found(words: str) -> set[str]:
            ids = set(session.scalars(queries.matching(Filters(words=words))))
            return {name for name, version in made.items() if version.id in ids}

        assert found("期限") == {"stem"}
        assert found("二十个工作日") == {"options", "explanation"}
        assert found("二十个工作日 题甲") == {"options"}
        assert found("gdpr YES") == {"english"}
        assert found("100%_\\") == {"english"}
        assert found("_") == {"english"}
        assert found(code.lower()) == set(made)
        assert found("没有") == set()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("政府信息公开条例第二十六条", {"linked", "written"}),
        ("《中华人民共和国政府信息公开条例》第26条", {"linked", "written"}),
        ("第二十六条", {"linked", "written", "other"}),
        ("26", {"linked", "written", "other"}),
        ("政府信息公开条例", {"linked", "written", "another"}),
        ("保密法第二十六条", {"other"}),
        ("政府信息公开条例第一条", {"another"}),
        ("第九条", set()),
    ],
)
def test_a_law_and_an_article_are_typed(door: Session, typed: str, expected: set[str]) -> None:
    author, topic = make_person(door), make_topic(door)
    made = {
        name: make_question(door, author, topic)
        for name in ("linked", "written", "other", "another", "none")
    }
    title = "中华人民共和国政府信息公开条例"
    article = make_article(door, "第二十六条", title=title)
    rewrite(door, made["linked"].id, article_id=article.id, basis="《条例》第26条")
    rewrite(door, made["written"].id, basis="《政府信息公开条例》第二十六条第一款")
    rewrite(door, made["other"].id, article_id=make_article(door, "第二十六条", title="保密法").id)
    rewrite(door, made["another"].id, article_id=make_article(door, "第一条", title=title).id)
    ids = set(door.scalars(queries.matching(Filters(basis=typed))))
    assert {name for name, version in made.items() if version.id in ids} == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"state": VersionState.APPROVED}, ["old"]),
        ({"state": VersionState.DRAFT}, ["new"]),
        ({}, ["new"]),
        ({"type": QuestionType.MULTIPLE}, []),
        ({"difficulty": Difficulty.MEDIUM, "pool": Pool.BOTH}, ["new"]),
    ],
)
def test_a_question_shows_with_its_newest_version_or_the_one_in_a_state(
    door: Session, limits: dict[str, Any], expected: list[str]
) -> None:
    bench = bench_of(door)
    old = bench.approved()
    names = {old.id: "old", bench.next_of(old, explanation="补充").id: "new"}
    assert [names[id_] for id_ in door.scalars(queries.matching(Filters(**limits)))] == expected


# --- kept under a name -----------------------------------------------------------


def _keep(session: Session, person_id: int, name: str = "难题", **changes: Any) -> int:
    values = {"address": "difficulty=hard&page=3", "is_shared": False, **changes}
    return services.keep_filter(
        session, person_id=person_id, name=name, now=clock.now(), **values
    ).id


def test_a_filter_is_its_owners_or_everybodys(door: Session) -> None:
    mine, other = make_person(door, Role.EDITOR), make_person(door, Role.REVIEWER)
    kept = _keep(door, mine.id)
    shared = _keep(door, mine.id, "共用的", is_shared=True)
    assert [(each.name, each.address, each.is_own) for each in queries.kept_filters(door, mine.id)] == [
        ("共用的", "difficulty=hard", True), ("难题", "difficulty=hard", True),
    ]  # fmt: skip
    assert [(each.id, each.owner) for each in queries.kept_filters(door, other.id)] == [
        (shared, mine.name)
    ]
    with pytest.raises(NotFound):
        services.drop_filter(door, filter_id=shared, person_id=other.id)
    with pytest.raises(NotFound):
        services.change_filter(
            door, filter_id=shared, person_id=other.id, name="我的", is_shared=False
        )
    services.change_filter(door, filter_id=kept, person_id=mine.id, name="最难", is_shared=True)
    assert len(queries.kept_filters(door, other.id)) == 2
    services.drop_filter(door, filter_id=kept, person_id=mine.id)
    assert len(queries.kept_filters(door, mine.id)) == 1


def test_a_name_is_free_there_is_something_to_keep_and_room_for_it(door: Session) -> None:
    person = make_person(door, Role.EDITOR)
    first = _keep(door, person.id)
    for name, address, said in (
        ("难题", "pool=exam", "已经有名为"),
        (" ", "pool=exam", "起个名字"),
        ("长" * 33, "pool=exam", "最多 32 字"),
        ("别的", "next=//evil", "先设好筛选条件"),
    ):
        with pytest.raises(Invalid, match=said):
            _keep(door, person.id, name, address=address)
    second = _keep(door, person.id, "别的")
    with pytest.raises(Invalid, match="已经有名为"):
        services.change_filter(
            door, filter_id=second, person_id=person.id, name="难题", is_shared=False
        )
    door.expire_all()
    assert queries.own_filter(door, first, person.id).name == "难题"
    for number in range(2, MAX_KEPT):
        _keep(door, person.id, f"第{number}个")
    with pytest.raises(Invalid, match="最多存"):
        _keep(door, person.id, "再一个")


def test_the_pages_keep_apply_rename_and_drop(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.AUDITOR)
    client = app.test_client()
    token = sign_in(client, person)
    listed = client.get("/questions?difficulty=hard").text
    assert "把这个筛选存起来" in listed
    sent = client.post(
        "/questions/filters",
        data={"name": "难题", "address": "difficulty=hard", "csrf_token": token},
    )
    assert sent.location == "/questions?difficulty=hard"
    applied = client.get(sent.location).text
    assert 'aria-current="true">难题' in applied
    assert "把这个筛选存起来" not in applied
    refused = client.post(
        "/questions/filters",
        data={"name": "难题", "address": "pool=exam", "csrf_token": token},
    ).text
    assert "换一个名字" in refused
    assert 'value="pool=exam"' in refused  # nothing that was typed is lost
    assert client.post(
        "/questions/filters/1", data={"name": "最难的题", "is_shared": "y", "csrf_token": token}
    ).location == "/questions/filters"  # fmt: skip
    assert "最难的题" in client.get("/questions/filters").text
    client.post("/questions/filters/1/drop", data={"csrf_token": token})
    assert "最难的题" not in client.get("/questions").text
