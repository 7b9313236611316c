"""Voiding an attempt, alone or by two people, and marking one anew."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from accounts.approvals import queries as acts
from accounts.approvals import services as approvals
from accounts.approvals.models import TwoPersonAct
from core.audit.services import record
from core.db import table_of
from core.errors import Conflict, Invalid, NotFound
from quiz.attempts.kinds import ScoredAttempt, kind_of
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.closing.services import marking_of, score_row
from quiz.corrections.rules import MARKED_STATES, VOID
from quiz.grading.rules import Marking
from quiz.papers.queries import items_of
from quiz.results.queries import newest_marks
from quiz.sitting.queries import Sitting, answers_of, sitting_by_id


def void_or_ask(session: Session, attempt_id: int, *, reason: str, by: int, now: datetime) -> bool:
    """Void an attempt; once it is scored, ask a second person to. True where it is void now.

    Raises NotFound, Invalid and Conflict.
    """
    if sitting_by_id(session, attempt_id).state in MARKED_STATES:
        ask_void(session, attempt_id, reason=reason, by=by, now=now)
        return False
    void(session, attempt_id, reason=reason, by=by, now=now)
    return True


def void(session: Session, attempt_id: int, *, reason: str, by: int, now: datetime) -> None:
    """Void an attempt that has no score yet. Once scored it takes two people: ``ask_void``.

    ``by``: the person who decides. Raises NotFound, Invalid and Conflict (two_people, voided).
    """
    sitting = sitting_by_id(session, attempt_id)
    _may_void(sitting, reason, by)
    if sitting.state in MARKED_STATES:
        raise Conflict(_("已经有成绩，作废需要另一人同意"), code="two_people")
    _void(session, sitting, reason, {"by": by}, now)


def ask_void(session: Session, attempt_id: int, *, reason: str, by: int, now: datetime) -> int:
    """Ask a second person to void a scored attempt; the act's id.

    Raises NotFound, Invalid and Conflict.
    """
    sitting = sitting_by_id(session, attempt_id)
    _may_void(sitting, reason, by)
    if sitting.state not in MARKED_STATES:
        raise Conflict(_("还没有成绩，可以直接作废"), code="one_person")
    return approvals.ask(
        session, kind=VOID, subject_id=attempt_id, reason=reason.strip(), by=by, now=now
    )


def decide_void(
    session: Session, act_id: int, *, approve: bool, by: int, now: datetime, reason: str = ""
) -> TwoPersonAct:
    """Decide what a colleague asked for; agreed, the attempt is void. Raises as ``ask_void``."""
    if acts.act(session, act_id).kind != VOID:
        raise NotFound()
    decided = approvals.decide(
        session, act_id=act_id, approved=approve, reason=reason, by=by, now=now
    )
    sitting = sitting_by_id(session, decided.subject_id)
    if sitting.person_id == by:
        raise Conflict(_("不能决定自己的事"), code="own_case")
    if approve:
        _may_void(sitting, decided.reason, by)
        facts = {"act": act_id, "asked_by": decided.asked_by, "by": by}
        _void(session, sitting, decided.reason, facts, now)
    return decided


def _may_void(sitting: Sitting, reason: str, by: int) -> None:
    if not reason.strip():
        raise Invalid(_("作废要写明理由"), field="reason")
    if sitting.person_id == by:
        raise Conflict(_("不能决定自己的事"), code="own_case")
    if sitting.state is AttemptState.VOIDED:
        raise Conflict(_("这次考试已经作废"), code="voided")


def _void(
    session: Session, sitting: Sitting, reason: str, facts: dict[str, int], now: datetime
) -> None:
    attempt = table_of(Attempt)
    done = session.connection().execute(
        update(attempt)
        .where(attempt.c.id == sitting.id, attempt.c.state == sitting.state)
        .values(state=AttemptState.VOIDED)
    )
    if done.rowcount != 1:
        raise Conflict(_("这次考试的状态刚刚变了，请刷新后再看"), code="changed")
    record(
        session, "attempt.void", ("attempt", sitting.id), reason=reason.strip(),
        facts={"was": sitting.state.value, **facts},
    )  # fmt: skip
    marks, max_marks, is_pass = newest_marks(session, sitting.id)
    kind_of(sitting.kind).on_voided(
        session,
        ScoredAttempt(sitting.id, sitting.occasion_id, sitting.person_id, marks or 0,
                      max_marks or 0, bool(is_pass)),
        now,
    )  # fmt: skip


def rescore(session: Session, attempt_id: int, *, reason: str, now: datetime) -> bool:
    """Mark a scored attempt anew, as a further score row; whether pass or fail changed.

    Where an attempt becomes a pass, what follows a pass happens as it would have then.
    """
    sitting = sitting_by_id(session, attempt_id)
    if not reason.strip():
        raise Invalid(_("重新评分要写明理由"), field="reason")
    return keep_marking(session, sitting, marked_anew(session, sitting), reason=reason, now=now)


def marked_anew(session: Session, sitting: Sitting) -> Marking:
    """What a scored, locked attempt comes to by the keys that are right now; Conflict (not_scored)."""
    if sitting.state not in MARKED_STATES:
        raise Conflict(_("还没有成绩，不能重新评分"), code="not_scored")
    stored = answers_of(session, sitting.id)[sitting.id]
    return marking_of(session, sitting, items_of(session, sitting.paper_key), stored)


def keep_marking(
    session: Session, sitting: Sitting, marking: Marking, *, reason: str, now: datetime
) -> bool:
    """Keep a further marking of a locked attempt, and do what follows; whether pass or fail changed."""
    _marks, _most, was_pass = newest_marks(session, sitting.id)
    number = session.execute(
        select(func.max(Score.number)).where(Score.attempt_id == sitting.id)
    ).scalar_one()
    session.connection().execute(
        insert(table_of(Score)),
        score_row(sitting.id, number + 1, marking, now=now, reason=reason.strip()),
    )
    record(
        session, "attempt.rescore", ("attempt", sitting.id), reason=reason.strip(),
        facts={"number": number + 1, "marks": marking.marks, "is_pass": marking.is_pass},
    )  # fmt: skip
    scored = ScoredAttempt(sitting.id, sitting.occasion_id, sitting.person_id, marking.marks,
                           marking.max_marks, marking.is_pass)  # fmt: skip
    if marking.is_pass and not was_pass:
        kind_of(sitting.kind).on_scored(session, scored, now)
    kind_of(sitting.kind).on_rescored(session, scored, now)
    return marking.is_pass != was_pass
