"""What people do with remarks: make one, mark it as done."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import rows_of
from core.errors import Conflict, Forbidden, Invalid, NotFound
from question_bank.comments.models import ReviewComment
from question_bank.comments.rules import MAX_TEXT, OPEN_FOR_REMARKS, lines_of
from question_bank.questions.queries import draft_of
from question_bank.review.services import fresh, took_part


def remark(
    session: Session,
    *,
    version_id: int,
    line: str,
    text: str,
    by_id: int,
    may_review: bool,
    now: datetime,
) -> ReviewComment:
    """Say something about one line of a version that is in review or was returned.

    ``line``: as ``rules.lines_of`` names it. Forbidden for who neither reviews nor worked on it;
    Conflict where it was decided already; Invalid where nothing is said, or about no line of it.
    """
    version = fresh(session, version_id)
    if not (may_review or version.author_id == by_id or took_part(session, version_id, by_id)):
        raise Forbidden(_("审核人和起草人才能在这一版上写意见。"))
    if not text.strip():
        raise Invalid(_("写下意见再提交。"), field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(
            _("意见最多 %(max)s 字，现在是 %(n)s 字。", max=MAX_TEXT, n=len(text)), field="text"
        )
    if line not in lines_of(draft_of(version)):
        raise Invalid(_("这道题没有这一行，请重新选择。"), field="line")
    if version.state not in OPEN_FOR_REMARKS:
        raise Conflict(_("这一版已经审完，不再写意见。"))
    kept = ReviewComment(version_id=version_id, line=line, by_id=by_id, at=now, text=text.strip())
    session.add(kept)
    session.flush()
    record(session, "question.remark", ("question", version.question_id),
           facts={"version": version.number, "line": line, "remark": kept.id})  # fmt: skip
    return kept


def resolve(session: Session, *, remark_id: int, by_id: int, now: datetime) -> int:
    """Mark a remark as done; the id of its question. Conflict where somebody has done it already."""
    kept = session.get(ReviewComment, remark_id, populate_existing=True)
    if kept is None:
        raise NotFound
    done = session.execute(
        update(ReviewComment)
        .where(ReviewComment.id == remark_id, ReviewComment.resolved_at.is_(None))
        .values(resolved_at=now, resolved_by=by_id)
    )
    if rows_of(done) != 1:
        raise Conflict(_("这条意见已经标为已处理。"))
    version = fresh(session, kept.version_id)
    record(session, "question.remark_done", ("question", version.question_id),
           facts={"version": version.number, "remark": remark_id})  # fmt: skip
    return version.question_id
