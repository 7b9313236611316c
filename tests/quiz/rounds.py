"""Plans, rounds and people who sit them, for tests; days are those of November 2026."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from points.ledger.models import PointsEntry, PointsTotal
from question_bank.questions.models import Difficulty, Pool, QuestionType
from quiz.attempts.models import Attempt
from quiz.attempts.services import Outcome, start
from quiz.grading.rules import to_letters
from quiz.opening.services import create_plan, open_due
from quiz.papers.queries import items_of, versions_of
from quiz.rounds.models import QuizRound
from quiz.sitting.services import open_paper, submit
from tests.factories import make_person, make_question, make_topic, make_unit

MONTH = date(2026, 11, 1)
DAY = datetime(2026, 11, 10, 9, 0, tzinfo=clock.SHANGHAI)  # within the first round
CELLS = (
    (QuestionType.SINGLE, Difficulty.EASY, 8),
    (QuestionType.SINGLE, Difficulty.HARD, 8),
    (QuestionType.MULTIPLE, Difficulty.MEDIUM, 8),
    (QuestionType.TRUE_FALSE, Difficulty.MEDIUM, 8),
)


@dataclass(frozen=True)
class World:
    """Who there is, and the plan that is active."""

    plan_id: int
    office: Person
    second: Person
    staff: Person
    other: Person


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """The clock stands at this instant."""
    with time_machine.travel(moment, tick=False):
        yield


@contextmanager
def believing(zone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own clock is set to this zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()


def moment(month: int, day: int, hour: int = 9, minute: int = 0, *, year: int = 2026) -> datetime:
    """An instant on the clock of Shanghai."""
    return datetime(year, month, day, hour, minute, tzinfo=clock.SHANGHAI)


def make_bank(session: Session, cells: Any = CELLS, *, pool: Pool = Pool.BOTH) -> int:
    """Approved questions of one new topic; the topic's id."""
    author, topic = make_person(session, Role.EDITOR), make_topic(session)
    for type_, level, count in cells:
        for _number in range(count):
            make_question(session, author, topic, type_=type_, difficulty=level, pool=pool)
    return topic.id


def make_world(
    session: Session, *, now: datetime = DAY, every: int = 2, bank: bool = True, **plan: Any
) -> World:
    """A bank, people in one unit, and a plan from November on."""
    if bank:
        make_bank(session)
    unit = make_unit(session, "城中区政府办公室")
    office = make_person(session, Role.OFFICE, unit=unit, name="章有法")
    made = create_plan(
        session,
        **{"title": "定期答题", "first_month": MONTH, "every_months": every, "by": office.id,
           "now": now, **plan},
    )  # fmt: skip
    return World(
        made.id, office, make_person(session, Role.OFFICE, unit=unit, name="简明白"),
        make_person(session, unit=unit, name="文知新"), make_person(session, unit=unit),
    )  # fmt: skip


def arrange(app: Flask, *, now: datetime = DAY, **options: Any) -> tuple[World, QuizRound]:
    """A world with its first round open."""
    with at(now), app.app_context(), transaction() as session:
        world = make_world(session, now=now, **options)
        (one,) = open_due(session, now)
    return world, one


def begin(app: Flask, one: QuizRound, person: Person, now: datetime = DAY) -> int:
    """A started attempt; its id."""
    with app.app_context(), transaction() as session:
        attempt, _new = start(session, occasion_id=one.occasion_id, person_id=person.id, now=now)
        open_paper(session, attempt_id=attempt.id, who=person.id, open_id="tests-open", now=now)
    return int(attempt.id)


def answers(session: Session, attempt: Attempt, right: int) -> list[tuple[int, int, Any]]:
    """Operations that answer a whole paper, so many of them rightly."""
    items = items_of(session, (attempt.paper_id, attempt.started_at))
    versions = versions_of(session, [item.version_id for item in items])
    operations: list[tuple[int, int, Any]] = []
    for position, item in enumerate(items, start=1):
        key = versions[item.version_id].key
        is_right = position <= right
        value: Any
        if item.type is QuestionType.TRUE_FALSE:
            value = key if is_right else not key
        else:
            letters = to_letters(key, item.order)
            wrong = [one for one in "ABCD" if one not in letters]
            value = letters if is_right else wrong[:2]
            value = value if item.type is QuestionType.MULTIPLE else value[0]
        operations.append((position, 1, value))
    return operations


def hand_in(
    app: Flask, attempt_id: int, person: Person, right: int, now: datetime = DAY
) -> Outcome:
    """Answer and submit an attempt that is under way."""
    with at(now), app.app_context(), transaction() as session:
        attempt = session.get(Attempt, attempt_id)
        assert attempt is not None
        operations = answers(session, attempt, right)
        return submit(
            session, attempt_id=attempt_id, who=person.id, epoch=1, operations=operations,
            seqs={position: seq for position, seq, _value in operations}, now=now,
        ).outcome  # fmt: skip


def sit(app: Flask, one: QuizRound, person: Person, right: int, now: datetime = DAY) -> int:
    """A whole try with so many right answers; the attempt's id."""
    attempt_id = begin(app, one, person, now)
    assert hand_in(app, attempt_id, person, right, now) is Outcome.DONE
    return attempt_id


def ledger(app: Flask, person: Person) -> list[tuple[str, int]]:
    """(source, amount) of a person's entries, oldest first; reversals are named by their place."""
    with app.app_context():
        rows = list(
            reading().scalars(
                select(PointsEntry)
                .where(PointsEntry.person_id == person.id)
                .order_by(PointsEntry.id)
            )
        )
    places = {row.id: place for place, row in enumerate(rows, start=1)}
    return [
        (f"reverse {places[row.reverses_id]}" if row.reverses_id else
         row.source.partition("/")[2], row.amount)
        for row in rows
    ]  # fmt: skip


def balance(app: Flask, person: Person) -> int:
    """What a person's totals say was earned."""
    with app.app_context():
        return sum(
            reading().scalars(select(PointsTotal.earned).where(PointsTotal.person_id == person.id))
        )


def all_rounds(app: Flask) -> list[QuizRound]:
    """Every round, by the time it opens."""
    with app.app_context():
        return list(reading().scalars(select(QuizRound).order_by(QuizRound.opens_at)))
