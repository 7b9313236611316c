"""Questions in doubt leave draws, practice and the notebook; frozen pools leave them out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid, NotFound
from question_bank.questions.models import QuestionType
from question_bank.questions.queries import availability, eligible
from question_bank.suspensions.confirming.services import confirm
from question_bank.suspensions.services import suspend
from quiz.attempts.kinds import ReleasedAttempt
from quiz.attempts.services import start
from quiz.notebook.queries import versions_to_practise
from quiz.notebook.services import gather
from quiz.occasions import services
from quiz.occasions.models import Occasion, PoolExclusion, PoolItem
from quiz.occasions.queries import pool_of, suspended_in_pool
from quiz.occasions.rules import PoolState, can_fill, left_out
from quiz.opening.queries import stock
from quiz.papers.models import Paper
from quiz.papers.rules import Candidate, Row, draw, from_json
from quiz.practice.services import start_by_topic
from tests.databases import both_databases
from tests.factories import make_person
from tests.quiz.candidates import make_occasion
from tests.quiz.practices import make_bank
from tests.statements import counted


def _doubt(session: Session, version_id: int) -> None:
    suspend(session, version_id=version_id, reason="reported", by_id=None, now=clock.now())


def test_what_is_in_doubt_is_drawn_nowhere_until_it_is_confirmed(door: Session) -> None:
    bank = make_bank(door)
    version = bank.versions[0]
    gather(door, ReleasedAttempt(0, 0, bank.person.id, (version.id,)), clock.now())
    reviewer = make_person(door)

    def seen() -> tuple[bool, ...]:
        drawn = door.scalars(eligible(None, version.type, None)).all()
        rounds = [one for ids in stock(door).values() for one in ids]
        notebook = versions_to_practise(door, bank.person.id, limit=50)
        number = availability(door).get((bank.topic.id, version.type, version.difficulty), 0)
        return (
            version.id in drawn, number == 1, version.id in rounds, version.id in notebook,
        )  # fmt: skip

    assert seen() == (True, True, True, True)
    _doubt(door, version.id)
    assert seen() == (False, False, False, False)
    attempt = start_by_topic(
        door, person_id=bank.person.id, topic_id=bank.topic.id, count=50, now=clock.now()
    )
    paper = door.get_one(Paper, attempt.paper_id)
    assert version.id not in {item.version_id for item in from_json(paper.items)}
    confirm(door, version_ids=[version.id], article_id=None, by_id=reviewer.id, now=clock.now())
    assert seen() == (True, True, True, True)


# --- frozen pools ---------------------------------------------------------------------


def _sat(app: Flask, occasion_id: int, times: int = 6) -> set[int]:
    """Versions on the papers of so many people who start now."""
    found: set[int] = set()
    for _ in range(times):
        with app.app_context(), transaction() as session:
            attempt, _new = start(
                session, occasion_id=occasion_id, person_id=make_person(session).id,
                now=clock.now(),
            )  # fmt: skip
            paper = session.get_one(Paper, attempt.paper_id)
            found |= {item.version_id for item in from_json(paper.items)}
    return found


def _pool(session: Session, occasion_id: int) -> list[int]:
    return list(
        session.scalars(
            select(PoolItem.version_id)
            .where(PoolItem.occasion_id == occasion_id)
            .order_by(PoolItem.row, PoolItem.ordinal)
        )
    )


ONE = {QuestionType.SINGLE: 3}


@both_databases
def test_papers_drawn_after_a_suspension_leave_the_version_out(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        occasion = make_occasion(session, counts=ONE, spare=1)
        first = _pool(session, occasion.id)[0]
    assert first in _sat(app, occasion.id)  # the pool is remembered from here on
    with app.app_context(), transaction() as session:
        _doubt(session, first)
    assert first not in _sat(app, occasion.id)
    with app.app_context():
        found = suspended_in_pool(reading(), occasion.id)
        assert [(one.version_id, one.is_out, one.by_name, one.spare) for one in found] == [
            (first, True, "", 0)
        ]
        stored = reading().get_one(Occasion, occasion.id)
        assert (stored.pool_digest, stored.pool_revision) == (occasion.pool_digest, 1)
        assert len(_pool(reading(), occasion.id)) == 4  # what was frozen stays


def test_a_row_that_just_suffices_keeps_it_and_the_office_decides(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        occasion = make_occasion(session, counts=ONE, spare=1)
        first, second = _pool(session, occasion.id)[:2]
        _doubt(session, first)
        _doubt(session, second)
        office = make_person(session, name="甘露").id
        found = {one.version_id: one for one in suspended_in_pool(session, occasion.id)}
        assert (found[first].is_out, found[second].is_out, found[second].spare) == (True, False, 0)
        with pytest.raises(Invalid, match="组不成卷"):
            services.exclude(
                session, occasion_id=occasion.id, version_id=second, by_id=office, now=clock.now()
            )
        services.keep(
            session, occasion_id=occasion.id, version_id=first, by_id=office, now=clock.now()
        )
        services.exclude(
            session, occasion_id=occasion.id, version_id=second, by_id=office, now=clock.now()
        )
        with pytest.raises(NotFound):
            services.keep(
                session, occasion_id=occasion.id, version_id=10**6, by_id=office, now=clock.now()
            )
    drawn = _sat(app, occasion.id)
    assert first in drawn
    assert second not in drawn
    with app.app_context(), transaction() as session:
        found = {one.version_id: one for one in suspended_in_pool(session, occasion.id)}
        assert (found[first].is_kept, found[first].by_name) == (True, "甘露")
        services.exclude_suspended(session, clock.now())  # what the office keeps stays kept
        assert session.get_one(PoolExclusion, (occasion.id, first)).lifted_at is not None


def test_a_confirmed_question_is_not_put_back_by_itself(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        occasion = make_occasion(session, counts=ONE, spare=1)
        first = _pool(session, occasion.id)[0]
        _doubt(session, first)
        confirm(
            session, version_ids=[first], article_id=None, by_id=make_person(session).id,
            now=clock.now(),
        )  # fmt: skip
        assert [one.is_out for one in suspended_in_pool(session, occasion.id)] == [True]
    assert first not in _sat(app, occasion.id)


def test_pools_that_are_over_are_left_alone(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        now = clock.now()
        over = make_occasion(
            session, counts=ONE, opens_at=now - timedelta(days=2), closes_at=now - timedelta(days=1)
        )
        version = _pool(session, over.id)[0]
        _doubt(session, version)
        assert session.get(PoolExclusion, (over.id, version)) is None


def test_a_start_costs_no_statement_more_for_what_is_left_out(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        occasion = make_occasion(session, counts=ONE, spare=2)
        people = [make_person(session).id for _ in range(4)]
        version = _pool(session, occasion.id)[0]
    numbers = []
    for number, person_id in enumerate(people):
        if number == 2:
            with app.app_context(), transaction() as session:
                _doubt(session, version)
        with counted(app) as log, app.app_context(), transaction() as session:
            start(session, occasion_id=occasion.id, person_id=person_id, now=clock.now())
        numbers.append(len(log))
    # the first start after a change reads the pool, the next one remembers it
    assert numbers == [numbers[0], numbers[0] - 1, numbers[0], numbers[0] - 1]


def test_of_a_pool_by_revision_the_remembered_one_is_never_an_older_one(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        occasion = make_occasion(session, counts=ONE, spare=1)
        version = _pool(session, occasion.id)[0]
        before = pool_of(session, occasion.id, occasion.pool_digest, 0)
        _doubt(session, version)
        after = pool_of(session, occasion.id, occasion.pool_digest, 1)
    assert [len(row.items) for row in (*before, *after)] == [4, 3]


# --- the rule ---------------------------------------------------------------------------


def _row(count: int, *versions: int) -> PoolState:
    return PoolState(count, frozenset(versions))


@pytest.mark.parametrize(
    ("rows", "wanted", "expected"),
    [
        ([_row(2, 1, 2, 3)], [1], [1]),
        ([_row(2, 1, 2)], [1], []),
        ([_row(2, 1, 2, 3)], [1, 2], [1]),
        ([_row(1, 1, 2), _row(1, 3)], [3, 1], [1]),
        ([_row(1, 1, 2)], [9], []),
        # rows that share: the second needs what the first may take
        ([_row(1, 1), _row(1, 1, 2)], [2], []),
        ([_row(1, 1), _row(1, 1, 2, 3)], [2, 3], [2]),
    ],
)
def test_versions_are_left_out_as_far_as_rows_stay_full(
    rows: list[PoolState], wanted: list[int], expected: list[int]
) -> None:
    assert left_out(rows, wanted) == expected


ROWS = st.lists(
    st.builds(
        lambda count, versions: PoolState(count, frozenset(versions)),
        st.integers(1, 3), st.sets(st.integers(1, 12), min_size=1),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@given(ROWS, st.sets(st.integers(1, 12)).map(sorted), st.text("abc", min_size=1, max_size=4))
def test_what_can_be_filled_is_filled_by_every_draw(
    rows: list[PoolState], wanted: list[int], seed: str
) -> None:
    if not can_fill(rows):
        return
    out = frozenset(left_out(rows, wanted))
    left = [
        Row(row.count, 1, tuple(
            Candidate(id_, QuestionType.SINGLE, 4, True) for id_ in sorted(row.versions - out)
        ))
        for row in rows
    ]  # fmt: skip
    paper = draw(left, seed)
    assert len(paper) == sum(row.count for row in rows)
    assert not out & {item.version_id for item in paper}


def test_a_practice_with_nothing_left_says_so(door: Session) -> None:
    bank = make_bank(door, types=(QuestionType.SINGLE,))
    _doubt(door, bank.versions[0].id)
    with pytest.raises(Conflict, match="没有可以练"):
        start_by_topic(
            door, person_id=bank.person.id, topic_id=bank.topic.id, count=5, now=clock.now()
        )
