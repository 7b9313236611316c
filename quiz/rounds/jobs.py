"""What rounds do by themselves: they open when they are due, and their periods close once all is in."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.db import reading, transaction
from core.errors import Conflict
from core.jobs.rules import Job
from points.periods.queries import ended_unclosed
from points.periods.services import close_period
from quiz.attempts.services import close_overdue
from quiz.counting.queries import is_under_way
from quiz.opening.services import Opening, catch_up


def keep_rounds(now: datetime) -> str:
    """Open what is due, then close the periods that are over, each in a transaction of its own."""
    try:
        with transaction() as session:
            told = _told(catch_up(session, now))
    except Conflict as error:  # somebody opened it a moment ago; nothing of ours is kept
        told = f"opened 0, {error.code}"
    return f"{told}; closed {_close_periods(now)}"


def _told(opening: Opening) -> str:
    words = [f"opened {len(opening.opened)}"]
    if opening.is_short:
        words.append(f"with {opening.opened[0].questions} questions, {opening.wanted} wanted")
    if opening.lacks_questions:
        words.append("one is due: no approved question of its topics is free for practice")
    if opening.missed:
        words.append(f"missed {len(opening.missed)}")
    return ", ".join(words)


def _close_periods(now: datetime) -> int:
    """How many; one with somebody at work is left for the next time."""
    waiting = [period.id for period in ended_unclosed(reading(), now)]
    if waiting:
        _close_attempts(now)
    closed = 0
    for period_id in waiting:
        with transaction() as session:
            if not is_under_way(session, period_id):
                closed += close_period(session, period_id=period_id, now=now)
    return closed


def _close_attempts(now: datetime) -> None:
    while True:
        with transaction() as session:
            if not close_overdue(session, now):
                return


JOBS = (
    Job("quiz.rounds", timedelta(minutes=10), keep_rounds,
        "Open rounds that are due and close periods of points that are over."),
)  # fmt: skip
