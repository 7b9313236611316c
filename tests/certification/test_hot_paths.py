"""What a whole sitting costs through the API: statements counted, sign-in and certificate included."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from certification.blueprints.rules import Row
from certification.certificates.models import Certificate
from certification.exams.models import Exam
from core import clock
from core.db import reading, transaction
from question_bank.questions.models import Difficulty, QuestionType
from quiz.attempts.models import Attempt
from quiz.grading.rules import to_letters
from quiz.notebook.models import NotebookEntry
from quiz.papers.cache import forget_all
from quiz.papers.queries import items_of, versions_of
from tests.certification.world import City, make_city, make_exam
from tests.databases import both_databases
from tests.factories import make_question, sign_in
from tests.statements import counted
from training.models import Attendance, TrainingKind, TrainingSession

# one of "submit" is for keys that were corrected: no process may remember those
LIMITS = {"start": 12, "open": 12, "save": 3, "submit": 16}


def _arrange(app: Flask, size: int) -> tuple[City, Exam]:
    """An exam of so many questions that needs training, which the candidate has attended."""
    with app.app_context(), transaction() as session:
        city = make_city(session)
        for _number in range(size):
            make_question(session, city.editor, city.topic, difficulty=Difficulty.HARD)
        rows = (
            Row(city.topic.id, "single", "hard", size, 2),
            Row(city.topic.id, "true_false", None, 2, 2),
        )
        exam = make_exam(session, city, rows=rows, needs_training=True, pass_mark=size, minutes=60)
        begin = clock.now() - timedelta(days=10)
        held = TrainingSession(
            kind=TrainingKind.ROTATION, title="轮训", starts_at=begin,
            ends_at=begin + timedelta(hours=2), recorded_by=city.office.id, recorded_at=begin,
        )  # fmt: skip
        session.add(held)
        session.flush()
        session.add(
            Attendance(session_id=held.id, person_id=city.staff.id, recorded_by=city.office.id,
                       recorded_at=begin)
        )  # fmt: skip
    return city, exam


def _right_answers(app: Flask, attempt_id: int) -> list[Any]:
    with app.app_context():
        session = reading()
        attempt = session.get(Attempt, attempt_id)
        assert attempt is not None
        items = items_of(session, (attempt.paper_id, attempt.started_at))
        versions = versions_of(session, [item.version_id for item in items])
        return [
            versions[item.version_id].key
            if item.type is QuestionType.TRUE_FALSE
            else to_letters(versions[item.version_id].key, item.order)[0]
            for item in items
        ]


class _Candidate:
    """Someone who sits by the JSON API and counts what each call costs, with nothing cached."""

    def __init__(self, app: Flask, client: FlaskClient, csrf: str) -> None:
        self.app, self.client, self.csrf = app, client, csrf
        self.cost: dict[str, int] = {}

    def post(self, act: str, path: str, body: Any = None) -> Any:
        forget_all()
        with counted(self.app) as log:
            answer = self.client.post(path, json=body or {}, headers={"X-CSRFToken": self.csrf})
        assert answer.status_code in {200, 201}, answer.text
        self.cost[act] = len(log)
        return answer.get_json()


@both_databases
@pytest.mark.parametrize("size", [4, 60])
def test_a_sitting_stays_within_its_statements(app: Flask, size: int) -> None:
    city, exam = _arrange(app, size)
    client = app.test_client()
    one = _Candidate(app, client, sign_in(client, city.staff))
    attempt = one.post("start", f"/api/v1/exams/{exam.id}/attempts")["id"]
    answers = _right_answers(app, attempt)
    answers[-1] = not answers[-1]  # released at once, it goes to the notebook
    path = f"/api/v1/attempts/{attempt}"
    epoch = one.post("open", f"{path}/open", {"open_id": "hot-path-1"})["epoch"]
    one.post("save", f"{path}/answers",
             {"epoch": epoch, "ops": [{"position": 1, "seq": 1, "value": answers[0]}]})  # fmt: skip
    operations = [
        {"position": position, "seq": 2, "value": value}
        for position, value in enumerate(answers, 1)
    ]
    seqs = {str(position): 2 for position in range(1, len(answers) + 1)}
    done = one.post("submit", f"{path}/submit", {"epoch": epoch, "ops": operations, "seqs": seqs})
    assert done["result"]["is_pass"] is True
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(Certificate)) == 1
        assert reading().scalar(select(func.count()).select_from(NotebookEntry)) == 1
    assert {act: cost for act, cost in one.cost.items() if cost > LIMITS[act]} == {}, one.cost
