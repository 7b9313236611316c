"""Two people at once: the database decides."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.errors import AppError
from core.permissions import Role
from question_bank.questions import services
from question_bank.questions.models import (
    QuestionVersion,
    ReviewEvent,
    Topic,
    VersionState,
)
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic
from tests.question_bank.helpers import draft


def _cast(session: Session) -> tuple[Person, Person, Topic]:
    return (
        make_person(session, Role.EDITOR),
        make_person(session, Role.REVIEWER),
        make_topic(session),
    )


def _sent(session: Session, author: Person, topic: Topic, number: int = 1) -> QuestionVersion:
    version = services.create_draft(
        session, draft=draft(number), topic_id=topic.id, author_id=author.id, now=clock.now()
    )
    services.submit_for_review(session, version_id=version.id, by_id=author.id, now=clock.now())
    return version


def _state(session: Session, version_id: int) -> VersionState:
    found = session.scalar(select(QuestionVersion.state).where(QuestionVersion.id == version_id))
    assert found is not None
    return found


# --- races -----------------------------------------------------------------------


def _at_once(app: Flask, *acts: Callable[[Session], object]) -> list[str]:
    """Each act in a thread and transaction of its own; what became of each."""
    gate, said = threading.Barrier(len(acts)), list[str]()

    def run(act: Callable[[Session], object]) -> None:
        gate.wait()
        try:
            with app.app_context(), transaction() as session:
                act(session)
            said.append("done")
        except AppError as error:
            said.append(error.code)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


@both_databases
def test_two_reviewers_decide_once(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        author, reviewer, topic = _cast(session)
        second = make_person(session, Role.REVIEWER)
        version = _sent(session, author, topic)
    said = _at_once(
        app,
        lambda session: services.approve(
            session, version_id=version.id, reviewer_id=reviewer.id, now=clock.now()
        ),
        lambda session: services.return_(
            session, version_id=version.id, reviewer_id=second.id, now=clock.now(), comment="否"
        ),
    )
    assert said == ["conflict", "done"]
    with app.app_context():
        assert len(_decisions(reading(), version.id)) == 1


def _decisions(session: Session, version_id: int) -> list[ReviewEvent]:
    decided = [VersionState.APPROVED, VersionState.RETURNED]
    return list(
        session.scalars(
            select(ReviewEvent).where(
                ReviewEvent.version_id == version_id, ReviewEvent.to_state.in_(decided)
            )
        )
    )


@both_databases
def test_without_the_condition_both_decisions_would_stand(app: Flask) -> None:
    """The twin: what was read before the door decides, and both write."""
    with app.app_context(), transaction() as session:
        author, reviewer, topic = _cast(session)
        version = _sent(session, author, topic)
    both_have_read = threading.Barrier(2)

    def decide(to: VersionState) -> None:
        with app.app_context():
            state = _state(reading(), version.id)
            reading().rollback()
            both_have_read.wait()
            if state is VersionState.IN_REVIEW:
                with transaction() as session:
                    session.execute(
                        update(QuestionVersion)
                        .where(QuestionVersion.id == version.id)
                        .values(state=to)
                    )
                    session.add(
                        ReviewEvent(version_id=version.id, from_state=state, to_state=to,
                                    by_id=reviewer.id, at=clock.now())
                    )  # fmt: skip

    threads = [
        threading.Thread(target=decide, args=(to,))
        for to in (VersionState.APPROVED, VersionState.RETURNED)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert len(_decisions(reading(), version.id)) == 2


@both_databases
def test_two_editors_begin_one_version(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        author, _reviewer, topic = _cast(session)
        second = make_person(session, Role.EDITOR)
        base = make_question(session, author, topic)

    def begin(person: Person, number: int) -> Callable[[Session], object]:
        return lambda session: services.start_version(
            session, base_id=base.id, draft=draft(number), topic_id=topic.id,
            author_id=person.id, now=clock.now(),
        )  # fmt: skip

    assert _at_once(app, begin(author, 1), begin(second, 2)) == ["changed", "done"]
