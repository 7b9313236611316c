"""What statistics do by themselves: once a night all figures are worked out anew."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.db import reading, transaction
from core.jobs.rules import Job
from question_bank.measures.services import Noted
from quiz.statistics.services import BATCH, compute, finish, keep_questions

NIGHT = timedelta(hours=18)  # 02:00 in Shanghai


def refresh(now: datetime) -> str:
    """Read once, then write in short transactions, so that nobody's sitting waits; repeatable."""
    session = reading()
    findings = compute(session, now)
    session.close()
    noted = Noted()
    for start in range(0, len(findings.questions), BATCH):
        with transaction() as session:
            some = findings.questions[start : start + BATCH]
            noted += keep_questions(session, some, findings.parameters, now)
    with transaction() as session:
        finish(session, findings, noted, now)
    return (
        f"{len(findings.questions)} questions over {findings.sittings} first tries, "
        f"{len(findings.parameters)} fitted; {noted.moved} moved, {noted.raised} flags raised, "
        f"{noted.taken_down} taken down"
    )


JOBS = (
    Job("statistics.refresh", timedelta(days=1), refresh,
        "Work out figures, flags and measured difficulty of questions.",
        lease=timedelta(minutes=60), offset=NIGHT),
)  # fmt: skip
