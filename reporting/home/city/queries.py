"""What waits for the office, and the scores of the latest exam. Every function is one statement or two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from certification.exams.models import Exam, ExamState
from certification.registrations.models import Registration
from certification.registrations.rules import RegistrationState
from certification.transfers.models import Transfer
from certification.transfers.rules import TransferState
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.occasions.models import Occasion
from quiz.results.queries import newest_score
from reporting.home.rules import HUNDREDTHS


@dataclass(frozen=True)
class FilingsWaiting:
    """Filings that wait for the office. ``oldest``: when the longest waiting was sent."""

    people: int
    units: int
    oldest: date | None


def filings_waiting(session: Session) -> FilingsWaiting:
    """How many people of how many units are filed and not decided."""
    row = session.execute(
        select(
            func.count(),
            func.count(Registration.unit_id.distinct()),
            func.min(Registration.filed_on),
        ).where(Registration.state == RegistrationState.SUBMITTED)
    ).one()
    return FilingsWaiting(*row)


@dataclass(frozen=True)
class TransfersWaiting:
    """Transfers to be decided. ``inside``: on a day inside the hold; ``due``: their day has come."""

    requested: int
    inside: int
    due: int
    first: date | None  # the earliest day on which one is to take effect


def transfers_waiting(session: Session, day: date) -> TransfersWaiting:
    """How many transfers nobody has decided."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Transfer.effective_on <= Transfer.held_through),
            func.count().filter(Transfer.effective_on <= day),
            func.min(Transfer.effective_on),
        ).where(Transfer.state == TransferState.REQUESTED)
    ).one()
    return TransfersWaiting(*row)


@dataclass(frozen=True)
class ExamScores:
    """The best scores at the latest exam that has any: hundredths → people; full, pass mark: marks."""

    exam_id: int
    title: str
    pass_mark: int
    full: int
    scores: dict[int, int]


def latest_scores(session: Session) -> ExamScores | None:
    """Scores of the exam that opened last of those that somebody has sat; two statements."""
    scored = and_(Attempt.occasion_id == Exam.occasion_id, Attempt.state != AttemptState.VOIDED)
    exam = session.execute(
        select(Exam.id, Exam.title, Exam.occasion_id, Occasion.pass_mark)
        .join(Occasion, Occasion.id == Exam.occasion_id)
        .where(
            Exam.state == ExamState.PUBLISHED,
            exists().where(scored, Score.attempt_id == Attempt.id),
        )
        .order_by(Exam.opens_at.desc(), Exam.id.desc())
        .limit(1)
    ).first()
    if exam is None:
        return None
    best = (
        select(
            Attempt.person_id,
            func.max(Score.marks).label("marks"),
            func.max(Score.max_marks).label("full"),
        )
        .join(Score, newest_score())
        .where(Attempt.occasion_id == exam.occasion_id, Attempt.state != AttemptState.VOIDED)
        .group_by(Attempt.person_id)
        .subquery()
    )
    rows = session.execute(
        select(best.c.marks, func.count(), func.max(best.c.full)).group_by(best.c.marks)
    ).all()
    full = max(row[2] for row in rows) // HUNDREDTHS
    return ExamScores(exam.id, exam.title, exam.pass_mark, full, {row[0]: row[1] for row in rows})
