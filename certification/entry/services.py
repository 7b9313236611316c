"""Starting an exam."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from certification.entry.queries import Entry, entry_of
from certification.entry.rules import Refusal
from core.errors import Conflict
from core.formats import civil_moment_text
from core.viewer import Viewer
from quiz.attempts.models import Attempt
from quiz.attempts.services import start as start_sitting


def sentence(entry: Entry) -> str:
    """Why the person may not start, and what to do about it; '' where they may."""
    words = {
        Refusal.NOT_PUBLISHED: _("这场考试还没有发布。"),
        Refusal.CANCELLED: _("这场考试已经取消。"),
        Refusal.NOT_INVITED: _("您不在这场考试的参加范围内。如有疑问，请联系本单位联络员。"),
        Refusal.SEES_KEYS: _(
            "您的工作能看到这场考试的答案，按规定不能直接参加。确需参加的，请办公室写明理由准予参加。"
        ),
        Refusal.PASSED: _("您已经合格，不用再考。"),
        Refusal.AWAITS_MARKS: _("上一次答卷还在阅卷，成绩出来以后再决定要不要再考。"),
        Refusal.NO_TRIES: _(
            "%(tries)s 次机会已经用完。可以参加以后的补考。", tries=entry.exam.tries
        ),
        Refusal.CLOSED: _(
            "考试已于 %(moment)s 结束，不能再开始。可以参加以后的补考。",
            moment=civil_moment_text(entry.exam.closes_at),
        ),
        Refusal.NOT_OPEN: _(
            "还没有开考。请在 %(moment)s 以后再来。", moment=civil_moment_text(entry.exam.opens_at)
        ),
        Refusal.NO_TRAINING: _(
            "您在最近 %(months)s 个月内没有参加过培训，不能开始考试。请先参加一次培训；"
            "如果已经参加过，请联系本单位联络员补登记。",
            months=entry.training_months,
        ),
    }
    return words[entry.verdict.refusal] if entry.verdict.refusal else ""


def start(session: Session, *, exam_id: int, viewer: Viewer, now: datetime) -> tuple[Attempt, bool]:
    """The viewer's attempt, and whether it is new. Raises NotFound, and Conflict with the reason."""
    entry = entry_of(session, exam_id, viewer, now, hold=True)
    if not entry.verdict.may_start or entry.exam.occasion_id is None:
        raise Conflict(sentence(entry), code=str(entry.verdict.refusal))
    return start_sitting(
        session, occasion_id=entry.exam.occasion_id, person_id=viewer.person_id, now=now
    )
