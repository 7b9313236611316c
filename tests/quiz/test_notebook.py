"""The notebook: what is gathered and when, what is due, and what practice makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.models import Pool, QuestionType, QuestionVersion
from quiz.attempts import kinds
from quiz.attempts.kinds import Kind, ReleasedAttempt
from quiz.attempts.services import open_paper, release_due, release_occasion, start, submit
from quiz.notebook.models import NotebookEntry
from quiz.notebook.queries import due, versions_to_practise
from quiz.notebook.rules import due_before, rated
from quiz.notebook.services import gather, remove, review
from quiz.occasions.models import Occasion, ReleaseRule
from quiz.papers.cache import forget_all
from quiz.practice.services import on_released
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic, rewrite
from tests.quiz.candidates import Candidate, count, kind, make_occasion, sit
from tests.quiz.practices import (
    Bank,
    answer,
    bank_of,
    begin,
    begin_notebook,
    check,
    client_of,
    fill_notebook,
    notebook,
    right_values,
)
from tests.quiz.test_races import at_once
from tests.statements import counted

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)

# --- rules ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "days"),
    [
        ([False], [1]),
        ([True], [2]),
        ([True, True, True], [2, 11, 46]),
        ([False, True, True, True], [1, 2, 6, 17]),
        ([True, True, False, True], [2, 11, 2, 5]),
    ],
)
def test_right_answers_are_asked_ever_later_and_wrong_ones_soon(
    answers: list[bool], days: list[int]
) -> None:
    card: dict[str, Any] | None = None
    at, waits = NOW, []
    for is_right in answers:
        card, due_at = rated(card, 7, is_right=is_right, now=at)
        waits.append((due_at - at).days)
        at = due_at
    assert waits == days


def test_the_same_answers_give_the_same_card() -> None:
    first = rated(None, 7, is_right=True, now=NOW)
    assert first == rated(None, 7, is_right=True, now=NOW)
    assert rated(first[0], 7, is_right=True, now=NOW + DAY) == rated(
        first[0], 7, is_right=True, now=NOW + DAY
    )


@pytest.mark.parametrize(
    ("now", "before"),
    [  # civil days end at 16:00 UTC
        (datetime(2026, 11, 24, 2, 0, tzinfo=UTC), datetime(2026, 11, 24, 16, 0, tzinfo=UTC)),
        (datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC), datetime(2026, 11, 24, 16, tzinfo=UTC)),
        (datetime(2026, 11, 24, 16, 0, tzinfo=UTC), datetime(2026, 11, 25, 16, tzinfo=UTC)),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC)),
    ],
)
def test_a_civil_day_is_due_as_a_whole(now: datetime, before: datetime) -> None:
    assert due_before(now) == before


# --- gathering --------------------------------------------------------------------------


def _gather(app: Flask, bank: Bank, ids: tuple[int, ...], now: datetime) -> int:
    """Gather these versions; how many statements it took."""
    with counted(app) as log, app.app_context(), transaction() as session:
        gather(session, ReleasedAttempt(1, 1, bank.person.id, ids), now)
    return len(log)


@both_databases
def test_gathering_is_one_statement_that_counts_and_brings_back(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE,) * 3)
    ids = tuple(version.id for version in bank.versions)
    with app.app_context(), transaction() as session:
        reserved = make_question(session, bank.author, bank.topic, pool=Pool.EXAM)
    first = clock.now() - 5 * DAY
    assert _gather(app, bank, (*ids[:2], reserved.id), first) == 1
    entries = notebook(app, bank.person)
    assert set(entries) == {version.question_id for version in bank.versions[:2]}
    question_id = bank.versions[0].question_id
    with app.app_context(), transaction() as session:
        review(session, person_id=bank.person.id, question_id=question_id, is_right=True, now=first)
        remove(session, person_id=bank.person.id, question_id=question_id, now=first)
    again = clock.now()
    assert _gather(app, bank, ids, again) == 1
    entry = notebook(app, bank.person)[question_id]
    assert (entry.wrong_count, entry.removed_at) == (2, None)
    assert (entry.first_wrong_at, entry.last_wrong_at, entry.due_at) == (first, again, again)
    assert entry.card is not None  # what was remembered is not forgotten by it
    assert notebook(app, bank.person)[bank.versions[2].question_id].wrong_count == 1


@both_databases
def test_two_versions_of_a_question_are_one_entry(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE,) * 2)
    old, new = bank.versions
    with app.app_context(), transaction() as session:
        session.execute(
            update(QuestionVersion).where(QuestionVersion.id == new.id).values(state="retired")
        )
        rewrite(session, new.id, question_id=old.question_id, number=2)
    _gather(app, bank, (old.id, new.id), clock.now())
    (entry,) = notebook(app, bank.person).values()
    assert entry.wrong_count == 1


def test_nothing_wrong_costs_nothing(app: Flask) -> None:
    assert _gather(app, bank_of(app), (), clock.now()) == 0


@both_databases
def test_wrong_answers_at_once_are_all_counted(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE,) * 5)
    ids = tuple(version.id for version in bank.versions)

    def work(index: int) -> None:
        some = ids if index % 2 else tuple(reversed(ids))
        with transaction() as session:
            gather(session, ReleasedAttempt(1, 1, bank.person.id, some), clock.now())

    at_once(app, work, 20)
    assert {entry.wrong_count for entry in notebook(app, bank.person).values()} == {20}


# --- release ----------------------------------------------------------------------------


def _sit_wrongly(app: Flask, **options: Any) -> Candidate:
    """Everything wrong but the first question; handed in."""
    candidate = sit(app, kind="gathers", **options)
    answer(app, candidate, 1, right=True)
    answer(app, candidate, 2, right=False)
    assert candidate.submit().status_code == 200
    return candidate


def _person(app: Flask, candidate: Candidate) -> Any:
    with app.app_context():
        return reading().get(Person, candidate.person_id)


@both_databases
def test_a_result_released_at_once_is_gathered_with_it(app: Flask) -> None:
    with kind("gathers", Kind(on_released=gather)):
        candidate = _sit_wrongly(app, release_rule=ReleaseRule.AT_ONCE)
    assert len(notebook(app, _person(app, candidate))) == len(candidate.paper) - 1


@pytest.mark.parametrize("rule", [ReleaseRule.AFTER_WINDOW, ReleaseRule.BY_HAND])
def test_nothing_is_gathered_before_release(app: Flask, rule: ReleaseRule) -> None:
    with kind("gathers", Kind(on_released=gather)):
        candidate = _sit_wrongly(app, release_rule=rule)
        assert count(app, NotebookEntry) == 0
        with app.app_context(), transaction() as session:
            assert release_due(session, clock.now()) == 0
        assert count(app, NotebookEntry) == 0
        with app.app_context(), transaction() as session:
            if rule is ReleaseRule.BY_HAND:
                assert release_occasion(session, candidate.occasion_id, clock.now())
            else:
                assert release_due(session, clock.now() + DAY) == 1
    entries = notebook(app, _person(app, candidate))
    assert len(entries) == len(candidate.paper) - 1
    assert {entry.wrong_count for entry in entries.values()} == {1}
    with app.app_context(), transaction() as session:
        assert release_due(session, clock.now() + 2 * DAY) == 0  # and never twice
    assert {entry.wrong_count for entry in notebook(app, _person(app, candidate)).values()} == {1}


@pytest.mark.usefixtures("app")
def test_the_house_gathers_after_exams_and_practice() -> None:
    assert kinds.kind_of("exam").on_released is gather
    assert kinds.kind_of("practice").on_released is on_released


def test_a_batch_of_releases_loads_in_a_constant_number_of_statements(app: Flask) -> None:
    costs = []
    for size in (2, 6):
        with app.app_context(), transaction() as session:
            occasion = make_occasion(session, kind="gathers", release_rule=ReleaseRule.BY_HAND)
            people = [make_person(session) for _ in range(size)]
        for person in people:
            _submit_blank(app, occasion, person.id)
        forget_all()
        released: list[ReleasedAttempt] = []

        def note(_session: Any, one: ReleasedAttempt, _now: datetime, kept: Any = released) -> None:
            kept.append(one)

        with (
            kind("gathers", Kind(on_released=note)),
            counted(app) as log,
            app.app_context(),
            transaction() as session,
        ):
            assert release_occasion(session, occasion.id, clock.now())
        costs.append(len(log))
        assert [one.person_id for one in released] == sorted(person.id for person in people)
        assert {len(one.wrong) for one in released} == {8}
    assert costs[0] == costs[1]


def _submit_blank(app: Flask, occasion: Occasion, person_id: int) -> None:
    with app.app_context(), transaction() as session:
        now = clock.now()
        attempt, _new = start(session, occasion_id=occasion.id, person_id=person_id, now=now)
        open_paper(session, attempt_id=attempt.id, who=person_id, open_id="blank-001", now=now)
        submit(session, attempt_id=attempt.id, who=person_id, epoch=1, operations=(), seqs={},
               now=now)  # fmt: skip


# --- practice and the notebook --------------------------------------------------------------


@both_databases
def test_practice_from_the_notebook_reviews_what_it_asks(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE,) * 2)
    fill_notebook(app, bank, *bank.versions)
    candidate = begin_notebook(app, bank)
    answer(app, candidate, 1, right=True)
    answer(app, candidate, 2, right=False)
    check(candidate, 1)
    check(candidate, 2)
    check(candidate, 1)  # asked again, it is no further review
    by_wrong = {entry.wrong_count: entry for entry in notebook(app, bank.person).values()}
    right, wrong = by_wrong[1], by_wrong[2]
    now = clock.now()
    assert right.card is not None
    assert wrong.card is not None
    assert (right.due_at - now).days == 1
    assert (wrong.due_at - now).days == 0
    assert right.due_at > wrong.due_at > now
    with app.app_context():
        summary = due(reading(), bank.person.id, now)
        later = due(reading(), bank.person.id, now + 2 * DAY)
    assert (summary.all, summary.due) == (2, 0)
    assert (later.all, later.due) == (2, 2)
    assert later.by_topic == [("依申请公开", 2, 2)]


def test_a_right_answer_to_another_question_makes_no_entry(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE,))
    candidate = begin(app, bank)
    answer(app, candidate, 1, right=True)
    check(candidate, 1)
    assert notebook(app, bank.person) == {}


def test_what_was_answered_and_never_checked_is_gathered_at_the_end(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE,) * 4)
    candidate = begin(app, bank)
    answer(app, candidate, 1, right=False)
    check(candidate, 1)
    answer(app, candidate, 2, right=False)
    answer(app, candidate, 3, right=True)
    assert len(notebook(app, bank.person)) == 1
    candidate.submit()
    entries = notebook(app, bank.person)
    assert len(entries) == 2
    assert {entry.wrong_count for entry in entries.values()} == {1}


def test_what_is_due_comes_first_then_the_rest(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.TRUE_FALSE,) * 6)
    fill_notebook(app, bank, *bank.versions)
    with app.app_context(), transaction() as session:
        for days, version in enumerate(bank.versions):
            session.execute(
                update(NotebookEntry)
                .where(NotebookEntry.question_id == version.question_id)
                .values(due_at=clock.now() + (2 - days) * DAY)
            )
    with app.app_context():
        drawn = versions_to_practise(reading(), bank.person.id, limit=4)
    assert drawn == [version.id for version in reversed(bank.versions)][:4]


def test_practice_again_draws_what_was_wrong_alone(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE,) * 4)
    fill_notebook(app, bank, bank.versions[0])
    candidate = begin(app, bank)
    wrong_stem = candidate.paper[1]["stem"]
    for position in range(1, 5):
        answer(app, candidate, position, right=position != 2)
    candidate.submit()
    begun = candidate.client.post(
        f"/practice/results/{candidate.attempt_id}/again", data={"csrf_token": candidate.csrf}
    )
    attempt_id = int(begun.location.rsplit("/", 1)[1])
    again = Candidate(candidate.client, candidate.csrf, bank.person.id, attempt_id, 0)
    again.open()
    assert [question["stem"] for question in again.paper] == [wrong_stem]
    assert right_values(app, attempt_id)


def test_sixty_entries_cost_what_one_costs(app: Flask) -> None:
    costs = []
    for size in (1, 60):
        bank = _large(app, size)
        client, _csrf = client_of(app, bank.person)
        with counted(app) as log:
            assert client.get("/notebook?page=2").status_code == 200
        costs.append(len(log))
    assert costs[0] == costs[1] <= 6
    with app.app_context(), counted(app) as log:
        due(reading(), bank.person.id, clock.now())
    assert len(log) == 1


def _large(app: Flask, size: int) -> Bank:
    with app.app_context(), transaction() as session:
        person, author = make_person(session), make_person(session, Role.EDITOR)
        topic = make_topic(session)
        versions = tuple(make_question(session, author, topic) for _ in range(size))
    bank = Bank(person, author, topic, versions)
    fill_notebook(app, bank, *versions)
    return bank
