"""What a candidate does with an attempt, and what any reader owes an overdue one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import delete, insert, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, make_transient_to_detached

from core.audit.services import record
from core.db import reading, table_of, transaction
from core.errors import Conflict, Invalid
from quiz.attempts import queries
from quiz.attempts.models import Attempt, AttemptState
from quiz.attempts.rules import (
    awaits_marks,
    deadline,
    has_passed,
    is_overdue,
    may_release,
    tries_used,
)
from quiz.closing.services import close, close_overdue
from quiz.corrections.services import ask_void, decide_void, rescore, void
from quiz.occasions.queries import pool_of
from quiz.papers.models import Paper
from quiz.papers.queries import items_of
from quiz.papers.rules import Item, PoolTooSmall, as_json, digest_of, draw
from quiz.releasing.services import release, release_due, release_occasion
from quiz.sitting.queries import Bearer, Sitting, Who, sitting_by_id, sitting_of
from quiz.sitting.rules import Opened, Outcome, RawOperation, Saved, Submitted
from quiz.sitting.services import open_paper, save, submit

__all__ = [
    "Bearer", "Opened", "Outcome", "RawOperation", "Saved", "Submitted", "ask_void",
    "close_overdue", "decide_void", "mark_positions", "open_paper", "release_due",
    "release_occasion", "rescore", "save", "settle", "start", "submit", "void",
]  # fmt: skip

_INSERT = {
    "sqlite": sqlite_insert(table_of(Attempt)).on_conflict_do_nothing(),
    "postgresql": postgresql_insert(table_of(Attempt)).on_conflict_do_nothing(),
}


def start(
    session: Session, *, occasion_id: int, person_id: int, now: datetime
) -> tuple[Attempt, bool]:
    """The person's attempt in progress, else a new one with its paper; and whether it is new.

    Whoever calls has decided that the person may sit. Raises Conflict (not_open, window_closed,
    already_passed, awaits_marks, no_tries, pool_too_small) and NotFound.
    """
    entry = queries.entry_of(session, occasion_id, person_id)
    if entry.in_progress is not None and is_overdue(entry.in_progress.deadline_at, now):
        close(session, [sitting_by_id(session, entry.in_progress.id)], now)
        entry = queries.entry_of(session, occasion_id, person_id)
    if entry.in_progress is not None:
        return entry.in_progress, False
    _may_start(entry, now)
    try:
        seed = secrets.token_hex(16)
        pool = pool_of(session, occasion_id, entry.pool_digest, entry.pool_revision)
        items = draw(pool, seed)
    except PoolTooSmall:
        raise Conflict(_("题库不够组成一份试卷，请联系考试组织者"), code="pool_too_small") from None
    attempt = _insert(session, entry, occasion_id, person_id, seed, items, now)
    if attempt is None:  # a simultaneous start was first; it is committed and can be read now
        found = queries.entry_of(session, occasion_id, person_id).in_progress
        if found is None:
            raise Conflict(_("这次考试已在另一处开始并结束，请刷新后再看"), code="started")
        return found, False
    record(
        session, "attempt.start", ("attempt", attempt.id),
        facts={"occasion": occasion_id, "number": attempt.number, "paper": digest_of(items)},
    )  # fmt: skip
    return attempt, True


def _may_start(entry: queries.Entry, now: datetime) -> None:
    if now < entry.opens_at:
        raise Conflict(_("还没有到开始时间"), code="not_open")
    if now >= entry.closes_at:
        raise Conflict(_("考试时间已过，不能再开始"), code="window_closed")
    if has_passed(entry.tries):
        raise Conflict(_("您已经合格，不用再考"), code="already_passed")
    if awaits_marks(entry.tries):
        raise Conflict(_("上一次答卷还在阅卷，成绩出来以后再决定要不要再考"), code="awaits_marks")
    if tries_used(entry.tries) >= entry.tries_allowed:
        raise Conflict(
            _("次数已用完：这场考试可以考 %(n)d 次", n=entry.tries_allowed), code="no_tries"
        )


def _insert(
    session: Session,
    entry: queries.Entry,
    occasion_id: int,
    person_id: int,
    seed: str,
    items: Sequence[Item],
    now: datetime,
) -> Attempt | None:
    """The new attempt with its paper; None where the number was taken a moment ago."""
    connection = session.connection()
    paper_id = connection.execute(
        insert(Paper).returning(Paper.id),
        {"occasion_id": occasion_id, "seed": seed, "items": as_json(items),
         "digest": digest_of(items), "created_at": now},
    ).scalar_one()  # fmt: skip
    values = {
        "occasion_id": occasion_id, "person_id": person_id, "number": entry.next_number,
        "state": AttemptState.IN_PROGRESS, "paper_id": paper_id, "epoch": 0, "started_at": now,
        "deadline_at": deadline(now, entry.minutes, entry.closes_at), "submitted_at": None,
        "closed_by": "", "answers_digest": "", "receipt": None, "marked": [],
    }  # fmt: skip
    statement = _INSERT[connection.dialect.name]
    attempt_id = connection.execute(
        statement.returning(table_of(Attempt).c.id), values
    ).scalar_one_or_none()
    if attempt_id is None:
        connection.execute(delete(Paper).where(Paper.id == paper_id))
        return None
    attempt = Attempt(id=attempt_id, **values)
    make_transient_to_detached(attempt)
    session.add(attempt)
    return attempt


def mark_positions(
    session: Session, *, attempt_id: int, who: Who, positions: Sequence[int], now: datetime
) -> list[int]:
    """Keep which positions the candidate wants to come back to; the list as it is kept.

    Raises NotFound, Invalid, and Conflict (closed) where the attempt is over.
    """
    sitting = sitting_of(session, attempt_id, who, now)
    if sitting.state is not AttemptState.IN_PROGRESS or is_overdue(sitting.deadline_at, now):
        raise Conflict(_("考试已经结束，标记没有保存"), code="closed", acked=[])
    marked = sorted(set(positions))
    if marked and not 1 <= marked[0] <= marked[-1] <= len(items_of(session, sitting.paper_key)):
        raise Invalid(_("试卷没有第 %(n)d 题", n=marked[-1]))
    session.connection().execute(
        update(table_of(Attempt)).where(table_of(Attempt).c.id == attempt_id).values(marked=marked)
    )
    return marked


def settle(attempt_id: int, now: datetime) -> bool:
    """Do for a reader what is overdue: close the attempt, or release its result. True if it did.

    Ends the reader's own transaction, works in one of its own; the reader reads again. Called
    outside any door, before a page or an answer is built.
    """
    if not queries.is_unsettled(reading(), attempt_id, now):
        return False
    with transaction() as session:
        return _settle(session, sitting_by_id(session, attempt_id), now)


def _settle(session: Session, sitting: Sitting, now: datetime) -> bool:
    if sitting.state is AttemptState.IN_PROGRESS and is_overdue(sitting.deadline_at, now):
        close(session, [sitting], now)
        return True
    if sitting.state is AttemptState.SCORED and may_release(
        sitting.release_rule, closes_at=sitting.closes_at, released_at=sitting.released_at, now=now
    ):
        release(session, [sitting], now)
        return True
    return False
