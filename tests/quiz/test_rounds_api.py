"""Rounds through the JSON API: the list, the start and its refusals, and what a sitting costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.people.models import Person
from config import Settings
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from core.rulebook.services import change_rule
from points.ledger.models import PointsEntry
from question_bank.questions.models import Difficulty, QuestionType
from quiz.attempts.models import Attempt
from quiz.opening.services import open_due
from quiz.papers.cache import forget_all
from quiz.rounds.models import QuizRound
from tests.databases import both_databases
from tests.factories import json_of, make_person, make_unit, sign_in
from tests.quiz.rounds import World, answers, arrange, make_bank, make_world, sit
from tests.statements import counted

# What a round costs through the API with nothing remembered, whatever the size of its paper;
# sign-in included. The submission posts its points.
COST = {"start": 12, "open": 7, "save": 3, "submit": 20}


def live(app: Flask, **options: Any) -> tuple[World, QuizRound]:
    """A world whose first round is open by the real clock."""
    now = clock.now()
    options.setdefault("first_month", clock.civil_date(now).replace(day=1))
    return arrange(app, now=now, **options)


def call(client: FlaskClient, csrf: str, path: str, body: Any = None) -> Any:
    return client.post(path, json=body or {}, headers={"X-CSRFToken": csrf})


def start(app: Flask, one: QuizRound, person: Person) -> Any:
    client = app.test_client()
    return call(client, sign_in(client, person), f"/api/v1/rounds/{one.id}/attempts")


def listed(app: Flask, person: Person) -> Any:
    client = app.test_client()
    sign_in(client, person)
    answer = client.get("/api/v1/rounds")
    assert answer.status_code == 200
    return json_of(answer)["rounds"]


def test_a_round_is_listed_with_the_callers_tries_and_points(app: Flask) -> None:
    world, one = live(app)
    (found,) = listed(app, world.staff)
    assert {"id": one.id, "number": 1, "title": "第 1 轮定期答题", "state": "open",
            "questions": 20, "target": 12, "max_points": 20, "tries": 2, "tries_left": 2,
            "may_start": True, "refusal": None, "reason": "", "attempt_id": None, "right": None,
            "earned": None}.items() <= found.items()  # fmt: skip
    sit(app, one, world.staff, right=5, now=clock.now())
    (found,) = listed(app, world.staff)
    assert (found["tries_left"], found["right"], found["earned"]) == (1, 5, 5)
    assert found["may_start"]
    sit(app, one, world.staff, right=13, now=clock.now())
    (found,) = listed(app, world.staff)
    assert (found["tries_left"], found["earned"], found["refusal"]) == (0, 5, "passed")
    assert found["reason"] == "您在这一轮已经达到达标线，不用再答。"


def test_a_start_is_201_once_and_200_again(app: Flask) -> None:
    world, one = live(app)
    first, again = start(app, one, world.staff), start(app, one, world.staff)
    assert (first.status_code, again.status_code) == (201, 200)
    attempt = json_of(first)
    assert first.headers["Location"] == f"/attempts/{attempt['id']}"
    assert json_of(again)["id"] == attempt["id"]
    assert datetime.fromisoformat(attempt["deadline_at"]) == one.closes_at
    (found,) = listed(app, world.staff)
    assert found["attempt_id"] == attempt["id"]


def refused(app: Flask, one: QuizRound, person: Person) -> str:
    answer = start(app, one, person)
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert json_of(answer)["detail"].endswith("。")
    return str(json_of(answer)["code"])


@pytest.mark.parametrize("role", [Role.EDITOR, Role.REVIEWER, Role.OFFICE])
def test_who_sees_keys_does_not_sit(app: Flask, role: Role) -> None:
    _world, one = live(app)
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.STAFF, role, unit=make_unit(session))
    assert refused(app, one, person) == "sees_keys"


def test_a_coordinator_who_is_staff_sits(app: Flask) -> None:
    _world, one = live(app)
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.STAFF, Role.COORDINATOR, unit=make_unit(session))
    assert start(app, one, person).status_code == 201


def test_who_is_not_on_post_does_not_sit(app: Flask) -> None:
    _world, one = live(app)
    with app.app_context(), transaction() as session:
        person = make_person(session)
    assert refused(app, one, person) == "not_on_post"


def test_used_tries_a_closed_window_and_a_reached_target_refuse(
    app: Flask, time_machine: Any
) -> None:
    world, one = live(app)
    sit(app, one, world.staff, right=3, now=clock.now())
    sit(app, one, world.staff, right=3, now=clock.now())
    assert refused(app, one, world.staff) == "no_tries"
    sit(app, one, world.other, right=12, now=clock.now())
    assert refused(app, one, world.other) == "passed"
    time_machine.move_to(one.closes_at, tick=False)
    with app.app_context(), transaction() as session:
        third = make_person(session, unit=make_unit(session))
    assert refused(app, one, third) == "closed"
    assert start(app, QuizRound(id=999), third).status_code == 404


def test_switched_off_no_start_and_what_has_begun_goes_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, one = live(app)
    attempt_id = json_of(start(app, one, world.staff))["id"]
    settings: Settings = app.extensions["settings"]
    monkeypatch.setitem(app.extensions, "settings", replace(settings, points=False))
    assert refused(app, one, world.other) == "off"
    assert listed(app, world.other) == []
    assert [found["attempt_id"] for found in listed(app, world.staff)] == [attempt_id]
    assert start(app, one, world.staff).status_code == 200
    client = app.test_client()
    csrf = sign_in(client, world.staff)
    path = f"/api/v1/attempts/{attempt_id}"
    epoch = json_of(call(client, csrf, f"{path}/open", {"open_id": "switched-1"}))["epoch"]
    done = call(client, csrf, f"{path}/submit", {"epoch": epoch, "ops": [], "seqs": {}})
    assert done.status_code == 200
    with app.app_context():
        assert [entry.person_id for entry in reading().query(PointsEntry)] == [world.staff.id]


# --- what it costs ----------------------------------------------------------------------


class Sitter:
    """Someone who sits by the API and counts what each call costs, with nothing remembered."""

    def __init__(self, app: Flask, person: Person) -> None:
        self.app, self.client = app, app.test_client()
        self.csrf = sign_in(self.client, person)
        self.cost: dict[str, int] = {}

    def post(self, act: str, path: str, body: Any = None) -> Any:
        forget_all()
        with counted(self.app) as log:
            answer = call(self.client, self.csrf, path, body)
        assert answer.status_code in {200, 201}, answer.text
        self.cost[act] = len(log)
        return json_of(answer)


def round_of(app: Flask, size: int) -> tuple[World, QuizRound]:
    """A round of so many questions."""
    now = clock.now()
    today = clock.civil_date(now)
    with app.app_context(), transaction() as session:
        make_bank(session, [(QuestionType.SINGLE, Difficulty.EASY, size)])
        with_rule = clock.start_of(today.replace(day=1)) - timedelta(days=3)
        world = make_world(session, now=now, bank=False, first_month=today.replace(day=1))
        change_rule(
            session, rule="quiz.questions", value=size, why="试行", by_id=world.office.id,
            effective_from=clock.civil_date(with_rule), now=with_rule,
        )  # fmt: skip
        (one,) = open_due(session, now)
    assert one.questions == size
    return world, one


@both_databases
@pytest.mark.parametrize("size", [4, 60])
def test_a_round_costs_the_same_whatever_the_size_of_its_paper(app: Flask, size: int) -> None:
    world, one = round_of(app, size)
    sitter = Sitter(app, world.staff)
    attempt_id = sitter.post("start", f"/api/v1/rounds/{one.id}/attempts")["id"]
    path = f"/api/v1/attempts/{attempt_id}"
    epoch = sitter.post("open", f"{path}/open", {"open_id": "rounds-cost-1"})["epoch"]
    with app.app_context():
        attempt = reading().get(Attempt, attempt_id)
        assert attempt is not None
        ops = [
            {"position": position, "seq": seq, "value": value}
            for position, seq, value in answers(reading(), attempt, right=size - 1)
        ]
    sitter.post("save", f"{path}/answers", {"epoch": epoch, "ops": ops[:1]})
    seqs = {str(each["position"]): 1 for each in ops}
    sitter.post("submit", f"{path}/submit", {"epoch": epoch, "ops": ops, "seqs": seqs})
    assert sitter.cost == COST
    with app.app_context():
        (entry,) = reading().query(PointsEntry)
        assert entry.amount == size - 1
