"""Starting a round; and, from the rooms beside, its plan, its opening and its points."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.formats import deadline_text
from core.viewer import Viewer
from quiz.attempts.models import Attempt
from quiz.attempts.services import start as start_sitting
from quiz.counting.services import on_rescored, on_scored, on_voided
from quiz.opening.services import KIND, Opening, catch_up, create_plan, end_plan, open_due
from quiz.rounds.queries import RoundEntry, entry_of
from quiz.rounds.rules import Refusal

__all__ = [
    "KIND", "Opening", "catch_up", "create_plan", "end_plan", "on_rescored", "on_scored",
    "on_voided", "open_due", "sentence", "start",
]  # fmt: skip


def sentence(entry: RoundEntry) -> str:
    """Why the person may not start, and what to do about it; '' where they may."""
    words = {
        Refusal.OFF: _("积分和定期答题已停用，不能开始新的答题。"),
        Refusal.SEES_KEYS: _(
            "您的工作能看到试题答案，按规定不参加定期答题，也不计积分。想练习可以用专项练习。"
        ),
        Refusal.NOT_ON_POST: _(
            "您现在没有在岗任职，不参加定期答题。如有疑问，请联系本单位联络员。"
        ),
        Refusal.CLOSED: _(
            "这一轮已于 %(moment)s 截止，不能再开始。", moment=deadline_text(entry.closes_at)
        ),
        Refusal.PASSED: _("您在这一轮已经达到达标线，不用再答。"),
        Refusal.NO_TRIES: _("这一轮的 %(n)s 次机会已经用完。", n=entry.round.tries),
    }
    return words[entry.refusal] if entry.refusal else ""


def start(
    session: Session, *, round_id: int, viewer: Viewer, now: datetime
) -> tuple[Attempt, bool]:
    """The viewer's attempt, and whether it is new. Raises NotFound, and Conflict with the reason."""
    entry = entry_of(session, round_id, viewer, now, with_points=False)
    if not entry.may_start:
        raise Conflict(sentence(entry), code=str(entry.refusal))
    return start_sitting(
        session, occasion_id=entry.round.occasion_id, person_id=viewer.person_id, now=now
    )
