"""Exams for programs: which the caller may sit, and the start."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Blueprint, Response, jsonify, url_for
from spectree import Response as Answers

from certification.entry import services
from certification.entry.queries import Entry, entries_of
from core import clock
from core.db import reading, transaction
from core.guards import requires, viewer
from core.openapi import PREFIX, Problem, Schema, spec, started
from core.permissions import Permission

bp = Blueprint("exams_api", __name__, url_prefix=f"{PREFIX}/exams")


class ExamOut(Schema):
    """An exam as its candidate finds it. Times are UTC."""

    id: int
    title: str
    state: Literal["coming", "open", "past", "cancelled"]
    opens_at: datetime
    closes_at: datetime
    minutes: int
    pass_mark: int
    tries: int
    tries_left: int
    may_start: bool
    refusal: str | None
    reason: str
    attempt_id: int | None


class ExamList(Schema):
    """All exams that are or were meant for the caller."""

    server_now: datetime
    exams: list[ExamOut]


class AttemptOut(Schema):
    """An attempt; ``open`` it to see its paper."""

    id: int
    exam_id: int
    number: int
    state: str
    started_at: datetime
    deadline_at: datetime
    server_now: datetime


@bp.get("")
@requires(Permission.EXAM_SIT)
@spec.validate(resp=Answers(HTTP_200=ExamList, HTTP_401=Problem, HTTP_403=Problem), tags=["exams"])
def list_exams() -> Response:
    """The exams that the caller may sit, with state and window."""
    now = clock.now()
    found = entries_of(reading(), viewer(), now)
    return jsonify(
        ExamList(server_now=now, exams=[_exam(entry) for entry in found]).model_dump(mode="json")
    )


def _exam(entry: Entry) -> ExamOut:
    exam = entry.exam
    return ExamOut.model_validate(
        {
            "id": exam.id, "title": exam.title, "state": entry.phase.value,
            "opens_at": exam.opens_at, "closes_at": exam.closes_at, "minutes": exam.minutes,
            "pass_mark": exam.pass_mark, "tries": exam.tries, "tries_left": entry.tries_left,
            "may_start": entry.verdict.may_start,
            "refusal": entry.verdict.refusal.value if entry.verdict.refusal else None,
            "reason": services.sentence(entry), "attempt_id": entry.facts.open_attempt,
        }
    )  # fmt: skip


@bp.post("/<int:exam_id>/attempts")
@requires(Permission.EXAM_SIT)
@spec.validate(
    resp=Answers(
        HTTP_200=AttemptOut, HTTP_201=AttemptOut, HTTP_401=Problem, HTTP_403=Problem,
        HTTP_404=Problem, HTTP_409=Problem,
    ),
    tags=["exams"],
)  # fmt: skip
def start_attempt(exam_id: int) -> Response:
    """Start: 201 with the new attempt, 200 with the one under way, 409 with the reason why not."""
    now = clock.now()
    with transaction() as session:
        attempt, is_new = services.start(session, exam_id=exam_id, viewer=viewer(), now=now)
    body = AttemptOut(
        id=attempt.id, exam_id=exam_id, number=attempt.number, state=attempt.state.value,
        started_at=attempt.started_at, deadline_at=attempt.deadline_at, server_now=now,
    )  # fmt: skip
    page = url_for("sitting.page", attempt_id=attempt.id)
    return started(body, location=page if is_new else "")
