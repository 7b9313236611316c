"""Marking anew what a corrected key touches: in batches, each attempt once, until none is left."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import upsert
from core.errors import Conflict
from quiz.corrections.services import keep_marking, marked_anew
from quiz.keys.queries import CorrectionView, correction_of
from quiz.rescoring.models import RescoredAttempt, RescoringDone
from quiz.rescoring.queries import Touched, left_to_mark, touched, touched_count
from quiz.results.queries import newest_key_digest
from quiz.sitting.queries import Sitting, sitting_by_id

BATCH = 100  # one transaction does no more, so that the audit chain is never held long
REASON = "试题答案更正"  # in the score, for good: in the language of the office


def rescore_batch(
    session: Session, *, correction_id: int, now: datetime, limit: int = BATCH
) -> int:
    """Mark anew at most so many attempts of a correction in force; how many were looked at.

    Nothing is left where it is 0; that is noted once. Raises NotFound and Conflict (not_in_force).
    """
    correction = correction_of(session, correction_id)
    if not correction.approved:
        raise Conflict(_("这份更正还没有生效，不能重新评分。"), code="not_in_force")
    ids = left_to_mark(session, correction, limit)
    # locked, in an order that two batches share: of two at once one waits here
    sittings = {attempt_id: sitting_by_id(session, attempt_id) for attempt_id in ids}
    before = {one.attempt_id: one for one in touched(session, correction, ids)}
    for attempt_id in ids:
        if attempt_id in before:  # else it was voided a moment ago
            _rescore(session, correction, sittings[attempt_id], before[attempt_id], now)
    if len(ids) < limit:
        _finish(session, correction, now)
    return len(ids)


def _rescore(
    session: Session, correction: CorrectionView, sitting: Sitting, one: Touched, now: datetime
) -> None:
    """Mark one locked attempt anew unless another batch did so a moment ago."""
    marking = marked_anew(session, sitting)
    if not _claim(session, correction.id, one.attempt_id, now, was=one.was, was_pass=one.was_pass,
                  marks=marking.marks, is_pass=marking.is_pass, strict=one.strict):  # fmt: skip
        return
    # handed in since the correction came into force, it was marked by this key already
    if newest_key_digest(session, sitting.id) != marking.key_digest:
        keep_marking(session, sitting, marking, reason=f"{REASON}：{correction.code}", now=now)


def _claim(
    session: Session, correction_id: int, attempt_id: int, now: datetime, **numbers: int | bool
) -> bool:
    """Note what an attempt came to; False where it is noted already."""
    done = session.execute(
        upsert(session, RescoredAttempt)
        .values(correction_id=correction_id, attempt_id=attempt_id, at=now, **numbers)
        .on_conflict_do_nothing()
        .returning(RescoredAttempt.attempt_id)
    )
    return done.first() is not None


def _finish(session: Session, correction: CorrectionView, now: datetime) -> None:
    done = session.execute(
        upsert(session, RescoringDone)
        .values(correction_id=correction.id, at=now)
        .on_conflict_do_nothing()
        .returning(RescoringDone.correction_id)
    )
    if done.first() is not None:
        record(
            session, "question.rescore", ("question", correction.question_id),
            facts={"version": correction.number, "correction": correction.id},
        )  # fmt: skip


def on_corrected(session: Session, correction_id: int, now: datetime) -> None:
    """A correction came into force: where it touches no attempt, nothing is left to do."""
    correction = correction_of(session, correction_id)
    if not touched_count(session, correction.version_id):
        _finish(session, correction, now)
