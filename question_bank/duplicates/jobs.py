"""What happens by itself: once a day the whole bank is compared."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.errors import Conflict
from core.jobs.rules import Job
from question_bank.duplicates.services import compare_all


def compare(_now: datetime) -> str:
    """Compare the bank piece by piece, each kept in a transaction of its own."""
    try:
        run = compare_all()
    except Conflict as error:  # somebody presses the button at this moment
        return error.code
    return f"compared {run.compared} questions"


JOBS = (
    Job("questions.duplicates", timedelta(days=1), compare,
        "Find questions of the bank that are alike or contradict each other."),
)  # fmt: skip
