"""Rounds for programs: which the caller may sit, and the start."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Blueprint, Response, jsonify, url_for
from spectree import Response as Answers

from core import clock
from core.db import reading, transaction
from core.guards import requires, viewer
from core.openapi import PREFIX, Problem, Schema, spec, started
from core.permissions import Permission
from quiz.rounds import services
from quiz.rounds.queries import RoundEntry, round_entries

bp = Blueprint("rounds_api", __name__, url_prefix=f"{PREFIX}/rounds")


class RoundOut(Schema):
    """A round as the caller finds it. Times are UTC; ``right`` and ``earned`` of the try that counts."""

    id: int
    number: int
    title: str
    state: Literal["open", "past"]
    opens_at: datetime
    closes_at: datetime
    questions: int
    target: int
    max_points: int
    tries: int
    tries_left: int
    may_start: bool
    refusal: str | None
    reason: str
    attempt_id: int | None
    right: int | None
    earned: int | None


class RoundList(Schema):
    """Open and recent rounds, newest first."""

    server_now: datetime
    rounds: list[RoundOut]


class RoundAttemptOut(Schema):
    """An attempt; ``open`` it to see its paper. It has no clock but the end of the round."""

    id: int
    round_id: int
    number: int
    state: str
    started_at: datetime
    deadline_at: datetime
    server_now: datetime


@bp.get("")
@requires(Permission.EXAM_SIT)
@spec.validate(
    resp=Answers(HTTP_200=RoundList, HTTP_401=Problem, HTTP_403=Problem), tags=["rounds"]
)
def list_rounds() -> Response:
    """Open and recent rounds with the caller's tries and points."""
    now = clock.now()
    found = round_entries(reading(), viewer(), now)
    answer = RoundList(server_now=now, rounds=[_round(entry, now) for entry in found])
    return jsonify(answer.model_dump(mode="json"))


def _round(entry: RoundEntry, now: datetime) -> RoundOut:
    return RoundOut.model_validate(
        {
            "id": entry.id, "number": entry.number, "title": entry.title,
            "state": entry.round.phase(now).value, "opens_at": entry.opens_at,
            "closes_at": entry.closes_at, "questions": entry.questions, "target": entry.target,
            "max_points": entry.max_points, "tries": entry.round.tries,
            "tries_left": entry.tries_left, "may_start": entry.may_start,
            "refusal": entry.refusal.value if entry.refusal else None,
            "reason": services.sentence(entry), "attempt_id": entry.under_way,
            "right": entry.right, "earned": entry.earned,
        }
    )  # fmt: skip


@bp.post("/<int:round_id>/attempts")
@requires(Permission.EXAM_SIT)
@spec.validate(
    resp=Answers(
        HTTP_200=RoundAttemptOut, HTTP_201=RoundAttemptOut, HTTP_401=Problem, HTTP_403=Problem,
        HTTP_404=Problem, HTTP_409=Problem,
    ),
    tags=["rounds"],
)  # fmt: skip
def start_attempt(round_id: int) -> Response:
    """Start: 201 with the new attempt, 200 with the one under way, 409 with the reason why not."""
    now = clock.now()
    with transaction() as session:
        attempt, is_new = services.start(session, round_id=round_id, viewer=viewer(), now=now)
    body = RoundAttemptOut(
        id=attempt.id, round_id=round_id, number=attempt.number, state=attempt.state.value,
        started_at=attempt.started_at, deadline_at=attempt.deadline_at, server_now=now,
    )  # fmt: skip
    page = url_for("sitting.page", attempt_id=attempt.id)
    return started(body, location=page if is_new else "")
