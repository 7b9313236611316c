"""How attempts begin and end: tries, release, voiding, jobs; and who gets what to see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from accounts.signin.models import Account, LoginSession
from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.permissions import Role
from question_bank.questions.models import QuestionType, QuestionVersion, VersionState
from quiz.attempts import jobs, queries, services
from quiz.attempts.kinds import Kind, ScoredAttempt
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.grading.rules import to_letters
from quiz.occasions.models import Occasion, ReleaseRule
from quiz.occasions.queries import suspended_in_pool
from quiz.occasions.services import RowSpec, open_occasion
from quiz.papers.cache import forget_all
from quiz.papers.queries import items_of, versions_of
from tests.databases import both_databases
from tests.factories import make_login, make_person, rewrite, sign_in, sign_in_with
from tests.quiz.candidates import (
    Candidate,
    acts,
    attempts,
    count,
    document,
    kind,
    make_occasion,
    sit,
    sound_value,
)
from tests.statements import counted


def _again(app: Flask, candidate: Candidate, **when: Any) -> tuple[Attempt, bool]:
    with app.app_context(), transaction() as session:
        return services.start(
            session, occasion_id=candidate.occasion_id, person_id=candidate.person_id,
            now=clock.now() + timedelta(**when),
        )  # fmt: skip


def _state(app: Flask, attempt_id: int) -> AttemptState:
    with app.app_context():
        return reading().scalars(select(Attempt.state).where(Attempt.id == attempt_id)).one()


def _right_answers(app: Flask, candidate: Candidate) -> list[tuple[int, int, Any]]:
    """Operations that answer the whole paper rightly."""
    attempt = next(a for a in attempts(app) if a.id == candidate.attempt_id)
    with app.app_context():
        items = items_of(reading(), (attempt.paper_id, attempt.started_at))
        versions = versions_of(reading(), (item.version_id for item in items))
        reading().rollback()
    operations: list[tuple[int, int, Any]] = []
    for position, item in enumerate(items, start=1):
        key = versions[item.version_id].key
        value = key
        if item.order:
            value = to_letters(key, item.order)
            value = value[0] if item.type is QuestionType.SINGLE else value
        elif item.blanks:
            value = [accepted[0] for accepted in key]
        operations.append((position, 1, value))
    return operations


# --- start --------------------------------------------------------------------------


@both_databases
def test_a_start_takes_few_statements(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        occasion, person = make_occasion(session), make_person(session)
    forget_all()
    with counted(app) as log, app.app_context(), transaction() as session:
        services.start(session, occasion_id=occasion.id, person_id=person.id, now=clock.now())
    assert len(log) <= 7, log  # five are left for who may sit, and why


def test_the_number_of_tries_is_kept(app: Flask) -> None:
    candidate = sit(app, tries=2)
    assert _again(app, candidate)[1] is False
    candidate.submit()
    second, is_new = _again(app, candidate)
    assert (second.number, is_new) == (2, True)
    candidate.attempt_id = second.id
    candidate.open()
    candidate.submit()
    with pytest.raises(Conflict, match="次数已用完"):
        _again(app, candidate)


def test_after_a_pass_there_is_no_further_try(app: Flask) -> None:
    candidate = sit(app, tries=3)
    done = candidate.submit(*_right_answers(app, candidate))
    assert document(done)["result"] == {"marks": 80, "max_marks": 80, "is_pass": True}
    with pytest.raises(Conflict) as refused:
        _again(app, candidate)
    assert refused.value.code == "already_passed"


@pytest.mark.parametrize(("hours", "code"), [(-2, "not_open"), (4, "window_closed")])
def test_outside_the_window_nothing_starts(app: Flask, hours: int, code: str) -> None:
    with app.app_context(), transaction() as session:
        occasion, person = make_occasion(session), make_person(session)
    with app.app_context(), transaction() as session, pytest.raises(Conflict) as refused:
        services.start(
            session, occasion_id=occasion.id, person_id=person.id,
            now=clock.now() + timedelta(hours=hours),
        )  # fmt: skip
    assert refused.value.code == code


def test_a_start_first_closes_what_is_overdue(app: Flask) -> None:
    candidate = sit(app, minutes=10)
    second, is_new = _again(app, candidate, minutes=11)
    assert (second.number, is_new) == (2, True)
    assert _state(app, candidate.attempt_id) is AttemptState.SCORED


def test_papers_of_one_occasion_differ_and_are_kept(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        occasion = make_occasion(session, spare=20)
        people = [make_person(session).id for _ in range(3)]
    for person_id in people:
        with app.app_context(), transaction() as session:
            services.start(session, occasion_id=occasion.id, person_id=person_id, now=clock.now())
    from quiz.occasions.queries import pool_of
    from quiz.papers.models import Paper
    from quiz.papers.rules import as_json, digest_of, draw

    with app.app_context():
        papers = reading().scalars(select(Paper)).all()
        pool = pool_of(reading(), occasion.id, occasion.pool_digest, 0)
    assert len({paper.digest for paper in papers}) == 3
    for paper in papers:
        again = draw(pool, paper.seed)
        assert (as_json(again), digest_of(again)) == (paper.items, paper.digest)


# --- occasions ----------------------------------------------------------------------


def test_an_occasion_that_cannot_work_is_refused(app: Flask) -> None:
    now = clock.now()
    sound: dict[str, Any] = {
        "kind": "test", "title": "考试", "opens_at": now, "closes_at": now + timedelta(hours=1),
        "minutes": 60, "tries": 1, "pass_mark": 1, "multiple_rule": "partial",
        "release_rule": "at_once", "rows": [RowSpec("单选", 1, 1, [1])], "now": now,
    }  # fmt: skip
    bad: list[dict[str, Any]] = [
        {"closes_at": now}, {"minutes": -1}, {"rows": []}, {"rows": [RowSpec("单选", 2, 1, [1, 1])]},
        {"pass_mark": 2}, {"tries": 0},
    ]  # fmt: skip
    for change in bad:
        with app.app_context(), transaction() as session, pytest.raises(Invalid):
            open_occasion(session, **(sound | change))


def test_a_retired_version_in_a_frozen_pool_is_shown_and_still_drawn(app: Flask) -> None:
    candidate = sit(app)
    with app.app_context(), transaction() as session:
        version = session.scalars(select(QuestionVersion)).first()
        assert version is not None
        version.state = VersionState.RETIRED
    with app.app_context():
        found = suspended_in_pool(reading(), candidate.occasion_id)
    assert [(one.version_id, one.state) for one in found] == [(version.id, VersionState.RETIRED)]


# --- end ----------------------------------------------------------------------------


@both_databases
def test_the_job_closes_and_releases_what_is_due(app: Flask) -> None:
    candidates = [sit(app, minutes=10) for _ in range(3)]
    candidates[0].save((1, 1, "A"))
    with app.app_context():
        assert jobs.close_attempts(clock.now()) == "closed 0"
        assert jobs.close_attempts(clock.now() + timedelta(minutes=11)) == "closed 3"
        assert jobs.close_attempts(clock.now() + timedelta(minutes=11)) == "closed 0"
        assert jobs.release_results(clock.now() + timedelta(hours=2)) == "released 0"
        assert jobs.release_results(clock.now() + timedelta(hours=4)) == "released 3"
    assert acts(app, candidates[0].attempt_id) == [
        "attempt.start", "attempt.submit", "attempt.score", "attempt.release",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "at_once", "after_the_window"),
    [
        (ReleaseRule.AT_ONCE, "released", "released"),
        (ReleaseRule.AFTER_WINDOW, "scored", "released"),
        (ReleaseRule.BY_HAND, "scored", "scored"),
    ],
)
def test_results_are_released_as_the_occasion_says(
    app: Flask, rule: ReleaseRule, at_once: str, after_the_window: str
) -> None:
    candidate = sit(app, release_rule=rule)
    candidate.submit()
    assert candidate.show()["state"] == at_once
    with time_machine.travel(clock.now() + timedelta(hours=4), tick=False):
        seen = candidate.show()
    assert seen["state"] == after_the_window
    assert (seen["result"]["questions"] is not None) is (after_the_window == "released")
    if rule is ReleaseRule.BY_HAND:
        with app.app_context(), transaction() as session:
            assert services.release_occasion(session, candidate.occasion_id, clock.now())
        with app.app_context(), transaction() as session:
            assert not services.release_occasion(session, candidate.occasion_id, clock.now())
        assert candidate.show()["result"]["questions"][0]["explanation"].startswith("解析")
    assert acts(app, candidate.attempt_id).count("attempt.release") <= 1


def test_what_follows_a_score_happens_once_in_the_same_transaction(app: Flask) -> None:
    told: list[ScoredAttempt] = []
    handlers = Kind(on_scored=lambda _session, scored, _now: told.append(scored))
    with kind("told", handlers):
        candidate = sit(app, kind="told")
        candidate.submit()
        candidate.submit()
    assert [one.attempt_id for one in told] == [candidate.attempt_id]


def test_where_what_follows_fails_nothing_is_closed(app: Flask) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no certificate")

    with kind("failing", Kind(on_scored=fail)):
        candidate = sit(app, kind="failing")
        with pytest.raises(RuntimeError, match="no certificate"):
            candidate.submit((1, 1, "A"))
    assert _state(app, candidate.attempt_id) is AttemptState.IN_PROGRESS
    assert count(app, Score) == 0


# --- office -------------------------------------------------------------------------


@pytest.fixture
def office(app: Flask) -> tuple[int, int]:
    """Two people of the office."""
    with app.app_context(), transaction() as session:
        return make_person(session, Role.OFFICE).id, make_person(session, Role.OFFICE).id


def test_an_open_attempt_is_voided_by_one_person(app: Flask, office: tuple[int, int]) -> None:
    candidate = sit(app, tries=1)
    candidate.save((1, 1, "A"))
    with app.app_context(), transaction() as session:
        services.void(session, candidate.attempt_id, reason="断电", by=office[0], now=clock.now())
    assert document(candidate.save((2, 1, "A")))["code"] == "closed"
    assert candidate.save((1, 1, "A")).status_code == 200
    assert document(candidate.submit())["code"] == "closed"
    assert acts(app, candidate.attempt_id) == ["attempt.start", "attempt.void"]
    assert _again(app, candidate)[0].number == 2  # the try is given back
    with app.app_context(), transaction() as session, pytest.raises(Conflict):
        services.void(session, candidate.attempt_id, reason="再来", by=office[0], now=clock.now())


@both_databases
def test_a_scored_attempt_is_voided_by_two(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        one, two = (make_person(session, Role.OFFICE).id for _ in range(2))
    candidate = sit(app)
    receipt = document(candidate.submit())["receipt"]
    attempt_id, now = candidate.attempt_id, clock.now()
    with app.app_context(), transaction() as session, pytest.raises(Conflict) as refused:
        services.void(session, attempt_id, reason="舞弊", by=one, now=now)
    assert refused.value.code == "two_people"
    with app.app_context(), transaction() as session, pytest.raises(Invalid):
        services.ask_void(session, attempt_id, reason=" ", by=one, now=now)
    with app.app_context(), transaction() as session:
        act = services.ask_void(session, attempt_id, reason="舞弊", by=one, now=now)
    with app.app_context(), transaction() as session, pytest.raises(Forbidden):
        services.decide_void(session, act, approve=True, by=one, now=now)
    told: list[ScoredAttempt] = []
    handlers = Kind(on_voided=lambda _session, scored, _now: told.append(scored))
    with kind("test", handlers), app.app_context(), transaction() as session:
        services.decide_void(session, act, approve=True, by=two, now=now)
    assert [one.attempt_id for one in told] == [attempt_id]
    assert _state(app, attempt_id) is AttemptState.VOIDED
    assert acts(app, attempt_id)[-1] == "attempt.void"
    assert document(candidate.submit())["receipt"] == receipt  # what was handed in stays so


def test_nobody_voids_their_own_attempt(app: Flask) -> None:
    candidate = sit(app)
    with app.app_context(), transaction() as session, pytest.raises(Conflict) as refused:
        services.void(
            session, candidate.attempt_id, reason="x", by=candidate.person_id, now=clock.now()
        )
    assert refused.value.code == "own_case"


def test_a_rescore_is_a_new_row_with_the_same_marks(app: Flask) -> None:
    candidate = sit(app)
    candidate.submit(*_right_answers(app, candidate)[:4])
    with app.app_context(), transaction() as session:
        changed = services.rescore(session, candidate.attempt_id, reason="复核", now=clock.now())
    assert not changed
    with app.app_context():
        first, second = reading().scalars(select(Score).order_by(Score.number)).all()
    assert (first.marks, first.detail, first.key_digest) == (
        second.marks, second.detail, second.key_digest,
    )  # fmt: skip
    assert acts(app, candidate.attempt_id)[-1] == "attempt.rescore"


# --- who may ------------------------------------------------------------------------


def test_a_stranger_finds_nothing(app: Flask) -> None:
    candidate = sit(app)
    with app.app_context(), transaction() as session:
        stranger, office = make_person(session), make_person(session, Role.OFFICE)
    for person, status in ((stranger, 404), (office, 403)):
        client = app.test_client()
        other = Candidate(
            client, sign_in(client, person), person.id, candidate.attempt_id, 0, epoch=1
        )
        assert other.save((1, 1, "A")).status_code == status
        assert other.submit().status_code == status
        assert other.post("open", {"open_id": "somebody"}).status_code == status
        assert other.post("marks", {"positions": []}).status_code == status
        assert client.get(f"/api/v1/attempts/{candidate.attempt_id}").status_code == status
    with app.app_context(), pytest.raises(NotFound):
        queries.result_of(reading(), candidate.attempt_id, stranger.id)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (update(LoginSession).values(revoked_at=clock.now()), 401, "signed_out"),
        (update(LoginSession).values(expires_at=clock.now()), 401, "signed_out"),
        (update(LoginSession).values(last_seen_at=clock.now() - timedelta(hours=9)), 401, "signed_out"),
        (update(Account).values(disabled_at=clock.now()), 401, "signed_out"),
        (update(Account).values(must_change=True), 403, "must_change_password"),
    ],
)  # fmt: skip
def test_who_is_no_longer_signed_in_cannot_save(
    app: Flask, change: Any, status: int, code: str
) -> None:
    candidate = sit(app)
    with app.app_context(), transaction() as session:
        session.execute(change)
    refused = candidate.save((1, 1, "A"))
    assert (refused.status_code, document(refused)["code"]) == (status, code)
    assert refused.content_type == "application/problem+json"


def test_without_a_token_of_the_form_nothing_is_saved(app: Flask) -> None:
    candidate = sit(app)
    candidate.csrf = "other"
    refused = candidate.save((1, 1, "A"))
    assert (refused.status_code, document(refused)["code"]) == (400, "csrf")


def test_another_sign_in_of_the_same_person_goes_on(app: Flask) -> None:
    candidate = sit(app)
    candidate.save((1, 1, "A"))
    with app.app_context(), transaction() as session:
        from accounts.people.models import Person

        person = session.get(Person, candidate.person_id)
        assert person is not None
        token = make_login(session, person)
    phone = app.test_client()
    other = Candidate(
        phone, sign_in_with(phone, token), candidate.person_id, candidate.attempt_id, 0
    )
    assert document(other.open())["answers"]["1"]["value"] == "A"
    assert document(candidate.save((1, 2, "B")))["code"] == "stale_epoch"
    assert other.save((1, 1, "C")).status_code == 200


def test_no_key_in_any_byte_before_release(app: Flask) -> None:
    """I13: sentinels in explanation, key and difficulty stay in the server until release."""
    candidate = sit(app, release_rule=ReleaseRule.BY_HAND, opened=False)
    with app.app_context(), transaction() as session:
        rewrite(session, explanation="哨兵解析", basis="哨兵依据")
        fill_in = select(QuestionVersion.id).where(QuestionVersion.type == "fill_in")
        rewrite(session, *session.scalars(fill_in), key=[["哨兵答案"], ["哨兵答案"]])
        session.execute(update(Occasion).values(title="哨兵无关"))
    forget_all()
    sent = [candidate.open()]
    operations = [(n, 1, sound_value(q)) for n, q in enumerate(candidate.paper, start=1)]
    sent += [candidate.save(one) for one in operations]
    sent += [candidate.save((1, 1, "C")), candidate.save((1, 9, "Z")), candidate.save(epoch=9)]
    sent += [candidate.open(), candidate.save((1, 5, "A"), epoch=1)]
    sent += [candidate.submit(seqs={1: 9}), candidate.submit(), candidate.submit()]
    sent += [candidate.client.get(f"/api/v1/attempts/{candidate.attempt_id}")]
    sent += [candidate.save((1, 7, "A")), candidate.open()]
    for answer in sent:
        everything = answer.get_data() + str(answer.headers).encode()
        readable = everything.decode() + everything.decode("unicode_escape", "replace")
        for word in ("哨兵解析", "哨兵答案", "哨兵依据", "explanation", "difficulty", "is_right"):
            assert word not in readable
        assert b'"key":[' not in everything
    with app.app_context(), transaction() as session:
        services.release_occasion(session, candidate.occasion_id, clock.now())
    after = candidate.client.get(f"/api/v1/attempts/{candidate.attempt_id}").get_data(as_text=True)
    assert "哨兵解析" in after
    assert "哨兵答案" in after


def test_a_released_result_explains_itself(app: Flask) -> None:
    candidate = sit(app, release_rule=ReleaseRule.AT_ONCE)
    operations = _right_answers(app, candidate)
    candidate.submit(*operations[:-1])
    questions = candidate.show()["result"]["questions"]
    assert [q["is_right"] for q in questions] == [True] * 7 + [False]
    for (_position, _seq, value), question in zip(operations[:-1], questions[:-1], strict=True):
        assert question["value"] == question["key"] == value
    assert questions[-1]["value"] is None
    with app.app_context():
        rows = queries.attempts_of(reading(), [candidate.occasion_id], candidate.person_id)
    assert [(row.number, row.marks, row.is_pass) for row in rows] == [(1, 7000, True)]
