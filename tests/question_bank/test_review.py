"""From draft to approved and out of use: who may decide, and what happens when two do at once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.permissions import Role
from question_bank.questions import queries, services
from question_bank.questions.models import (
    Difficulty,
    Pool,
    QuestionType,
    QuestionVersion,
    Topic,
    VersionState,
)
from question_bank.review import queries as review
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


@both_databases
def test_an_approved_second_version_retires_the_first(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        author, reviewer, topic = _cast(session)
        first = _sent(session, author, topic)
        services.approve(session, version_id=first.id, reviewer_id=reviewer.id, now=clock.now())
    with app.app_context(), transaction() as session:
        second = services.start_version(
            session, base_id=first.id, draft=draft(1, explanation="补充"), topic_id=topic.id,
            author_id=author.id, now=clock.now(),
        )  # fmt: skip
        assert second.number == 2
        services.submit_for_review(session, version_id=second.id, by_id=author.id, now=clock.now())
        assert _state(session, first.id) is VersionState.APPROVED
        services.approve(session, version_id=second.id, reviewer_id=reviewer.id, now=clock.now())
        assert _state(session, first.id) is VersionState.RETIRED
        assert _state(session, second.id) is VersionState.APPROVED
    with app.app_context():
        kept = reading().get(QuestionVersion, first.id)
        assert kept is not None
        assert kept.explanation == "见条文。"
        actions = set(reading().scalars(select(AuditEvent.action)))
        assert actions >= {"question.create", "question.submit", "question.approve"}


def test_nobody_approves_what_they_wrote_changed_or_sent(door: Session) -> None:
    author, _reviewer, topic = _cast(door)
    helper, sender = make_person(door, Role.EDITOR), make_person(door, Role.EDITOR)
    version = services.create_draft(
        door, draft=draft(), topic_id=topic.id, author_id=author.id, now=clock.now()
    )
    services.save_draft(
        door, version_id=version.id, revision=1, draft=draft(2), topic_id=topic.id,
        editor_id=helper.id, now=clock.now(),
    )  # fmt: skip
    services.submit_for_review(door, version_id=version.id, by_id=sender.id, now=clock.now())
    for person in (author, helper, sender):
        assert review.waiting_for_review(door, person.id) == 0
        with pytest.raises(Forbidden, match="另一位同志"):
            services.approve(door, version_id=version.id, reviewer_id=person.id, now=clock.now())
        with pytest.raises(Forbidden):
            services.return_(
                door, version_id=version.id, reviewer_id=person.id, now=clock.now(), comment="改"
            )


def test_a_returned_version_is_corrected_by_a_new_one(door: Session) -> None:
    author, reviewer, topic = _cast(door)
    version = _sent(door, author, topic)
    with pytest.raises(Invalid, match="原因"):
        services.return_(
            door, version_id=version.id, reviewer_id=reviewer.id, now=clock.now(), comment=" "
        )
    services.return_(
        door, version_id=version.id, reviewer_id=reviewer.id, now=clock.now(), comment="期限不对"
    )
    with pytest.raises(Conflict):
        services.submit_for_review(door, version_id=version.id, by_id=author.id, now=clock.now())
    second = services.start_version(
        door, base_id=version.id, draft=draft(3), topic_id=topic.id, author_id=author.id,
        now=clock.now(),
    )  # fmt: skip
    assert _state(door, version.id) is VersionState.RETIRED
    view = queries.question(door, version.question_id)
    assert (view.newest.id, view.open and view.open.id, view.approved) == (
        second.id,
        second.id,
        None,
    )
    assert view.versions[1].decided is not None
    assert view.versions[1].events[2].comment == "期限不对"


def test_content_changes_in_drafts_only_and_by_who_saw_the_last_change(door: Session) -> None:
    author, _reviewer, topic = _cast(door)
    version = services.create_draft(
        door, draft=draft(), topic_id=topic.id, author_id=author.id, now=clock.now()
    )

    def save(revision: int, number: int) -> None:
        services.save_draft(
            door, version_id=version.id, revision=revision, draft=draft(number), topic_id=topic.id,
            editor_id=author.id, now=clock.now(),
        )  # fmt: skip

    save(1, 5)
    with pytest.raises(Conflict, match="别人改过"):
        save(1, 6)
    save(2, 7)
    services.submit_for_review(door, version_id=version.id, by_id=author.id, now=clock.now())
    with pytest.raises(Conflict):
        save(3, 8)
    with pytest.raises(Conflict):
        services.start_version(
            door, base_id=version.id, draft=draft(9), topic_id=topic.id, author_id=author.id,
            now=clock.now(),
        )  # fmt: skip


def test_what_the_bank_has_already_is_not_written_twice(door: Session) -> None:
    author, _reviewer, topic = _cast(door)
    first = _sent(door, author, topic)
    code = queries.version(door, first.id).code
    with pytest.raises(Invalid, match=code):
        services.create_draft(
            door, draft=draft(), topic_id=topic.id, author_id=author.id, now=clock.now()
        )
    with pytest.raises(Invalid, match="没有答案"):
        services.create_draft(
            door, draft=draft(key=None), topic_id=topic.id, author_id=author.id, now=clock.now()
        )
    with pytest.raises(NotFound):
        services.approve(door, version_id=10**6, reviewer_id=author.id, now=clock.now())


def test_the_queue_is_oldest_first_and_can_be_skipped_through(door: Session) -> None:
    author, reviewer, topic = _cast(door)
    sent = [_sent(door, author, topic, number) for number in (1, 2, 3)]
    seen, after = [], 0
    while (found := review.next_to_review(door, reviewer.id, after=after)) is not None:
        seen.append(found[0].id)
        after = found[1]
    assert seen == [version.id for version in sent]
    assert review.waiting_for_review(door, reviewer.id) == 3


def test_exams_draw_only_approved_questions_of_their_pools(door: Session) -> None:
    author, _reviewer, topic = _cast(door)
    other = make_topic(door)
    single, easy, hard = QuestionType.SINGLE, Difficulty.EASY, Difficulty.HARD
    wanted = [
        make_question(door, author, topic, difficulty=easy, pool=pool).id
        for pool in (Pool.EXAM, Pool.BOTH)
    ]
    make_question(door, author, topic, difficulty=easy, pool=Pool.PRACTICE)
    make_question(door, author, topic, difficulty=easy, state=VersionState.DRAFT)
    make_question(door, author, topic, difficulty=hard)
    make_question(door, author, other, difficulty=easy)
    assert list(door.scalars(queries.eligible(topic.id, single, easy))) == wanted
    assert len(list(door.scalars(queries.eligible(None, single, None)))) == 4
    assert queries.availability(door) == {
        (topic.id, single, easy): 2, (topic.id, single, hard): 1, (other.id, single, easy): 1,
    }  # fmt: skip
