"""When key, explanation and article of scored attempts may be seen, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import table_of
from quiz.attempts.kinds import kind_of
from quiz.attempts.models import Attempt, AttemptState
from quiz.closing.services import BATCH, EndedMeanwhile, by_person, released
from quiz.occasions.models import Occasion
from quiz.papers.queries import items_of_all
from quiz.results.queries import newest_rights
from quiz.sitting.queries import Sitting, releasable

_attempt = table_of(Attempt)
_RELEASE = (
    update(_attempt)
    .where(
        _attempt.c.id.in_(bindparam("ids", expanding=True)),
        _attempt.c.state == AttemptState.SCORED,
    )
    .values(state=AttemptState.RELEASED)
)


def release(
    session: Session, sittings: Sequence[Sitting], now: datetime, *, reason: str = ""
) -> None:
    """Let key, explanation and article of scored, locked attempts be seen."""
    ids = [sitting.id for sitting in sittings]
    if not ids:
        return
    done = session.connection().execute(_RELEASE, {"ids": ids})
    if done.rowcount != len(ids):
        raise EndedMeanwhile(f"attempts {ids}")
    for attempt_id in ids:
        record(session, "attempt.release", ("attempt", attempt_id), reason=reason)
    papers = items_of_all(session, [sitting.paper_key for sitting in sittings])
    right = newest_rights(session, ids)
    for sitting in by_person(sittings):
        kind_of(sitting.kind).on_released(
            session, released(sitting, papers[sitting.paper_key], right[sitting.id]), now
        )


def release_due(session: Session, now: datetime, *, limit: int = BATCH) -> int:
    """Release scored attempts whose occasion allows it by now; how many, at most ``limit``."""
    sittings = releasable(session, now, limit)
    release(session, sittings, now)
    return len(sittings)


def release_occasion(session: Session, occasion_id: int, now: datetime) -> bool:
    """Release an occasion by hand; False where it was released before.

    The first hundred results follow at once, the others by the job or when they are next read.
    """
    occasion = table_of(Occasion)
    done = session.connection().execute(
        update(occasion)
        .where(occasion.c.id == occasion_id, occasion.c.released_at.is_(None))
        .values(released_at=now)
    )
    if done.rowcount != 1:
        return False
    record(session, "occasion.release", ("occasion", occasion_id))
    release_due(session, now)
    return True
