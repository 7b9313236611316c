"""Many are approved at once: own work is left, each version is approved once whoever else decides."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import Invalid
from core.permissions import Role
from question_bank.questions.models import QuestionVersion, ReviewEvent, VersionState
from question_bank.review import queries, services
from question_bank.review.rules import MAX_AT_ONCE
from tests.databases import both_databases
from tests.factories import make_person
from tests.question_bank.bench import bench_of
from tests.statements import counted


def test_what_may_be_decided_is_and_the_rest_is_named(door: Session) -> None:
    bench = bench_of(door)
    first = bench.approved()
    second = bench.next_of(first, explanation="补充")
    bench.submit(second)
    new, gone = bench.sent(), bench.sent()
    services.return_(
        door, version_id=gone.id, reviewer_id=bench.reviewer.id, now=clock.now(), comment="不对"
    )
    both = make_person(door, Role.EDITOR, Role.REVIEWER)
    own = bench.written()
    services.submit_for_review(door, version_id=own.id, by_id=both.id, now=clock.now())
    codes = queries.codes_of(door, [each.id for each in (second, new, gone, own)])
    done = services.approve_many(
        door, version_ids=[*codes, 10**6], reviewer_id=both.id, now=clock.now(), comment="同意"
    )
    assert done.approved == [codes[second.id], codes[new.id]]
    assert done.own == [codes[own.id]]
    assert done.changed == [codes[gone.id]]
    states = [bench.state(each) for each in (first, second, new, gone, own)]
    assert states == [
        VersionState.RETIRED, VersionState.APPROVED, VersionState.APPROVED,
        VersionState.RETURNED, VersionState.IN_REVIEW,
    ]  # fmt: skip
    events = door.execute(
        select(ReviewEvent.from_state, ReviewEvent.to_state, ReviewEvent.comment)
        .where(ReviewEvent.by_id == both.id, ReviewEvent.version_id.in_([first.id, second.id]))
        .order_by(ReviewEvent.id)
    ).all()
    assert [tuple(event) for event in events] == [
        (VersionState.APPROVED, VersionState.RETIRED, ""),
        (VersionState.IN_REVIEW, VersionState.APPROVED, "同意"),
    ]


def test_a_batch_is_one_record_and_has_bounds(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            bench = bench_of(session)
            ids = [bench.sent().id for _number in range(3)]
        with transaction() as session:
            services.approve_many(
                session, version_ids=ids, reviewer_id=bench.reviewer.id, now=clock.now()
            )
        facts = list(
            reading().scalars(
                select(AuditEvent.facts).where(AuditEvent.action == "question.approve_many")
            )
        )
        assert [(each["versions"], each["left"]) for each in facts] == [(3, 0)]
        reading().rollback()
        for count in (0, MAX_AT_ONCE + 1):
            with pytest.raises(Invalid), transaction() as session:
                services.approve_many(
                    session,
                    version_ids=range(1, count + 1),
                    reviewer_id=bench.reviewer.id,
                    now=clock.now(),
                )


def test_a_batch_takes_the_same_statements_whatever_its_size(app: Flask) -> None:
    taken = []
    for size in (2, 20):
        with app.app_context():
            with transaction() as session:
                bench = bench_of(session)
                bench.number = size * 100
                ids = [bench.sent().id for _number in range(size)]
            with counted(app) as log, transaction() as session:
                services.approve_many(
                    session, version_ids=ids, reviewer_id=bench.reviewer.id, now=clock.now()
                )
            taken.append(len(log))
    assert taken[0] == taken[1] <= 10


def _approvals(session: Session) -> dict[int, int]:
    """Version id → how often it was approved."""
    rows = session.execute(
        select(ReviewEvent.version_id, func.count())
        .where(ReviewEvent.to_state == VersionState.APPROVED)
        .group_by(ReviewEvent.version_id)
    )
    return {row[0]: row[1] for row in rows}


def _at_once(*acts: Callable[[], object]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@both_databases
def test_two_reviewers_approve_the_same_batch_once(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        second = make_person(session, Role.REVIEWER).id
        ids = [bench.sent().id for _number in range(5)]
    gate, approved = threading.Barrier(2), list[str]()

    def approve(person_id: int, order: list[int]) -> None:
        gate.wait()
        with app.app_context(), transaction() as session:
            done = services.approve_many(
                session, version_ids=order, reviewer_id=person_id, now=clock.now()
            )
            approved.extend(done.approved)

    _at_once(lambda: approve(bench.reviewer.id, ids), lambda: approve(second, list(reversed(ids))))
    assert len(approved) == len(set(approved)) == 5
    with app.app_context():
        assert _approvals(reading()) == dict.fromkeys(ids, 1)


@both_databases
def test_without_the_claim_both_batches_would_approve(app: Flask) -> None:
    """The twin: what was read before the door decides, and both write."""
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        second = make_person(session, Role.REVIEWER).id
        ids = [bench.sent().id for _number in range(2)]
    both_have_read = threading.Barrier(2)

    def approve(person_id: int) -> None:
        with app.app_context():
            waiting = select(QuestionVersion.id).where(
                QuestionVersion.state == VersionState.IN_REVIEW
            )
            found = list(reading().scalars(waiting))
            reading().rollback()
            both_have_read.wait()
            with transaction() as session:
                session.execute(
                    update(QuestionVersion)
                    .where(QuestionVersion.id.in_(found))
                    .values(state=VersionState.APPROVED)
                )
                session.add_all(
                    ReviewEvent(
                        version_id=id_, from_state=VersionState.IN_REVIEW, by_id=person_id,
                        to_state=VersionState.APPROVED, at=clock.now(),
                    )
                    for id_ in found
                )  # fmt: skip

    _at_once(lambda: approve(bench.reviewer.id), lambda: approve(second))
    with app.app_context():
        assert _approvals(reading()) == dict.fromkeys(ids, 2)


@both_databases
def test_a_batch_and_a_single_decision_do_not_wait_for_one_another_for_ever(app: Flask) -> None:
    """Both claim the version before the one it replaces, so neither holds what the other needs."""
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        second = make_person(session, Role.REVIEWER).id
        later = []
        for _number in range(4):
            later.append(bench.next_of(bench.approved(), explanation="补充"))
            bench.submit(later[-1])
        ids = [each.id for each in later]
    gate, single = threading.Barrier(2), list[str]()

    def many() -> None:
        gate.wait()
        with app.app_context(), transaction() as session:
            services.approve_many(session, version_ids=ids, reviewer_id=second, now=clock.now())

    def one() -> None:
        gate.wait()
        try:
            with app.app_context(), transaction() as session:
                services.approve(
                    session, version_id=ids[-1], reviewer_id=bench.reviewer.id, now=clock.now()
                )
        except Exception as error:
            single.append(type(error).__name__)

    _at_once(many, one)
    assert single in ([], ["Conflict"])
    with app.app_context():
        assert {id_: n for id_, n in _approvals(reading()).items() if id_ in ids} == dict.fromkeys(
            ids, 1
        )
