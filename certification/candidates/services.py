"""What the office decides about candidates: admit, agree to a void, release."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from accounts.approvals.models import TwoPersonAct
from certification.certificates.services import revoke_for_attempt
from certification.exams.models import Exam, ExamPerson, ExamState
from certification.exams.queries import exam_by_id, people_by_staff_no
from core.audit.services import record
from core.db import upsert
from core.errors import Conflict, Forbidden, Invalid
from quiz.attempts.services import release_occasion
from quiz.corrections import services as corrections
from quiz.occasions.models import ReleaseRule


def admit(
    session: Session, *, exam_id: int, staff_no: str, reason: str, by_id: int, now: datetime
) -> str:
    """Admit someone by name with a reason, which the result will show; the person's name.

    Raises NotFound, Conflict (not published, or over), Invalid (unknown), Forbidden (oneself).
    """
    exam = exam_by_id(session, exam_id)
    if exam.state is not ExamState.PUBLISHED or exam.closes_at <= now:
        raise Conflict(_("只能在考试发布以后、结束以前准予参加。"))
    hit = people_by_staff_no(session, [staff_no.upper()], now).get(staff_no.upper())
    if hit is None:
        raise Invalid(_("查不到工号 %(staff_no)s。", staff_no=staff_no), field="staff_no")
    if hit.person_id == by_id:
        raise Forbidden(_("不能准予自己参加，请由办公室的另一位同事处理。"))
    session.execute(
        upsert(session, ExamPerson)
        .values(
            exam_id=exam_id, person_id=hit.person_id, admitted_by=by_id, admitted_at=now,
            reason=reason,
        )
        .on_conflict_do_update(
            index_elements=[ExamPerson.exam_id, ExamPerson.person_id],
            set_={"reason": reason, "admitted_by": by_id, "admitted_at": now},
        )
    )  # fmt: skip
    record(session, "exam.admit", ("exam", exam_id), facts={"person": hit.person_id}, reason=reason)
    return hit.name


def decide_void(
    session: Session, *, act_id: int, approve: bool, reason: str, by_id: int, now: datetime
) -> None:
    """Decide what a colleague asked for. Agreed, the attempt's certificate falls with it, for the
    same reason, in the same transaction. Raises NotFound, Invalid, Conflict, Forbidden."""
    if approve:
        act = session.get(TwoPersonAct, act_id)
        if act is not None and act.decided_at is None:
            revoke_for_attempt(session, act.subject_id, reason=act.reason, by_id=by_id, now=now)
    corrections.decide_void(session, act_id, approve=approve, by=by_id, now=now, reason=reason)


def release(session: Session, *, exam_id: int, now: datetime) -> None:
    """Let answers and explanations be seen, where that is done by hand. Raises Conflict."""
    exam: Exam = exam_by_id(session, exam_id)
    if exam.occasion_id is None or exam.release_rule is not ReleaseRule.BY_HAND:
        raise Conflict(_("这场考试的答案不由人手公布。"))
    if not release_occasion(session, exam.occasion_id, now):
        raise Conflict(_("答案已经公布过了。"))
    record(session, "exam.release", ("exam", exam_id), facts={"title": exam.title})
