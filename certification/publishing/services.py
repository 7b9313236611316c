"""Publishing an exam: once, with its pool frozen in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from certification.blueprints.queries import problems, rows_of, stock, topic_list
from certification.blueprints.rules import Row, totals
from certification.blueprints.services import row_specs
from certification.exams.models import Exam, ExamPerson, ExamState, ExamUnit
from certification.exams.queries import draft, exam_by_id
from certification.exams.rules import Obstacle, obstacles
from certification.exams.services import claim_draft
from core.audit.services import record
from core.errors import Conflict, Invalid, NotFound
from quiz.occasions.rules import EXAM
from quiz.occasions.services import exclude, keep, open_occasion


def _sentences(
    session: Session, exam: Exam, rows: Sequence[Row], found: Sequence[Obstacle]
) -> list[str]:
    words = {
        Obstacle.NOBODY: _("还没有选定谁可以参加。"),
        Obstacle.CLOSES_BEFORE_OPENING: _("结束时间要晚于开始时间。"),
        Obstacle.WINDOW_PAST: _("结束时间已经过去。"),
        Obstacle.WINDOW_SHORT: _(
            "开放时间短于考试时长 %(minutes)s 分钟，没有人能考满。", minutes=exam.minutes
        ),
        Obstacle.NO_ROWS: _("组卷规则还是空的。"),
        Obstacle.PASS_MARK: _(
            "合格线是 %(pass)s 分，而全卷只有 %(total)s 分。",
            **{"pass": exam.pass_mark, "total": totals(rows).marks},
        ),
    }
    sentences = [words[item] for item in found if item in words]
    if Obstacle.OVERLAP in found or Obstacle.SHORTAGE in found:
        sentences += problems(session, rows, dict(topic_list(session)))
    return sentences


def in_the_way(session: Session, exam: Exam, rows: Sequence[Row], now: datetime) -> list[str]:
    """Everything that keeps a draft from being published now, as sentences."""
    has_audience = session.scalar(
        select(
            or_(
                exists().where(ExamUnit.exam_id == exam.id),
                exists().where(ExamPerson.exam_id == exam.id),
            )
        )
    )
    found = obstacles(
        opens_at=exam.opens_at, closes_at=exam.closes_at, minutes=exam.minutes,
        pass_mark=exam.pass_mark, rows=rows, stock=stock(session),
        has_audience=bool(has_audience), now=now,
    )  # fmt: skip
    return _sentences(session, exam, rows, found)


def publish(session: Session, *, exam_id: int, version: int, by_id: int, now: datetime) -> int:
    """Publish a draft and freeze what its papers are drawn from; the occasion's id.

    Of two who publish at once one wins. Raises NotFound, Conflict, Stale, Invalid (all sentences).
    """
    exam = draft(session, exam_id)
    claim_draft(
        session, exam_id, version, state=ExamState.PUBLISHED, published_by=by_id, published_at=now
    )
    rows = rows_of(session, exam_id)
    if sentences := in_the_way(session, exam, rows, now):
        raise Invalid(" ".join(sentences), sentences=sentences)
    occasion = open_occasion(
        session, kind=EXAM, title=exam.title, opens_at=exam.opens_at, closes_at=exam.closes_at,
        minutes=exam.minutes, tries=exam.tries, pass_mark=exam.pass_mark,
        multiple_rule=exam.multiple_rule, release_rule=exam.release_rule,
        rows=row_specs(session, rows), now=now,
    )  # fmt: skip
    session.execute(update(Exam).where(Exam.id == exam_id).values(occasion_id=occasion.id))
    record(
        session, "exam.publish", ("exam", exam_id),
        facts={"title": exam.title, "occasion": occasion.id, "pool_digest": occasion.pool_digest,
               "questions": totals(rows).questions, "marks": totals(rows).marks},
    )  # fmt: skip
    return int(occasion.id)


def decide_pool(
    session: Session, *, exam_id: int, version_id: int, out: bool, by_id: int, now: datetime
) -> None:
    """Leave a version out of the papers that are still to be drawn, or keep it in.

    NotFound where the exam has no such version; Conflict once it is over; Invalid where a paper
    could not be drawn without it.
    """
    exam = exam_by_id(session, exam_id)
    if exam.occasion_id is None:
        raise NotFound
    if now >= exam.closes_at:
        raise Conflict(_("考试已经结束，不会再抽题。没有改动。"))
    do = exclude if out else keep
    do(session, occasion_id=exam.occasion_id, version_id=version_id, by_id=by_id, now=now)
