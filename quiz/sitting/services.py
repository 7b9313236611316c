"""The protocol of a sitting: open, save, submit. See the design of attempts for its rules.

A refusal that leaves something behind is a returned outcome: its door commits, then answers. An
exception means that nothing was kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from core.audit.rules import canonical
from core.audit.services import Actor
from core.db import table_of
from core.errors import Invalid
from quiz.answers.services import keep_evidence, store
from quiz.attempts.models import Attempt, AttemptState, Opening
from quiz.attempts.rules import (
    Operation,
    Stored,
    UnsoundValue,
    checked,
    is_overdue,
    judge,
    missing,
)
from quiz.closing.services import close, finish
from quiz.papers.queries import items_of
from quiz.papers.rules import Item
from quiz.results.queries import newest_marks
from quiz.sitting.queries import (
    Held,
    Sitting,
    Who,
    answers_of,
    held_for_save,
    opening_epoch,
    sitting_of,
)
from quiz.sitting.rules import Opened, Outcome, Pair, RawOperation, Saved, Submitted

# --- open -------------------------------------------------------------------------

_attempt, _opening = table_of(Attempt), table_of(Opening)
_RAISE = (
    update(_attempt)
    .where(_attempt.c.id == bindparam("attempt_id"), _attempt.c.epoch == bindparam("was"))
    .values(epoch=bindparam("to"))
)


def open_paper(
    session: Session, *, attempt_id: int, who: Who, open_id: str, now: datetime
) -> Opened:
    """Open the paper on a page: raises the epoch once for each ``open_id``, however often sent."""
    sitting = sitting_of(session, attempt_id, who, now)
    if _has_ended(session, sitting, now, _actor(who, sitting)):
        return Opened(Outcome.CLOSED, sitting.state, sitting.epoch, sitting.deadline_at)
    epoch = opening_epoch(session, attempt_id, open_id)
    if epoch is None:
        epoch = sitting.epoch + 1
        connection = session.connection()
        connection.execute(_RAISE, {"attempt_id": attempt_id, "was": sitting.epoch, "to": epoch})
        connection.execute(
            insert(_opening),
            {"attempt_id": attempt_id, "open_id": open_id, "epoch": epoch, "at": now},
        )
    return Opened(
        Outcome.DONE, sitting.state, epoch, sitting.deadline_at,
        items_of(session, sitting.paper_key), answers_of(session, attempt_id)[attempt_id],
        sitting.marked,
    )  # fmt: skip


def _actor(who: Who, sitting: Sitting) -> Actor | None:
    """The bearer of a token by name, so that the audit need not ask who that is."""
    if isinstance(who, int):
        return None
    return Actor(sitting.staff_no, sitting.person_id, who.address, who.request_id)


def _has_ended(session: Session, sitting: Sitting, now: datetime, actor: Actor | None) -> bool:
    """Whether the attempt is over; closes it where its time has passed."""
    if sitting.state is not AttemptState.IN_PROGRESS:
        return True
    if is_overdue(sitting.deadline_at, now):
        close(session, [sitting], now, actor=actor)
        return True
    return False


# --- save -------------------------------------------------------------------------


def save(
    session: Session,
    *,
    attempt_id: int,
    who: Who,
    epoch: int,
    operations: Sequence[RawOperation],
    now: datetime,
) -> Saved:
    """Record operations of one page; see rules.judge. Raises NotFound and Invalid.

    Three statements at most where all is well, whatever the size of the paper.
    """
    positions = sorted({position for position, _seq, _value in operations})
    held = held_for_save(session, attempt_id, who, positions, now)
    operations_ = _sound(operations, items_of(session, (held.paper_id, held.started_at)))
    _epoch_exists(epoch, held.epoch)
    is_open = held.state is AttemptState.IN_PROGRESS and not is_overdue(held.deadline_at, now)
    if is_open and epoch == held.epoch:
        verdict = judge(epoch, operations_, held.stored)
        if not verdict.conflicts and store(session, attempt_id, epoch, verdict.apply, now):
            return Saved(Outcome.DONE, _pairs(operations_), held.epoch, held.deadline_at)
    return _save_slowly(session, attempt_id, who, held, epoch, operations_, now, is_open)


def _save_slowly(
    session: Session,
    attempt_id: int,
    who: Who,
    held: Held,
    epoch: int,
    operations: Sequence[Operation],
    now: datetime,
    is_open: bool,
) -> Saved:
    """A save that something stands against: decided on the answers as they are under the lock."""
    if held.state is AttemptState.IN_PROGRESS and not is_open:
        sitting = sitting_of(session, attempt_id, who, now)
        close(session, [sitting], now, actor=_actor(who, sitting))
    stored = answers_of(session, attempt_id)[attempt_id]
    verdict = judge(epoch, operations, stored)
    outcome = Outcome.DONE
    if operations and not verdict.apply and not verdict.conflicts:
        pass  # all of it is recorded: what was acknowledged is never refused
    elif not is_open:
        outcome = Outcome.CLOSED
    elif epoch != held.epoch:
        outcome = Outcome.STALE_EPOCH
    elif verdict.conflicts:
        outcome = Outcome.CONFLICT
    elif not store(session, attempt_id, epoch, verdict.apply, now):
        raise RuntimeError(f"attempt {attempt_id}: answers change under the lock")
    if outcome is Outcome.DONE:
        return Saved(outcome, _pairs(operations), held.epoch, held.deadline_at)
    keep_evidence(session, attempt_id, outcome.value, epoch, operations, now)
    acked = _pairs(verdict.recorded)
    return Saved(outcome, acked, held.epoch, held.deadline_at, verdict.conflicts)


def _sound(operations: Sequence[RawOperation], items: Sequence[Item]) -> tuple[Operation, ...]:
    """The operations with their values in one spelling; Invalid names the first bad one."""
    sound = []
    for position, seq, value in operations:
        if not 1 <= position <= len(items):
            raise Invalid(_("试卷没有第 %(n)d 题", n=position), position=position)
        try:
            sound.append(Operation(position, seq, checked(value, items[position - 1])))
        except UnsoundValue as error:
            raise Invalid(
                _("第 %(n)d 题的答案不合规格", n=position), position=position, why=str(error)
            ) from None
    return tuple(sound)


def _epoch_exists(epoch: int, newest: int) -> None:
    if not 1 <= epoch <= newest:
        raise Invalid(_("这份试卷没有这样打开过，请重新打开"), epoch=newest)


def _pairs(operations: Sequence[Operation]) -> tuple[Pair, ...]:
    return tuple((one.position, one.seq) for one in operations)


# --- submit -----------------------------------------------------------------------


def submit(
    session: Session,
    *,
    attempt_id: int,
    who: Who,
    epoch: int,
    operations: Sequence[RawOperation],
    seqs: Mapping[int, int],
    now: datetime,
) -> Submitted:
    """Record the queue, and close the attempt if nothing that the page lists is missing.

    ``seqs``: the highest ``seq`` of each position in this epoch. On a closed attempt: the same
    receipt if it covers all that is listed.
    """
    sitting = sitting_of(session, attempt_id, who, now)
    actor = _actor(who, sitting)
    items = items_of(session, sitting.paper_key)
    operations_ = _sound(operations, items)
    _epoch_exists(epoch, sitting.epoch)
    if _has_ended(session, sitting, now, actor):
        return _after_the_end(session, attempt_id, who, epoch, operations_, seqs, now)
    stored = answers_of(session, attempt_id)[attempt_id]
    verdict = judge(epoch, operations_, stored)
    refusal = Outcome.CONFLICT if verdict.conflicts else None
    if epoch != sitting.epoch:
        refusal = Outcome.STALE_EPOCH
    if refusal is not None:
        keep_evidence(session, attempt_id, refusal.value, epoch, operations_, now)
        return _submitted(refusal, sitting, verdict.recorded, verdict.conflicts)
    if not store(session, attempt_id, epoch, verdict.apply, now):
        raise RuntimeError(f"attempt {attempt_id}: answers change under the lock")
    for one in verdict.apply:
        stored[one.position] = Stored(canonical(one.value), epoch, one.seq)
    lacking = missing(epoch, seqs, stored)
    if lacking:
        return _submitted(Outcome.MISSING, sitting, operations_, tuple(lacking))
    ended = finish(
        session, sitting, items, stored,
        submitted_at=now, closed_by="candidate", now=now, actor=actor,
    )  # fmt: skip
    got = ended.marking
    return Submitted(
        Outcome.DONE, _pairs(operations_), sitting.epoch, sitting.deadline_at, ended.state,
        receipt=ended.receipt, marks=got.marks if got else None,
        max_marks=got.max_marks if got else None, is_pass=got.is_pass if got else None,
    )  # fmt: skip


def _after_the_end(
    session: Session,
    attempt_id: int,
    who: Who,
    epoch: int,
    operations: Sequence[Operation],
    seqs: Mapping[int, int],
    now: datetime,
) -> Submitted:
    sitting = sitting_of(session, attempt_id, who, now)
    stored = answers_of(session, attempt_id)[attempt_id]
    verdict = judge(epoch, operations, stored)
    left_out = verdict.apply or verdict.conflicts or missing(epoch, seqs, stored)
    if left_out or sitting.receipt is None:
        keep_evidence(session, attempt_id, Outcome.CLOSED.value, epoch, operations, now)
        return _submitted(Outcome.CLOSED, sitting, verdict.recorded, verdict.conflicts)
    marks, max_marks, is_pass = newest_marks(session, attempt_id)
    return Submitted(
        Outcome.DONE, _pairs(operations), sitting.epoch, sitting.deadline_at, sitting.state,
        receipt=sitting.receipt, marks=marks, max_marks=max_marks, is_pass=is_pass,
    )  # fmt: skip


def _submitted(
    outcome: Outcome,
    sitting: Sitting,
    acked: Sequence[Operation],
    positions: tuple[int, ...],
) -> Submitted:
    return Submitted(
        outcome, _pairs(acked), sitting.epoch, sitting.deadline_at, sitting.state, positions
    )
