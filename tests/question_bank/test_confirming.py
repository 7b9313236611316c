"""Confirming questions in doubt: same words, new basis, another person, once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.errors import AppError, Conflict, Forbidden, Invalid
from question_bank.laws import queries as laws
from question_bank.media.models import MediaUse
from question_bank.media.services import note_uses, upload
from question_bank.questions import services as questions
from question_bank.questions.models import QuestionVersion, ReviewEvent
from question_bank.questions.queries import draft_of, question
from question_bank.questions.rules import Pool, QuestionType, VersionState
from question_bank.suspensions.confirming import services
from question_bank.suspensions.models import Suspension
from question_bank.suspensions.rules import Reason, SuspensionOutcome
from question_bank.suspensions.services import suspend
from tests.databases import both_databases
from tests.factories import make_question
from tests.question_bank.helpers import draft
from tests.question_bank.revisions import AFTER, SECOND, TITLE, Cast, articles, bring_in, state_of
from tests.question_bank.test_media import picture

GOOD, DOUBT, OFF = VersionState.APPROVED, VersionState.NEEDS_REVIEW, VersionState.RETIRED


class Doubt(Cast):
    """Questions that a revision put in doubt; ``basis``: the changed article in force."""

    def __init__(self, session: Session, count: int = 2, **more: Any) -> None:
        super().__init__(session)
        self.versions = [self.cite(session, self.articles[1], **more).id for _ in range(count)]
        done = bring_in(session, AFTER, SECOND)
        self.present = articles(session, done.version_id)
        self.basis = self.present[2].id

    def confirm(self, session: Session, **changes: Any) -> int:
        values = {
            "version_ids": self.versions, "article_id": self.basis, "by_id": self.reviewer.id,
            "now": clock.now(), **changes,
        }  # fmt: skip
        return services.confirm(session, **values)


@both_databases
def test_a_confirmed_question_is_a_new_version_with_the_same_words_and_the_new_basis(
    app: Flask,
) -> None:
    with app.app_context(), transaction() as session:
        cast = Doubt(session, pool=Pool.EXAM, type_=QuestionType.MULTIPLE)
        assert cast.confirm(session, comment="期限不影响本题") == 2
    with app.app_context():
        session = reading()
        for former_id in cast.versions:
            former = session.get_one(QuestionVersion, former_id)
            newer = session.scalars(
                select(QuestionVersion).where(QuestionVersion.replaces_id == former_id)
            ).one()
            assert (former.state, newer.state, newer.number) == (OFF, GOOD, 2)
            assert (newer.article_id, newer.basis) == (cast.basis, f"《{TITLE}》第三条")
            assert newer.key_changed is False
            assert (newer.digest, newer.author_id, newer.topic_id) == (
                former.digest, former.author_id, former.topic_id,
            )  # fmt: skip
            one, other = draft_of(former), draft_of(newer)
            assert (one.stem, one.options, one.key, one.explanation, one.pool) == (
                other.stem, other.options, other.key, other.explanation, other.pool,
            )  # fmt: skip
            row = session.scalars(
                select(Suspension).where(Suspension.version_id == former_id)
            ).one()
            assert (row.outcome, row.new_version_id, row.closed_by) == (
                SuspensionOutcome.CONFIRMED, newer.id, cast.reviewer.id,
            )  # fmt: skip
            events = [
                (one.from_state, one.to_state, one.by_id, one.comment)
                for one in session.scalars(
                    select(ReviewEvent).where(ReviewEvent.version_id == newer.id)
                )
            ]
            assert events == [(DOUBT, GOOD, cast.reviewer.id, "期限不影响本题")]
            assert laws.standings(session, [newer.article_id], clock.today())[cast.basis].stands


def test_nobody_confirms_their_own_work_and_then_nothing_changes(door: Session) -> None:
    cast = Doubt(door)
    foreign = make_question(door, cast.other, cast.topic)
    foreign.article_id, foreign.state = cast.articles[1].id, DOUBT
    door.flush()
    with pytest.raises(Forbidden, match="另一位同志"):
        cast.confirm(door, version_ids=[*cast.versions, foreign.id], by_id=cast.other.id)


def test_all_or_nothing_where_one_was_decided_meanwhile(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        cast = Doubt(session)
        services.retire_suspended(
            session, version_ids=cast.versions[:1], by_id=cast.other.id, now=clock.now()
        )
    with app.app_context(), pytest.raises(Conflict, match="刚被别人"), transaction() as session:
        cast.confirm(session)
    with app.app_context():
        assert [state_of(reading(), id_) for id_ in cast.versions] == [OFF, DOUBT]
        rows = reading().scalars(select(Suspension.outcome).order_by(Suspension.version_id)).all()
        assert rows == [SuspensionOutcome.RETIRED, None]


def test_the_basis_must_be_in_force(door: Session) -> None:
    cast = Doubt(door)
    for article_id, sentence in (
        (cast.articles[1].id, "不是现行条文"), (10**6, "不是现行条文"), (None, "选一条"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=sentence):
            cast.confirm(door, article_id=article_id)
    with pytest.raises(Invalid, match="先勾选"):
        cast.confirm(door, version_ids=[])
    with pytest.raises(Invalid, match="200"):
        cast.confirm(door, version_ids=range(1, 202))
    assert {state_of(door, id_) for id_ in cast.versions} == {DOUBT}


def test_a_question_that_is_being_rewritten_waits_for_that(door: Session) -> None:
    cast = Doubt(door)
    questions.start_version(
        door, base_id=cast.versions[0], draft=draft(5), topic_id=cast.topic.id,
        author_id=cast.author.id, now=clock.now(), article_id=cast.basis,
    )  # fmt: skip
    with pytest.raises(Conflict, match="正在改写"):
        cast.confirm(door)


def test_a_reported_question_whose_basis_stands_is_approved_again_as_it_is(door: Session) -> None:
    cast = Cast(door)
    with_basis, without = cast.cite(door, cast.articles[0]), cast.cite(door, None)
    for version in (with_basis, without):
        suspend(
            door, version_id=version.id, reason=Reason.REPORTED, by_id=cast.reviewer.id,
            now=clock.now(), comment="有人报错",
        )  # fmt: skip
    ids = [with_basis.id, without.id]
    services.confirm(
        door, version_ids=ids, article_id=None, by_id=cast.reviewer.id, now=clock.now()
    )
    assert [state_of(door, id_) for id_ in ids] == [GOOD, GOOD]
    door.expire_all()
    view = question(door, with_basis.question_id)
    assert (len(view.versions), view.suspended) == (1, None)
    rows = door.execute(select(Suspension.outcome, Suspension.new_version_id)).all()
    assert [tuple(row) for row in rows] == [(SuspensionOutcome.CONFIRMED, None)] * 2
    # and it may be put in doubt again
    suspend(door, version_id=without.id, reason=Reason.REPORTED, by_id=None, now=clock.now())
    assert door.scalar(select(func.count()).select_from(Suspension)) == 3


def _race(app: Flask, cast: Doubt) -> list[str]:
    """What two people at once are told: one confirms, the other takes out of use."""
    gate = threading.Barrier(2)

    def one(number: int) -> str:
        with app.app_context():
            gate.wait()
            try:
                with transaction() as session:
                    if number:
                        cast.confirm(session)
                    else:
                        services.retire_suspended(
                            session, version_ids=cast.versions, by_id=cast.other.id,
                            now=clock.now(),
                        )  # fmt: skip
            except AppError as error:
                return error.code
            return "done"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(one, range(2)))


@both_databases
def test_of_two_decisions_at_once_one_wins(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        cast = Doubt(session, 5)
    assert _race(app, cast) == ["conflict", "done"]
    with app.app_context():
        assert len({state_of(reading(), id_) for id_ in cast.versions}) == 1
        outcomes = set(reading().scalars(select(Suspension.outcome)))
        assert len(outcomes) == 1
        assert None not in outcomes


def test_without_the_condition_both_would_win(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the race: the guard off, both are told that they have done it."""

    def careless(session: Session, statement: Any) -> int:
        ids = list(statement.compile().params["id_1"])
        session.execute(
            update(QuestionVersion)
            .where(QuestionVersion.id.in_(ids))
            .values(state=statement.compile().params["state"])
        )
        return len(ids)

    with app.app_context(), transaction() as session:
        cast = Doubt(session, 2)
    monkeypatch.setattr(services, "execute", careless)
    monkeypatch.setattr(services, "_renew", lambda *_values: None)
    assert _race(app, cast) == ["done", "done"]


def test_a_confirmed_question_shows_its_pictures_still(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        cast = Doubt(session, count=1, stem="乙", is_rich=True)
        sha = upload(session, data=picture(), alt="示意图", by_id=cast.author.id, now=clock.now())
        note_uses(session, {cast.versions[0]: draft(stem=f"![示意图](media:{sha})", is_rich=True)})
        cast.confirm(session)
        renewed = session.scalars(
            select(QuestionVersion.id).where(QuestionVersion.replaces_id == cast.versions[0])
        ).one()
        assert session.get(MediaUse, (renewed, sha)) is not None
