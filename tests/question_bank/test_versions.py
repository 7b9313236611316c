"""What a version replaced, that its content stays, and which one is the newest: kept by the database."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from question_bank.questions import queries, services
from question_bank.questions.models import Difficulty, QuestionVersion, VersionState
from question_bank.questions.rules import Pool, QuestionType
from tests.databases import both_databases
from tests.factories import make_article, make_question, make_topic
from tests.question_bank.bench import bench_of
from tests.question_bank.helpers import draft


def test_a_version_records_what_it_replaces_and_whether_the_key_changed(door: Session) -> None:
    bench = bench_of(door)
    first = bench.approved()
    assert (first.replaces_id, first.key_changed) == (None, None)
    second = bench.next_of(first, options=("二十日", "十日", "三十日"), key=[0])
    assert (second.replaces_id, second.key_changed) == (first.id, False)
    services.save_draft(
        door, version_id=second.id, revision=1, draft=draft(key=[2], stem=first.stem),
        topic_id=bench.topic.id, editor_id=bench.author.id, now=clock.now(),
    )  # fmt: skip
    door.refresh(second)
    assert (second.replaces_id, second.key_changed) == (first.id, True)
    view = queries.question(door, first.question_id)
    replaced = view.replaced_by(view.newest)
    assert replaced is not None
    assert replaced.number == 1
    assert view.successor_of(replaced) is None  # not before it is approved


def test_a_returned_version_is_not_what_its_correction_replaces(door: Session) -> None:
    bench = bench_of(door)
    first = bench.approved()
    second = bench.next_of(first, explanation="补充")
    bench.submit(second)
    services.return_(
        door, version_id=second.id, reviewer_id=bench.reviewer.id, now=clock.now(), comment="再改"
    )
    third = bench.next_of(second, explanation="再补充")
    assert third.replaces_id == first.id


def test_drafts_inserted_many_at_once_record_it_too(door: Session) -> None:
    bench = bench_of(door)
    first, other = bench.approved(), bench.approved()
    later = [
        QuestionVersion(
            question_id=base.question_id, number=2, state=VersionState.DRAFT, type=base.type,
            stem=base.stem, options=list(base.options), key=key, topic_id=base.topic_id,
            difficulty=base.difficulty, pool=base.pool, digest=base.digest,
            author_id=bench.author.id, created_at=clock.now(),
        )
        for base, key in ((first, [2]), (other, [1]))
    ]  # fmt: skip
    door.add_all([*later, fresh := bench.written()])
    door.flush()
    services.note_replaced(door, [each.id for each in (*later, fresh)])
    door.expire_all()
    assert [(each.replaces_id, each.key_changed) for each in (*later, fresh)] == [
        (first.id, True), (other.id, False), (None, None),
    ]  # fmt: skip


CONTENT = {
    "stem": "另一个题干", "options": ["甲", "乙"], "key": [0], "explanation": "另一种解析",
    "passage": "材料", "is_rich": True, "difficulty": Difficulty.HARD, "pool": Pool.EXAM,
    "may_shuffle": False, "basis": "《条例》第一条", "digest": "0" * 64, "number": 9,
    "type": QuestionType.MULTIPLE, "key_changed": True,
}  # fmt: skip
LEFT_DRAFT = [state for state in VersionState if state is not VersionState.DRAFT]


@both_databases
def test_content_stays_once_a_version_left_draft(app: Flask) -> None:
    """Each column by itself, past the services and past the ORM's own checks."""
    with app.app_context():
        with transaction() as session:
            bench = bench_of(session)
            made = {
                state: make_question(session, bench.author, bench.topic, state=state).id
                for state in VersionState
            }
            other = make_topic(session).id
        columns = {**CONTENT, "topic_id": other, "author_id": bench.reviewer.id}
        tried = [(VersionState.APPROVED, name) for name in columns]
        for state, name in [*tried, *((state, "stem") for state in LEFT_DRAFT)]:
            with pytest.raises(DatabaseError), transaction() as session:
                _set(session, made[state], **{name: columns[name]})
        with transaction() as session:
            _set(session, made[VersionState.DRAFT], **columns)


def _set(session: Session, version_id: int, **values: object) -> None:
    session.execute(
        update(QuestionVersion).where(QuestionVersion.id == version_id).values(**values)
    )


@both_databases
def test_states_move_and_an_article_may_be_found_once(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bench = bench_of(session)
            version = make_question(session, bench.author, bench.topic)
            first, second = make_article(session, "第一条").id, make_article(session, "第二条").id
        with transaction() as session:
            _set(session, version.id, state=VersionState.NEEDS_REVIEW)
            _set(session, version.id, article_id=first)
            _set(session, version.id, article_id=first, revision=7)
        with pytest.raises(DatabaseError), transaction() as session:
            _set(session, version.id, article_id=second)


@both_databases
def test_the_newest_version_is_marked_whoever_inserts_or_deletes(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bench = bench_of(session)
            first = bench.approved()
            alone = bench.approved()
            second = bench.next_of(first, explanation="补充")
        assert _newest(reading()) == {alone.id, second.id}
        reading().rollback()
        with transaction() as session:
            bare = QuestionVersion(
                question_id=alone.question_id, number=2, state=VersionState.DRAFT, type=alone.type,
                stem=alone.stem, options=list(alone.options), key=alone.key,
                topic_id=alone.topic_id, difficulty=alone.difficulty, pool=alone.pool,
                digest=alone.digest, author_id=bench.author.id, created_at=clock.now(),
            )  # fmt: skip
            session.add(bare)
            session.flush()
            assert _newest(session) == {bare.id, second.id}
            session.execute(delete(QuestionVersion).where(QuestionVersion.id == bare.id))
            assert _newest(session) == {alone.id, second.id}


def _newest(session: Session) -> set[int]:
    return set(session.scalars(select(QuestionVersion.id).where(QuestionVersion.is_newest)))
