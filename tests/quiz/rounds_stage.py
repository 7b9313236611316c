"""A world before its first round that can be had anew, on both databases, for the machine of rounds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from config import Settings
from core.db import db, transaction
from core.rulebook.services import change_rule
from question_bank.questions.models import Difficulty, QuestionType
from quiz.attempts.models import Attempt
from quiz.grading.rules import to_letters
from quiz.papers.queries import items_of
from tests import databases, postgres
from tests.factories import make_person
from tests.quiz.rounds import World, at, make_bank, make_world, moment
from tests.quiz.rounds_model import TRIES

CELLS = (
    (QuestionType.SINGLE, Difficulty.EASY, 2),
    (QuestionType.MULTIPLE, Difficulty.MEDIUM, 2),
    (QuestionType.TRUE_FALSE, Difficulty.MEDIUM, 2),
)
QUESTIONS = 6
BEFORE, OPENS = moment(10, 20), moment(11, 1)
DEARER = date(2026, 11, 20)  # from here on an answer is worth two points
JOINED = date(2026, 11, 15)  # too late for the first round


@dataclass(frozen=True)
class Stage:
    """A world before its first round, and how to have it anew."""

    world: World
    people: tuple[Person, ...]
    fresh: Callable[[], Flask]
    done: Callable[[Flask], None]


def make_stage(app: Flask, folder: Path) -> Stage:
    """A plan for every month from November on; copies of it are as fresh as the first."""
    with at(BEFORE), app.app_context(), transaction() as session:
        make_bank(session, CELLS)
        world = make_world(session, now=BEFORE, every=1, bank=False)
        unit = session.scalars(
            select(Posting.unit_id).where(Posting.person_id == world.staff.id)
        ).one()
        newcomer = make_person(session)
        session.add(Posting(person_id=newcomer.id, unit_id=unit, position="科员",
                            valid_from=JOINED, entered_at=BEFORE))  # fmt: skip
        for rule, value, since in (
            ("quiz.tries", TRIES, OPENS.date()), ("points.per_answer", 2, DEARER),
        ):  # fmt: skip
            change_rule(session, rule=rule, value=value, effective_from=since, why="试行",
                        by_id=world.office.id, now=BEFORE)  # fmt: skip
    people = (world.staff, world.other, newcomer)
    given: Settings = app.extensions["settings"]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if not given.is_sqlite:
        return Stage(world, people, lambda: _postgres_copy(given.database_url), _drop)
    file, kept = Path(given.instance_dir) / "shanggang.db", folder / "stage.db"
    shutil.copy(file, kept)

    def fresh() -> Flask:
        with app.app_context():
            db.engine.dispose()
        for name in ("-wal", "-shm"):
            file.with_name(file.name + name).unlink(missing_ok=True)
        shutil.copy(kept, file)
        return app

    return Stage(world, people, fresh, lambda _app: None)


def _postgres_copy(url: str) -> Flask:
    copy = postgres.create_database(postgres.start(), template=url)
    return databases.testing_app(
        Settings(database_url=copy, log_level="ERROR", **databases.SECRETS)
    )


def _drop(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    postgres.drop_database(postgres.start(), app.extensions["settings"].database_url)


def operations_of(
    session: Session, attempt_id: int, values: dict[int, Any], *, seq: int
) -> list[tuple[int, int, Any]]:
    """The model's answers in the letters of this paper."""
    attempt = session.get_one(Attempt, attempt_id)
    operations: list[tuple[int, int, Any]] = []
    for position, item in enumerate(items_of(session, (attempt.paper_id, attempt.started_at)), 1):
        if item.version_id not in values:
            continue
        value = values[item.version_id]
        if item.type is not QuestionType.TRUE_FALSE:
            letters = to_letters(value, item.order)
            value = letters if item.type is QuestionType.MULTIPLE else letters[0]
        operations.append((position, seq, value))
    return operations
