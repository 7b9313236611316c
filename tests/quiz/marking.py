"""Papers with short answers for tests: handed in, listed, marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select

from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.questions.rules import QuestionType
from quiz.marking import services
from quiz.marking.models import AnswerToMark
from tests.factories import make_person
from tests.quiz.candidates import Candidate, sit

COUNTS = {QuestionType.SINGLE: 1, QuestionType.SHORT_ANSWER: 2}  # ten marks each
ESSAYS = (2, 3)  # their positions


@dataclass(frozen=True)
class HandedIn:
    """An attempt that waits, its answers to mark by position, and two markers."""

    candidate: Candidate
    answers: dict[int, int]
    reviewer: int
    office: int


def answers_of(app: Flask, attempt_id: int) -> dict[int, int]:
    """Position → id of what people have to mark."""
    with app.app_context():
        rows = reading().execute(
            select(AnswerToMark.position, AnswerToMark.id).where(
                AnswerToMark.attempt_id == attempt_id
            )
        )
        return {row[0]: row[1] for row in rows}


def markers(app: Flask) -> tuple[int, int]:
    """Two people who may mark."""
    with app.app_context(), transaction() as session:
        return make_person(session, Role.REVIEWER).id, make_person(session, Role.OFFICE).id


def hand_in(app: Flask, *written: int, **options: Any) -> HandedIn:
    """A paper with short answers, handed in; ``written``: positions of those with something in it."""
    candidate = sit(app, counts=COUNTS, **{"pass_mark": 15, **options})
    texts = [(position, 1, f"答案{position}\n第二行") for position in written or ESSAYS]
    assert candidate.submit(*texts).status_code == 200
    return HandedIn(candidate, answers_of(app, candidate.attempt_id), *markers(app))


def give(app: Flask, answer_id: int, marks: int, by: int, **more: Any) -> bool:
    """One mark in a transaction of its own."""
    with app.app_context(), transaction() as session:
        return services.give(
            session,
            answer_id=answer_id,
            marks=marks,
            by=by,
            now=clock.now(),
            **{"known": 0, **more},
        )
