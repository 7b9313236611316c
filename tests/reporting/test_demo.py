"""The made-up city: told by the product's own services, on an empty database only."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.people.models import Person
from certification.certificates.models import Certificate
from certification.exams.models import Exam, ExamState
from certification.registrations.models import Registration
from certification.registrations.rules import RegistrationState
from certification.transfers.models import Transfer
from certification.transfers.rules import TransferState
from core.audit.queries import chain
from core.audit.rules import first_broken
from core.db import reading
from points.adjustments.models import PointsAdjustment
from points.ledger.services import prove
from points.periods.models import PointsPeriod
from question_bank.questions.models import Question
from quiz.attempts.models import Attempt, AttemptState
from quiz.notebook.models import NotebookEntry
from reporting.city.rules import UNITS, chosen, name_of, stage_of, units_for
from reporting.demo.rules import blueprint
from reporting.sitters.rules import wrong_positions
from tests.databases import both_databases


def _load(app: Flask, *options: str) -> Any:
    return app.test_cli_runner().invoke(args=["demo", "load", *options])


_PERIODS = select(PointsPeriod).order_by(PointsPeriod.number)


def _by(column: Any) -> dict[Any, int]:
    """Value of a column → how many rows have it."""
    return dict(reading().execute(select(column, func.count()).group_by(column)).all())


@both_databases
def test_it_tells_the_whole_story(app: Flask) -> None:
    done = _load(app, "--password", "Demo-pass-2026", "--people", "60", "--questions", "150",
                 "--candidates", "10")  # fmt: skip
    assert done.exit_code == 0, done.output
    with app.app_context():
        session = reading()
        assert session.scalar(select(func.count()).select_from(Person)) == 60 + 9
        assert _by(Exam.state) == {ExamState.PUBLISHED: 4}
        passed = len(chosen("certified", 60, 10, 60))
        assert session.scalar(select(func.count()).select_from(Certificate)) == passed
        assert set(_by(Attempt.state)) == {AttemptState.RELEASED}
        stages = _by(Registration.state)
        assert {state for state, number in stages.items() if number} == set(RegistrationState) - {
            RegistrationState.WITHDRAWN
        }
        assert _by(Transfer.state) == {TransferState.CARRIED_OUT: 1, TransferState.REQUESTED: 1}
        closed = [period.closed_at is not None for period in session.scalars(_PERIODS)]
        assert closed == [True, True, False]
        assert session.scalar(select(func.count()).select_from(PointsAdjustment)) == 1
        assert session.scalar(select(func.count()).select_from(NotebookEntry))
        assert prove(session).wrong is None
        assert first_broken(chain(session)) is None
    signed_in = app.test_client().post(
        "/api/v1/session", json={"staff_no": "D00001", "password": "Demo-pass-2026"}
    )
    assert signed_in.status_code == 200
    again = _load(app)
    assert again.exit_code == 1
    assert "not empty" in again.output
    assert _load(app, "--if-empty").output == ""


def test_a_generated_password_is_shown(app: Flask) -> None:
    done = _load(app, "--people", "8", "--questions", "60", "--candidates", "2")
    assert done.exit_code == 0, done.output
    password = done.output.split("Password of all of them: ")[1].split()[0]
    signed_in = app.test_client().post(
        "/api/v1/session", json={"staff_no": "OFFICE01", "password": password}
    )
    assert signed_in.status_code == 200


def test_a_bank_larger_than_the_starters_has_as_many_questions_as_asked(app: Flask) -> None:
    done = _load(app, "--password", "x", "--people", "8", "--questions", "400",
                 "--candidates", "2")  # fmt: skip
    assert done.exit_code == 0, done.output
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(Question)) == 400


@pytest.mark.parametrize(("people", "candidates"), [(1, 0), (1, 1), (12, 12)])
def test_everybody_and_nobody_may_be_a_candidate(app: Flask, people: int, candidates: int) -> None:
    done = _load(app, "--password", "x", "--people", str(people), "--questions", "60",
                 "--candidates", str(candidates))  # fmt: skip
    assert done.exit_code == 0, done.output


def test_more_candidates_than_people_are_refused_in_a_line(app: Flask) -> None:
    done = _load(app, "--people", "5", "--candidates", "6")
    assert done.exit_code == 1
    assert "--candidates 6 is more than --people 5" in done.output


def test_names_are_all_different() -> None:
    assert len({name_of(number) for number in range(20_000)}) == 20_000


@pytest.mark.parametrize(("people", "units"), [(1, 20), (150, 20), (6_000, 20), (100_000, 333)])
def test_units_grow_with_the_city(people: int, units: int) -> None:
    made = list(units_for(people))
    assert len(made) == units
    assert len({unit.code for unit in made}) == units
    assert {unit.parent for unit in made} - {""} <= {unit.code for unit in UNITS}


def test_the_first_are_the_candidates() -> None:
    assert {stage_of(number, 5) for number in range(5)} == {"candidate"}
    assert "candidate" not in {stage_of(number, 5) for number in range(5, 50)}


def test_a_blueprint_leaves_half_of_every_topic_undrawn() -> None:
    stock = {(1, "single", "easy"): 40, (2, "single", "hard"): 7, (1, "multiple", "easy"): 3}
    shares = {(share.topic_id, share.type): share.count for share in blueprint(stock)}
    assert shares[1, "single"] + shares[2, "single"] <= 25
    assert shares[2, "single"] <= 4
    assert shares[1, "multiple"] == 2


@pytest.mark.parametrize("number", range(20))
def test_who_passes_passes(number: int) -> None:
    assert len(wrong_positions(number, 50, passes=True)) <= 10
    assert len(wrong_positions(number, 50, passes=False)) > 10
