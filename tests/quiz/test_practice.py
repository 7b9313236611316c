"""Practice at the API: the explanation after each answer, once, for practice alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from core import clock
from core.db import reading, transaction
from points.ledger.models import PointsEntry, PointsTotal
from question_bank.questions.models import Pool, QuestionType, QuestionVersion, VersionState
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.occasions.models import Occasion, PoolItem, ReleaseRule
from quiz.papers.cache import forget_all
from quiz.practice import services
from quiz.practice.models import Practice, PracticeCheck
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic, sign_in
from tests.quiz.candidates import count, document, sit
from tests.quiz.practices import (
    Bank,
    answer,
    bank_of,
    begin,
    check,
    notebook,
    right_values,
    wrong_value,
)
from tests.quiz.test_races import at_once
from tests.statements import counted

# --- what a practice is ---------------------------------------------------------------


def test_a_practice_is_an_occasion_of_its_own_without_a_clock(app: Flask) -> None:
    bank = bank_of(app)
    candidate = begin(app, bank, opened=False)
    with app.app_context():
        session = reading()
        occasion = session.get(Occasion, candidate.occasion_id)
        practice = session.scalars(select(Practice)).one()
        attempt = session.get(Attempt, candidate.attempt_id)
        pool = set(session.scalars(select(PoolItem.version_id)))
    assert occasion is not None
    assert attempt is not None
    assert (occasion.kind, occasion.minutes, occasion.tries) == ("practice", 0, 1)
    assert (occasion.release_rule, occasion.pass_mark) == (ReleaseRule.AT_ONCE, 0)
    assert (
        attempt.deadline_at == occasion.closes_at == clock.end_of(clock.today() + timedelta(days=7))
    )
    assert (practice.person_id, practice.attempt_id) == (bank.person.id, candidate.attempt_id)
    assert pool == {version.id for version in bank.versions}


@pytest.mark.parametrize(("state", "pool"), [
    (VersionState.APPROVED, Pool.EXAM), (VersionState.DRAFT, Pool.BOTH),
    (VersionState.RETIRED, Pool.PRACTICE), (VersionState.IN_REVIEW, Pool.BOTH),
])  # fmt: skip
def test_exam_only_and_unapproved_questions_are_never_practised(
    app: Flask, state: VersionState, pool: Pool
) -> None:
    bank = bank_of(app, pool=Pool.PRACTICE)
    secret = "只在考试里出现的题干"
    with app.app_context(), transaction() as session:
        for number in range(5):
            make_question(
                session, bank.author, bank.topic, pool=pool, state=state, stem=f"{secret}{number}"
            )
    sent = b""
    for topic in (str(bank.topic.id), ""):
        client = app.test_client()
        csrf = sign_in(client, bank.person)
        begun = client.post(
            "/practice/start",
            data={"csrf_token": csrf, "source": "topic", "topic": topic, "count": "20"},
        )
        path = f"/api/v1{begun.location}"
        opened = client.post(
            f"{path}/open", json={"open_id": "practice-1"}, headers={"X-CSRFToken": csrf}
        )
        assert len(document(opened)["paper"]["questions"]) == len(bank.versions)
        sent += opened.data + client.get("/practice").data + client.get("/notebook").data
        page = client.get(begun.location)
        sent += page.data + begun.data
    escaped = json.dumps(secret)[1:-1]  # as JSON may write it
    assert secret not in sent.decode()
    assert escaped not in sent.decode()


def test_a_practice_never_touches_points(app: Flask) -> None:
    bank = bank_of(app)
    candidate = begin(app, bank)
    for position in range(1, 5):
        answer(app, candidate, position, right=position != 2)
        assert check(candidate, position).status_code == 200
    assert candidate.submit().status_code == 200
    assert count(app, PointsEntry) == count(app, PointsTotal) == 0


# --- what is drawn ----------------------------------------------------------------------


def test_what_was_not_answered_lately_is_drawn_first(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.TRUE_FALSE,) * 10)
    first = begin(app, bank, count=5)
    for position in range(1, 6):
        answer(app, first, position, right=True)
    second = begin(app, bank, count=5)
    third = begin(app, bank, count=10)
    stems = [{question["stem"] for question in one.paper} for one in (first, second, third)]
    assert not stems[0] & stems[1]
    assert len(stems[2]) == 10


def test_a_topic_without_questions_starts_nothing(app: Flask) -> None:
    bank = bank_of(app, pool=Pool.EXAM)
    client = app.test_client()
    csrf = sign_in(client, bank.person)
    refused = client.post(
        "/practice/start", data={"csrf_token": csrf, "source": "topic", "topic": "", "count": "5"}
    )
    assert refused.status_code == 409
    assert "现在没有可以练的题" in refused.text
    assert count(app, Occasion) == count(app, Practice) == 0


# --- the check -------------------------------------------------------------------------


@both_databases
def test_each_answer_is_explained_in_the_letters_of_the_paper(app: Flask) -> None:
    bank = bank_of(app)
    candidate = begin(app, bank)
    rights = right_values(app, candidate.attempt_id)
    for position, question in enumerate(candidate.paper, start=1):
        is_right = position % 2 == 0
        answer(app, candidate, position, right=is_right)
        told = document(check(candidate, position))
        assert told["is_right"] is is_right
        assert told["position"] == position
        if question["type"] == "fill_in":
            assert told["key"] == [["二十"], ["工作日", "个工作日"]]
        else:
            assert told["key"] == rights[position - 1]
        assert told["explanation"].startswith("解析")
    told_again = document(candidate.client.get(f"/api/v1/attempts/{candidate.attempt_id}/checks"))
    assert [one["is_right"] for one in told_again["checks"]] == [False, True, False, True]


def test_the_first_checked_value_counts_whatever_is_saved_afterwards(app: Flask) -> None:
    bank = bank_of(app)
    candidate = begin(app, bank)
    answer(app, candidate, 1, right=False)
    first = document(check(candidate, 1))
    answer(app, candidate, 1, right=True, seq=2)
    assert document(check(candidate, 1)) == first
    assert candidate.save((1, 3, None)).status_code == 200
    assert document(check(candidate, 1)) == first
    answer(app, candidate, 1, right=True, seq=4)
    answer(app, candidate, 2, right=True)
    answer(app, candidate, 3, right=False)
    assert candidate.submit().status_code == 200
    page = candidate.client.get(f"/practice/results/{candidate.attempt_id}").text
    assert "1<small>题答对，共 4 题" in page
    assert "答错 2 题，已收进错题本。" in page
    assert "没有答 1 题" in page
    entries = notebook(app, bank.person)
    assert len(entries) == 2
    assert {entry.wrong_count for entry in entries.values()} == {1}
    with app.app_context():
        detail = reading().scalars(select(Score.detail)).one()
    assert detail[0][1] is True  # the score itself has the last answer


def _refused(answer: Any, code: str, status: int = 409) -> dict[str, Any]:
    assert (answer.status_code, document(answer)["code"]) == (status, code), answer.text
    return dict(document(answer))


def _secrets(app: Flask) -> list[str]:
    """Every byte that would tell: explanations of all questions."""
    with app.app_context():
        return list(reading().scalars(select(QuestionVersion.explanation)))


@pytest.mark.parametrize("kind", ["exam", "round", "test"])
def test_an_exam_or_a_round_gives_not_a_byte_of_key(app: Flask, kind: str) -> None:
    candidate = sit(app, kind=kind)
    for position, question in enumerate(candidate.paper, start=1):
        value = wrong_value(question, "A" if question["type"] == "single" else True)
        candidate.save((position, 1, value))
        refused = check(candidate, position)
        said = _refused(refused, "not_practice")
        assert set(said) == {"type", "title", "status", "code", "detail", "request_id"}
        text = json.dumps(said, ensure_ascii=False)
        assert not [one for one in _secrets(app) if one in text]
    checks = candidate.client.get(f"/api/v1/attempts/{candidate.attempt_id}/checks")
    assert checks.status_code == 404
    assert count(app, PracticeCheck) == 0


def test_nothing_is_told_of_other_questions_or_before_an_answer(app: Flask) -> None:
    bank = bank_of(app)
    candidate = begin(app, bank)
    _refused(check(candidate, 1), "not_answered")
    answer(app, candidate, 1, right=True)
    told = check(candidate, 1)
    texts = _secrets(app)
    assert sum(one in json.dumps(document(told), ensure_ascii=False) for one in texts) == 1
    page = candidate.client.get(f"/attempts/{candidate.attempt_id}?q=2&epoch=1").text
    assert not [one for one in texts if one in page]
    page = candidate.client.get(f"/attempts/{candidate.attempt_id}?q=1&epoch=1").text
    assert [one for one in texts if one in page] == [document(told)["explanation"]]


def test_refusals_of_a_check(app: Flask) -> None:
    bank = bank_of(app)
    candidate = begin(app, bank)
    answer(app, candidate, 1, right=True)
    _refused(check(candidate, 5), "invalid", 422)
    _refused(check(candidate, 1, epoch=9), "invalid", 422)
    before = candidate.epoch
    candidate.open()
    _refused(check(candidate, 1, epoch=before), "stale_epoch")
    with app.app_context(), transaction() as session:
        other = make_person(session)
    stranger = app.test_client()
    csrf = sign_in(stranger, other)
    path = f"/api/v1/attempts/{candidate.attempt_id}"
    asked = stranger.post(
        f"{path}/check", json={"position": 1, "epoch": 1}, headers={"X-CSRFToken": csrf}
    )
    _refused(asked, "not_found", 404)
    assert stranger.get(f"{path}/checks").status_code == 404
    assert stranger.get(f"/practice/results/{candidate.attempt_id}").status_code == 404
    candidate.submit()
    _refused(check(candidate, 1), "closed")
    assert count(app, PracticeCheck) == 0


def test_a_practice_that_is_overdue_is_closed_and_counted(app: Flask) -> None:
    bank = bank_of(app)
    candidate = begin(app, bank)
    answer(app, candidate, 1, right=True)
    with app.app_context(), transaction() as session:
        session.execute(update(Attempt).values(deadline_at=clock.now() - timedelta(minutes=2)))
    _refused(check(candidate, 1), "closed")
    page = candidate.client.get(f"/practice/results/{candidate.attempt_id}")
    assert "1<small>题答对，共 4 题" in page.text
    assert "没有答 3 题" in page.text
    assert notebook(app, bank.person) == {}  # what was not answered says nothing


@both_databases
def test_checks_at_once_count_once(app: Flask) -> None:
    assert _checks_at_once(app) == (1, 1)


def test_twin_without_the_claim_every_check_counts(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard: the check's own key in the database decides who was first."""
    claim = services._claim

    def always(*args: Any, **kwargs: Any) -> bool:
        claim(*args, **kwargs)
        return True

    monkeypatch.setattr(services, "_claim", always)
    assert _checks_at_once(app) == (1, 20)


