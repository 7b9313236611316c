"""How an attempt ends: submitted and scored; each change of state has one audit row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from core.audit.services import Actor, acting_as, current_actor, record
from core.db import table_of
from core.signing import signer
from question_bank.questions.rules import MARKED_BY_KEY
from quiz.attempts.kinds import ReleasedAttempt, ScoredAttempt, kind_of
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.attempts.rules import Stored, answers_digest, may_release, receipt_content
from quiz.grading.rules import Marking, for_people, mark
from quiz.keys.queries import keys_of
from quiz.marking.models import AnswerToMark
from quiz.marking.queries import marks_of
from quiz.papers.queries import items_of, items_of_all, versions_of
from quiz.papers.rules import Item
from quiz.practice.rules import KIND as PRACTICE
from quiz.sitting.queries import Sitting, answers_of, overdue

NO_ANSWER = "null"  # the canonical JSON of a cleared answer
BATCH = 100  # one transaction of a job does no more, so that the audit chain is never held long

_attempt = table_of(Attempt)
_END = (
    update(_attempt)
    .where(
        _attempt.c.id == bindparam("attempt_id"),
        _attempt.c.state == AttemptState.IN_PROGRESS,
    )
    .values(
        state=bindparam("to_state", type_=_attempt.c.state.type),
        submitted_at=bindparam("at", type_=_attempt.c.submitted_at.type),
        closed_by=bindparam("by"),
        answers_digest=bindparam("digest"),
        receipt=bindparam("signed", type_=_attempt.c.receipt.type),
    )
)
_MARKED = (
    update(_attempt)
    .where(
        _attempt.c.id == bindparam("attempt_id"),
        _attempt.c.state == AttemptState.SUBMITTED,
    )
    .values(state=bindparam("to_state", type_=_attempt.c.state.type))
)
_SCORE = insert(table_of(Score))
_TO_MARK = insert(table_of(AnswerToMark))


class EndedMeanwhile(RuntimeError):
    """The attempt was locked as in progress and is not: a lock was bypassed. Nothing is kept."""


@dataclass(frozen=True)
class Ended:
    """What the end of an attempt gave. ``receipt`` with its signature.

    ``marking`` is None while people still have to mark answers.
    """

    receipt: dict[str, Any]
    state: AttemptState
    marking: Marking | None


# --- marking ----------------------------------------------------------------------


def score_row(
    attempt_id: int, number: int, marking: Marking, *, now: datetime, reason: str = ""
) -> dict[str, Any]:
    """A marking as a row of scores."""
    return {
        "attempt_id": attempt_id, "number": number, "scored_at": now, "marks": marking.marks,
        "max_marks": marking.max_marks, "is_pass": marking.is_pass,
        "key_digest": marking.key_digest,
        "detail": [[one.hundredths, one.is_right] for one in marking.by_position],
        "reason": reason,
    }  # fmt: skip


def marking_of(
    session: Session, sitting: Sitting, items: Sequence[Item], stored: Mapping[int, Stored]
) -> Marking:
    """Mark the stored answers by the occasion's rule and the keys of the paper's versions.

    Short answers have the marks that people gave them; Unmarked where one has none yet.
    Keys that were corrected count as decision 0020 says.
    """
    versions = versions_of(session, (item.version_id for item in items))
    by_people = marks_of(session, sitting.id) if _for_people(items, stored) else {}
    return mark(
        items,
        {position: json.loads(held.value) for position, held in stored.items()},
        keys_of(session, versions, is_practice=sitting.kind == PRACTICE),
        rule=sitting.multiple_rule,
        pass_mark=sitting.pass_mark,
        given={position: one.marks for position, one in by_people.items()},
    )


def _for_people(items: Sequence[Item], stored: Mapping[int, Stored]) -> list[int]:
    """Positions of the answers that people mark; none on a paper without short answers."""
    return for_people(items, {n for n, held in stored.items() if held.value != NO_ANSWER})


# --- the end ----------------------------------------------------------------------


def finish(
    session: Session,
    sitting: Sitting,
    items: Sequence[Item],
    stored: Mapping[int, Stored],
    *,
    submitted_at: datetime,
    closed_by: str,
    now: datetime,
    actor: Actor | None = None,
) -> Ended:
    """Freeze the answers, and score them at once unless people have to mark some.

    The sitting is locked and in progress. ``closed_by``: candidate or deadline. ``actor``: on whose
    account, where the caller knows.
    """
    waiting = _for_people(items, stored)
    marking = None if waiting else marking_of(session, sitting, items, stored)
    state = AttemptState.SUBMITTED if waiting else _state_of_score(sitting, now)
    receipt = _end(session, sitting, stored, state, submitted_at, closed_by)
    record(
        session, "attempt.submit", ("attempt", sitting.id), actor=actor,
        facts={"by": closed_by, "at": receipt["submitted_at"], "answers": receipt["answers"]},
    )  # fmt: skip
    if marking is None:
        _list_for_people(session, sitting, items, waiting)
    else:
        _keep_score(session, sitting, items, marking, state, now, actor)
    return Ended(receipt, state, marking)


def _state_of_score(sitting: Sitting, now: datetime) -> AttemptState:
    """The state of an attempt that is scored now: its result may be seen at once, or not yet."""
    is_open = may_release(
        sitting.release_rule, closes_at=sitting.closes_at, released_at=sitting.released_at, now=now
    )
    return AttemptState.RELEASED if is_open else AttemptState.SCORED


def _end(
    session: Session,
    sitting: Sitting,
    stored: Mapping[int, Stored],
    state: AttemptState,
    submitted_at: datetime,
    closed_by: str,
) -> dict[str, Any]:
    """Freeze the answers; the signed receipt."""
    digest = answers_digest(stored)
    content = receipt_content(
        attempt_id=sitting.id, paper=sitting.paper_digest, answers=digest,
        submitted_at=submitted_at, kid=signer().kid,
    )  # fmt: skip
    receipt = {**content, "signature": signer().sign(content)}
    done = session.connection().execute(
        _END,
        {"attempt_id": sitting.id, "to_state": state, "at": submitted_at, "by": closed_by,
         "digest": digest, "signed": receipt},
    )  # fmt: skip
    if done.rowcount != 1:
        raise EndedMeanwhile(f"attempt {sitting.id}")
    return receipt


def _list_for_people(
    session: Session, sitting: Sitting, items: Sequence[Item], positions: Sequence[int]
) -> None:
    session.connection().execute(
        _TO_MARK,
        [
            {"attempt_id": sitting.id, "position": position, "occasion_id": sitting.occasion_id,
             "version_id": items[position - 1].version_id, "most": items[position - 1].marks}
            for position in positions
        ],
    )  # fmt: skip


def score(session: Session, sitting: Sitting, now: datetime) -> Marking:
    """Score a submitted, locked attempt whose last answer people have just marked.

    Raises EndedMeanwhile where it was scored or voided meanwhile, Unmarked where a mark is missing.
    """
    items = items_of(session, sitting.paper_key)
    stored = answers_of(session, sitting.id)[sitting.id]
    marking = marking_of(session, sitting, items, stored)
    state = _state_of_score(sitting, now)
    done = session.connection().execute(_MARKED, {"attempt_id": sitting.id, "to_state": state})
    if done.rowcount != 1:
        raise EndedMeanwhile(f"attempt {sitting.id}")
    _keep_score(session, sitting, items, marking, state, now, None)
    return marking


def _keep_score(
    session: Session,
    sitting: Sitting,
    items: Sequence[Item],
    marking: Marking,
    state: AttemptState,
    now: datetime,
    actor: Actor | None,
) -> None:
    """The first score of an attempt that has just gone to ``state``, and what follows from it."""
    subject = ("attempt", sitting.id)
    session.connection().execute(_SCORE, score_row(sitting.id, 1, marking, now=now))
    record(
        session, "attempt.score", subject, actor=actor,
        facts={"number": 1, "marks": marking.marks, "max_marks": marking.max_marks,
               "is_pass": marking.is_pass},
    )  # fmt: skip
    is_open = state is AttemptState.RELEASED
    if is_open:
        record(session, "attempt.release", subject, actor=actor)
    scored = ScoredAttempt(sitting.id, sitting.occasion_id, sitting.person_id, marking.marks,
                           marking.max_marks, marking.is_pass)  # fmt: skip
    with acting_as(actor or current_actor()):  # what follows need not ask again who it is
        kind_of(sitting.kind).on_scored(session, scored, now)
        if is_open:
            right = [one.is_right for one in marking.by_position]
            kind_of(sitting.kind).on_released(session, released(sitting, items, right), now)


def released(sitting: Sitting, items: Sequence[Item], right: Sequence[bool]) -> ReleasedAttempt:
    """What there is to tell of an attempt whose key may be seen. ``right``: by position.

    Short answers are not told: nobody practises them.
    """
    wrong = [
        item.version_id
        for item, is_right in zip(items, right, strict=True)
        if not is_right and item.type in MARKED_BY_KEY
    ]
    return ReleasedAttempt(sitting.id, sitting.occasion_id, sitting.person_id, tuple(wrong))


def close(
    session: Session, sittings: Sequence[Sitting], now: datetime, *, actor: Actor | None = None
) -> None:
    """Close overdue attempts, locked and in progress, as their deadlines should have done."""
    answers = answers_of(session, *(sitting.id for sitting in sittings))
    papers = items_of_all(session, [sitting.paper_key for sitting in sittings])
    versions_of(session, {item.version_id for items in papers.values() for item in items})
    for sitting in by_person(sittings):
        finish(
            session, sitting, papers[sitting.paper_key], answers[sitting.id],
            submitted_at=sitting.deadline_at, closed_by="deadline", now=now, actor=actor,
        )  # fmt: skip


def close_overdue(session: Session, now: datetime, *, limit: int = BATCH) -> int:
    """Close attempts past deadline + grace; how many, at most ``limit``."""
    sittings = overdue(session, now, limit)
    close(session, sittings, now)
    return len(sittings)


def by_person(sittings: Sequence[Sitting]) -> list[Sitting]:
    """In an order that two batches share: what follows locks rows of people."""
    return sorted(sittings, key=lambda sitting: (sitting.person_id, sitting.id))
