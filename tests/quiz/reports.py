"""A city with an exam that was sat, reports about its questions and corrected keys, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from accounts.people.models import Person
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.models import QuestionVersion, VersionState
from quiz.attempts.models import Attempt, Score
from quiz.errata.models import Erratum
from quiz.errata.queries import reportable
from quiz.errata.rules import ErratumKind
from quiz.errata.services import report
from quiz.keys import services as keys
from quiz.keys.rules import Verdict
from quiz.papers.queries import items_of
from quiz.papers.rules import Item
from tests.certification import world as exams
from tests.certification.world import City
from tests.factories import make_person


@dataclass(frozen=True)
class Sat:
    """An exam that ``city.staff`` sat and was told the answers of."""

    city: City
    exam: Any
    attempt_id: int
    reviewer: Person
    second: Person

    @property
    def staff(self) -> Person:
        return self.city.staff

    @property
    def office(self) -> Person:
        return self.city.office


def sat(app: Flask, *, right: bool = True, **options: Any) -> Sat:
    """A city, an exam of 5 questions (20 marks each, 60 to pass), and one try of it."""
    city, exam = exams.arrange(app, **options)
    attempt_id = exams.sit(app, exam, city.staff, right=right)
    with app.app_context(), transaction() as session:
        reviewer = make_person(session, Role.REVIEWER, unit=city.root, name="审题人")
        second = make_person(session, Role.REVIEWER, unit=city.root, name="另一位审题人")
    return Sat(city, exam, attempt_id, reviewer, second)


def items(app: Flask, attempt_id: int) -> tuple[Item, ...]:
    """The paper of an attempt."""
    with app.app_context():
        attempt = reading().get_one(Attempt, attempt_id)
        return items_of(reading(), (attempt.paper_id, attempt.started_at))


def version_at(app: Flask, attempt_id: int, position: int = 1) -> int:
    """The version at a position of an attempt's paper."""
    return items(app, attempt_id)[position - 1].version_id


def say(
    app: Flask, attempt_id: int, person: Person, position: int = 1, text: str = "答案和条例不一致"
) -> bool:
    """Report a question; whether that was a new report."""
    with app.app_context(), transaction() as session:
        one = reportable(session, attempt_id, position, person.id)
        return report(session, one, person_id=person.id, kind=ErratumKind.KEY, text=text,
                      now=clock.now())  # fmt: skip


def correct(
    app: Flask, version_id: int, asker: Person, decider: Person | None, *, key: Any = None
) -> int:
    """Ask for a correction (without ``key`` the question is void) and, given who, agree; its id."""
    verdict = Verdict.VOID if key is None else Verdict.KEY
    with app.app_context(), transaction() as session:
        correction_id = keys.ask(
            session, version_id=version_id, verdict=verdict, key=key, reason="条例第三十三条",
            by=asker.id, now=clock.now(),
        )  # fmt: skip
    if decider is not None:
        with app.app_context(), transaction() as session:
            keys.decide(session, correction_id=correction_id, approve=True, reason="",
                        by=decider.id, now=clock.now())  # fmt: skip
    return correction_id


def reports(app: Flask) -> list[Erratum]:
    """Every report, oldest first."""
    with app.app_context():
        return list(reading().scalars(select(Erratum).order_by(Erratum.id)))


def scores(app: Flask, attempt_id: int) -> list[tuple[int, bool]]:
    """(marks, is_pass) of every score of an attempt, oldest first; marks, not hundredths."""
    with app.app_context():
        rows = reading().execute(
            select(Score.marks, Score.is_pass)
            .where(Score.attempt_id == attempt_id)
            .order_by(Score.number)
        )
        return [(row[0] // 100, row[1]) for row in rows]


def state_of(app: Flask, version_id: int) -> VersionState:
    with app.app_context():
        return reading().get_one(QuestionVersion, version_id).state


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(model)) or 0
