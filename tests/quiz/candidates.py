"""Occasions, candidates and API calls for tests of the sitting protocol."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.models import QuestionType
from quiz.attempts import kinds
from quiz.attempts.models import Attempt
from quiz.attempts.services import start
from quiz.occasions.models import MultipleRule, Occasion, ReleaseRule
from quiz.occasions.services import RowSpec, open_occasion
from tests.factories import make_person, make_question, make_topic, sign_in

EVERY_TYPE = {
    QuestionType.SINGLE: 3,
    QuestionType.MULTIPLE: 2,
    QuestionType.TRUE_FALSE: 2,
    QuestionType.FILL_IN: 1,
}
_open_ids = itertools.count(1)


def make_occasion(
    session: Session,
    *,
    counts: dict[QuestionType, int] | None = None,
    spare: int = 2,
    marks: int = 10,
    minutes: int = 60,
    tries: int = 2,
    pass_mark: int = 60,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    multiple_rule: MultipleRule = MultipleRule.ALL_OR_NOTHING,
    release_rule: ReleaseRule = ReleaseRule.AFTER_WINDOW,
    kind: str = "test",
    **content: Any,
) -> Occasion:
    """An open occasion with one row for each type and ``spare`` more questions than are drawn."""
    counts = counts or EVERY_TYPE
    now = clock.now()
    author, topic = make_person(session, Role.EDITOR), make_topic(session)
    rows = [
        RowSpec(
            type_.value, count, marks,
            [make_question(session, author, topic, type_=type_, **content).id
             for _ in range(count + spare)],
        )
        for type_, count in counts.items()
    ]  # fmt: skip
    return open_occasion(
        session, kind=kind, title="测试考试", opens_at=opens_at or now - timedelta(hours=1),
        closes_at=closes_at or now + timedelta(hours=3), minutes=minutes, tries=tries,
        pass_mark=min(pass_mark, marks * sum(counts.values())), multiple_rule=multiple_rule,
        release_rule=release_rule, rows=rows, now=now,
    )  # fmt: skip


@dataclass
class Candidate:
    """A candidate at the API: client, CSRF token, attempt, and the newest opening."""

    client: FlaskClient
    csrf: str
    person_id: int
    attempt_id: int
    occasion_id: int
    epoch: int = 0
    paper: Any = None

    def post(self, what: str, document: Any, **options: Any) -> TestResponse:
        return self.client.post(
            f"/api/v1/attempts/{self.attempt_id}/{what}", json=document,
            headers={"X-CSRFToken": self.csrf}, **options,
        )  # fmt: skip

    def open(self, open_id: str | None = None) -> TestResponse:
        answer = self.post("open", {"open_id": open_id or f"open-{next(_open_ids):06d}"})
        if answer.status_code == 200:
            self.epoch = document(answer)["epoch"]
            self.paper = document(answer)["paper"]["questions"]
        return answer

    def save(self, *ops: tuple[int, int, Any], epoch: int | None = None) -> TestResponse:
        return self.post(
            "answers",
            {"epoch": epoch or self.epoch,
             "ops": [{"position": p, "seq": s, "value": v} for p, s, v in ops]},
        )  # fmt: skip

    def submit(
        self,
        *ops: tuple[int, int, Any],
        seqs: dict[int, int] | None = None,
        epoch: int | None = None,
    ) -> TestResponse:
        return self.post(
            "submit",
            {"epoch": epoch or self.epoch,
             "ops": [{"position": p, "seq": s, "value": v} for p, s, v in ops],
             "seqs": {str(p): s for p, s in (seqs or {}).items()}},
        )  # fmt: skip

    def show(self) -> Any:
        return document(self.client.get(f"/api/v1/attempts/{self.attempt_id}"))


def document(answer: TestResponse) -> Any:
    """The JSON of an answer."""
    return answer.get_json()


def sit(app: Flask, *, opened: bool = True, **options: Any) -> Candidate:
    """A signed-in candidate with a fresh attempt at a fresh occasion, its paper open."""
    with app.app_context(), transaction() as session:
        person = make_person(session)
        occasion = make_occasion(session, **options)
    with app.app_context(), transaction() as session:
        attempt, _new = start(
            session, occasion_id=occasion.id, person_id=person.id, now=clock.now()
        )
    client = app.test_client()
    candidate = Candidate(client, sign_in(client, person), person.id, attempt.id, occasion.id)
    if opened:
        assert candidate.open().status_code == 200
    return candidate


def sound_value(question: Any) -> Any:
    """Some sound answer to a question of a paper."""
    return {
        "single": "A", "multiple": ["A", "B"], "true_false": True,
        "fill_in": ["二十"] * (question["blanks"] or 1), "short_answer": "先受理，\n再答复。",
    }[question["type"]]  # fmt: skip


def acts(app: Flask, attempt_id: int) -> list[str]:
    """What the audit trail says of an attempt, in order."""
    with app.app_context():
        return list(
            reading().scalars(
                select(AuditEvent.action)
                .where(AuditEvent.subject_kind == "attempt",
                       AuditEvent.subject_id == str(attempt_id))
                .order_by(AuditEvent.id)
            )
        )  # fmt: skip


def attempts(app: Flask) -> list[Attempt]:
    """All attempts."""
    with app.app_context():
        return list(reading().scalars(select(Attempt).order_by(Attempt.id)))


def count(app: Flask, table: Any) -> int:
    """How many rows a table has."""
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def kind(name: str, handlers: kinds.Kind) -> Iterator[None]:
    """Handlers of a kind of occasion, for the time of a test."""
    before = kinds.kind_of(name)
    kinds.register(name, handlers)
    try:
        yield
    finally:
        kinds.register(name, before)
