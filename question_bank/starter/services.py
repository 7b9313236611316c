"""Puts the starter questions into a bank."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from core.audit.services import record
from core.clock import civil_date
from question_bank.imports.services import add_questions, insert_all, judge_all, read_file
from question_bank.questions.models import ReviewEvent
from question_bank.questions.rules import VersionState
from question_bank.starter import question_files


def load_starter(
    session: Session,
    *,
    author_id: int,
    reviewer_id: int,
    now: datetime,
    approve: bool = True,
    limit: int | None = None,
) -> int:
    """Put the starter questions into the bank, approved by ``reviewer_id``; how many went in.

    What the bank has already is left alone. ``approve`` False: as drafts. ``limit``: at most so
    many, spread evenly over all of them.
    """
    parsed = [row for path in question_files() for row in read_file(path.name, path.read_bytes())]
    if limit is not None and limit < len(parsed):
        parsed = [parsed[index * len(parsed) // limit] for index in range(limit)]
    judged = judge_all(session, parsed, civil_date(now))
    done = add_questions(
        session,
        [row for row in judged if row.base is None and row.draft is not None],
        state=VersionState.APPROVED if approve else VersionState.DRAFT,
        author_id=author_id,
        now=now,
    )
    if approve:
        _reviewed(session, done.version_ids, author_id, reviewer_id, now)
    record(session, "bank.load_starter", ("question", "*"), facts={"questions": done.total})
    return done.total


def _reviewed(
    session: Session, ids: Sequence[int], author_id: int, reviewer_id: int, now: datetime
) -> None:
    """The events by which versions that were inserted as approved came to be so."""
    steps = (
        (VersionState.DRAFT, VersionState.IN_REVIEW, author_id),
        (VersionState.IN_REVIEW, VersionState.APPROVED, reviewer_id),
    )
    insert_all(
        session,
        ReviewEvent,
        [
            {"version_id": id_, "from_state": before, "to_state": after, "by_id": by_id, "at": now}
            for id_ in ids
            for before, after, by_id in steps
        ],
    )
