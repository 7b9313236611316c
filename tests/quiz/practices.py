"""Practices for tests: a bank, a person, a practice begun, and the keys that nobody may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.models import Pool, QuestionType, QuestionVersion, Topic
from question_bank.questions.rules import MARKED_BY_KEY
from quiz.attempts.kinds import ReleasedAttempt
from quiz.attempts.models import Attempt
from quiz.grading.rules import to_letters
from quiz.notebook.models import NotebookEntry
from quiz.notebook.services import gather
from quiz.papers.queries import items_of, versions_of
from quiz.practice.services import start_by_topic, start_from_notebook
from tests.factories import make_person, make_question, make_topic, make_unit, sign_in
from tests.quiz.candidates import Candidate

EVERY_TYPE = tuple(each for each in QuestionType if each in MARKED_BY_KEY)


@dataclass(frozen=True)
class Bank:
    """Who practises, and what there is."""

    person: Person
    author: Person
    topic: Topic
    versions: tuple[QuestionVersion, ...]


def make_bank(
    session: Session, *, types: tuple[QuestionType, ...] = EVERY_TYPE, pool: Pool = Pool.BOTH
) -> Bank:
    """A person, and one question of each of these types."""
    unit = make_unit(session, "城中区人民政府办公室")
    person = make_person(session, unit=unit, name="文知新")
    author = make_person(session, Role.EDITOR)
    topic = make_topic(session, "依申请公开")
    versions = tuple(make_question(session, author, topic, type_=one, pool=pool) for one in types)
    return Bank(person, author, topic, versions)


def bank_of(app: Flask, **options: Any) -> Bank:
    """A bank, committed."""
    with app.app_context(), transaction() as session:
        return make_bank(session, **options)


def begin(app: Flask, bank: Bank, *, count: int = 20, opened: bool = True) -> Candidate:
    """The person signed in, with a practice of the whole topic begun and its paper open."""
    with app.app_context(), transaction() as session:
        attempt = start_by_topic(
            session, person_id=bank.person.id, topic_id=bank.topic.id, count=count,
            now=clock.now(),
        )  # fmt: skip
    return candidate_of(app, bank, attempt, opened=opened)


def begin_notebook(app: Flask, bank: Bank, **options: Any) -> Candidate:
    """The same from the notebook."""
    with app.app_context(), transaction() as session:
        attempt = start_from_notebook(
            session, person_id=bank.person.id, topic_id=None, count=20, now=clock.now(), **options
        )
    return candidate_of(app, bank, attempt)


def candidate_of(app: Flask, bank: Bank, attempt: Attempt, *, opened: bool = True) -> Candidate:
    """The person at the API of this attempt."""
    client = app.test_client()
    csrf = sign_in(client, bank.person)
    candidate = Candidate(client, csrf, bank.person.id, attempt.id, attempt.occasion_id)
    if opened:
        assert candidate.open().status_code == 200
    return candidate


def right_values(app: Flask, attempt_id: int) -> list[Any]:
    """The right answer of every position, in the letters of the paper."""
    with app.app_context():
        session = reading()
        attempt = session.get(Attempt, attempt_id)
        assert attempt is not None
        items = items_of(session, (attempt.paper_id, attempt.started_at))
        versions = versions_of(session, [item.version_id for item in items])
        values: list[Any] = []
        for item in items:
            key = versions[item.version_id].key
            if item.type is QuestionType.SINGLE:
                values.append(to_letters(key, item.order)[0])
            elif item.type is QuestionType.MULTIPLE:
                values.append(to_letters(key, item.order))
            elif item.type is QuestionType.FILL_IN:
                values.append([texts[0] for texts in key])
            else:
                values.append(key)
        return values


def wrong_value(question: Any, right: Any) -> Any:
    """Some sound answer that is wrong."""
    return {
        "single": next(one for one in "ABCD" if one != right), "multiple": ["B"],
        "true_false": right is not True, "fill_in": ["错"] * (question["blanks"] or 1),
    }[question["type"]]  # fmt: skip


def check(candidate: Candidate, position: int, epoch: int | None = None) -> TestResponse:
    """Ask for the explanation."""
    return candidate.post("check", {"position": position, "epoch": epoch or candidate.epoch})


def answer(app: Flask, candidate: Candidate, position: int, *, right: bool, seq: int = 1) -> None:
    """Save an answer that is right, or one that is wrong."""
    value = right_values(app, candidate.attempt_id)[position - 1]
    if not right:
        value = wrong_value(candidate.paper[position - 1], value)
    assert candidate.save((position, seq, value)).status_code == 200


def fill_notebook(app: Flask, bank: Bank, *versions: QuestionVersion) -> None:
    """Let the person have answered these wrongly just now."""
    with app.app_context(), transaction() as session:
        ids = tuple(version.id for version in versions)
        gather(session, ReleasedAttempt(0, 0, bank.person.id, ids), clock.now())


def notebook(app: Flask, person: Person) -> dict[int, NotebookEntry]:
    """The entries of a person by question."""
    with app.app_context():
        rows = reading().scalars(select(NotebookEntry).where(NotebookEntry.person_id == person.id))
        return {row.question_id: row for row in rows}


def client_of(app: Flask, person: Person) -> tuple[FlaskClient, str]:
    """A signed-in client and its CSRF token."""
    client = app.test_client()
    return client, sign_in(client, person)