def _checks_at_once(app: Flask) -> tuple[int, int]:
    """Rows of checks, and how often the wrong answer was counted, after 20 checks at once."""
    bank = bank_of(app, types=(QuestionType.SINGLE,))
    candidate = begin(app, bank)
    answer(app, candidate, 1, right=False)

    def work(_index: int) -> Any:
        with transaction() as session:
            return services.check(
                session, attempt_id=candidate.attempt_id, who=bank.person.id, position=1,
                epoch=candidate.epoch, now=clock.now(),
            )  # fmt: skip

    told = at_once(app, work, 20)
    assert len({(one.is_right, one.key) for one in told}) == 1
    (entry,) = notebook(app, bank.person).values()
    return count(app, PracticeCheck), entry.wrong_count


@both_databases
def test_starting_is_all_or_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_of(app)

    def fails(*_args: Any, **_kwargs: Any) -> Any:
        raise RuntimeError("the power fails")

    monkeypatch.setattr(services, "Practice", fails)
    with pytest.raises(RuntimeError):
        begin(app, bank)
    assert count(app, Occasion) == count(app, Attempt) == 0


# --- statements ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [4, 20])
def test_statements_do_not_grow_with_the_practice(app: Flask, size: int) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE,) * size)
    candidate = begin(app, bank)
    for position in range(1, size + 1):
        answer(app, candidate, position, right=False)
    costs: dict[str, int] = {}
    calls: dict[str, Callable[[], TestResponse]] = {
        "check": lambda: check(candidate, 1),
        "again": lambda: check(candidate, 1),
        "checks": lambda: candidate.client.get(f"/api/v1/attempts/{candidate.attempt_id}/checks"),
        "page": lambda: candidate.client.get("/practice"),
        "notebook": lambda: candidate.client.get("/notebook"),
        "submit": candidate.submit,
        "result": lambda: candidate.client.get(f"/practice/results/{candidate.attempt_id}"),
    }
    for name, call in calls.items():
        forget_all()
        with counted(app) as log:
            assert call().status_code == 200
        costs[name] = len(log)
    # one of each is for keys that were corrected: no process may remember them
    limits = {"check": 12, "again": 10, "checks": 8, "page": 6, "notebook": 6, "submit": 16,
              "result": 11}  # fmt: skip
    assert {name: cost for name, cost in costs.items() if cost > limits[name]} == {}, costs
    assert count(app, PracticeCheck) == 1
    with app.app_context():
        state = reading().scalar(select(Attempt.state))
        assert reading().scalar(select(func.count()).select_from(Score)) == 1
    assert state is AttemptState.RELEASED
    assert len(notebook(app, bank.person)) == size


def test_several_topics_do_not_mix(app: Flask) -> None:
    bank: Bank = bank_of(app)
    with app.app_context(), transaction() as session:
        other = make_topic(session)
        make_question(session, bank.author, other, stem="另一个知识点的题")
    stems = {question["stem"] for question in begin(app, bank).paper}
    assert "另一个知识点的题" not in stems
    assert len(stems) == 4
