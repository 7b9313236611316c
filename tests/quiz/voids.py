"""Asking for and deciding voids of tries at rounds, and a browser without a screen, for tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Person
from accounts.roles.models import RoleGrant
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from quiz.attempts.models import Attempt, AttemptState
from quiz.corrections.services import decide_void, void_or_ask
from quiz.rounds.models import QuizRound
from tests.factories import sign_in
from tests.quiz.rounds import World, arrange, moment

NOON = moment(11, 24, 12)


class Browser:
    """A signed-in client that sends the CSRF token."""

    def __init__(self, app: Flask, person: Person) -> None:
        self.client = app.test_client()
        self.csrf = sign_in(self.client, person)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[:400]
        return answer.text

    def post(self, path: str, status: int = 302, **data: Any) -> str:
        answer = self.client.post(path, data={"csrf_token": self.csrf, **data})
        assert answer.status_code == status, answer.text[:400]
        return answer.headers.get("Location", "") or answer.text


def opened(app: Flask) -> tuple[World, QuizRound]:
    return arrange(app, now=NOON)


def ask(app: Flask, attempt_id: int, by: Person, now: datetime = NOON) -> int:
    """Ask for a void of a scored try; the act's id."""
    with app.app_context(), transaction() as session:
        assert not void_or_ask(session, attempt_id, reason="他人代答", by=by.id, now=now)
        return session.scalars(
            select(TwoPersonAct.id).where(TwoPersonAct.decided_at.is_(None))
        ).one()


def decide(app: Flask, act_id: int, by: Person, *, approve: bool = True) -> None:
    with app.app_context(), transaction() as session:
        decide_void(session, act_id, approve=approve, by=by.id, now=clock.now())


def state_of(app: Flask, attempt_id: int) -> AttemptState:
    with app.app_context():
        return reading().get_one(Attempt, attempt_id).state


def at_round(one: QuizRound, person: Person) -> str:
    return f"/rounds/{one.id}/people/{person.id}"


def promote(app: Flask, person: Person) -> None:
    """A person who has sat comes to the office."""
    with app.app_context(), transaction() as session:
        session.add(RoleGrant(person_id=person.id, role=Role.OFFICE, unit_id=None, granted_at=NOON))
