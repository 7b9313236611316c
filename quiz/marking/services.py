"""Giving a short answer its marks; the last one of an attempt scores it in the same transaction."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import table_of
from core.errors import Conflict, Invalid
from quiz.attempts.models import AttemptState
from quiz.closing.services import score
from quiz.corrections.services import rescore
from quiz.marking import queries
from quiz.marking.models import AnswerMark
from quiz.marking.queries import AnswerView
from quiz.marking.rules import HALF, HUNDREDTHS
from quiz.sitting.queries import sitting_by_id


def give(
    session: Session,
    *,
    answer_id: int,
    marks: int,
    comment: str = "",
    reason: str = "",
    known: int,
    by: int,
    now: datetime,
) -> bool:
    """Give one answer its marks, or change them while its attempt waits; whether that scored it.

    ``marks``: hundredths. ``known``: the number of the newest mark that the marker has seen, 0 for
    none. ``reason``: why a mark is changed. Raises NotFound (also for one's own), Invalid (marks,
    reason) and Conflict (scored, marked_meanwhile).
    """
    answer = queries.answer_of(session, answer_id, by)
    # Locked from here: of two markers, the later sees what the earlier gave, and one of them scores.
    sitting = sitting_by_id(session, answer.attempt_id)
    if sitting.state is not AttemptState.SUBMITTED:
        raise Conflict(_("这份答卷刚刚评完或作废，分数没有存上。"), code="scored")
    _keep(session, answer, marks, comment=comment, reason=reason, known=known, by=by, now=now)
    if queries.unmarked(session, sitting.id):
        return False
    score(session, sitting, now)
    return True


def correct(
    session: Session,
    *,
    attempt_id: int,
    position: int,
    marks: int,
    comment: str = "",
    reason: str,
    known: int,
    by: int,
    now: datetime,
) -> bool:
    """Correct a mark that has counted: the attempt is marked anew; whether pass or fail changed.

    Never by whoever gave the mark: that takes a second person. Raises as ``give``, and Conflict
    (own_mark).
    """
    answer = queries.scored_answer(session, attempt_id, position, by)
    sitting_by_id(session, attempt_id)  # locked from here, as for every mark
    given = queries.marks_of(session, attempt_id).get(position)
    if given is not None and given.by_id == by:
        raise Conflict(_("分是您评的。已经出了成绩，要由另一人更正。"), code="own_mark")
    _keep(session, answer, marks, comment=comment, reason=reason, known=known, by=by, now=now)
    return rescore(session, attempt_id, reason=reason, now=now)


def _keep(
    session: Session,
    answer: AnswerView,
    marks: int,
    *,
    comment: str,
    reason: str,
    known: int,
    by: int,
    now: datetime,
) -> None:
    """A further mark of an answer whose attempt is locked."""
    before = queries.marks_of(session, answer.attempt_id).get(answer.position)
    number = before.number if before else 0
    if number != known:
        raise Conflict(_("别人刚给这份答案评了分，您的分数没有存上。"), code="marked_meanwhile")
    if not 0 <= marks <= answer.most * HUNDREDTHS or marks % HALF:
        raise Invalid(sound_marks(answer.most), field="marks")
    if number and not reason.strip():
        raise Invalid(_("改分要写明理由"), field="reason")
    session.connection().execute(
        insert(table_of(AnswerMark)),
        {"attempt_id": answer.attempt_id, "position": answer.position, "number": number + 1,
         "marks": marks, "comment": comment.strip(), "reason": reason.strip(), "by_id": by,
         "at": now},
    )  # fmt: skip
    record(
        session, "answer.mark", ("attempt", answer.attempt_id), reason=reason.strip(),
        facts={"position": answer.position, "number": number + 1, "marks": marks, "by": by},
    )  # fmt: skip


def sound_marks(most: int) -> str:
    """What marks may be."""
    return _("分数填 0 到 %(most)d，可以带半分，如 1.5。", most=most)
