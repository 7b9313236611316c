"""Defining, publishing and cancelling exams."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import Session

from certification.exams import queries
from certification.exams.models import Exam, ExamPerson, ExamState, ExamUnit
from certification.exams.rules import Obstacle, window_obstacles
from core import clock
from core.audit.services import record
from core.db import rows_of
from core.errors import Conflict, Invalid, NotFound
from quiz.attempts.models import Attempt
from quiz.occasions.models import MultipleRule, ReleaseRule


class Stale(Conflict):
    """The draft was changed by someone else since the page was opened."""

    code = "stale_draft"


def claim_draft(session: Session, exam_id: int, version: int, **values: Any) -> None:
    """Change a draft that is still as the page knew it; its version goes up by one.

    Raises Stale where it was changed meanwhile, Conflict where it is no draft any more.
    """
    claimed = session.execute(
        update(Exam)
        .where(Exam.id == exam_id, Exam.version == version, Exam.state == ExamState.DRAFT)
        .values(**values, version=version + 1)
    )
    if rows_of(claimed) != 1:
        queries.draft(session, exam_id)
        raise Stale(_("这场考试刚被别人改过，没有存上。填的内容还在。"))


def _check_window(opens_at: datetime, closes_at: datetime, minutes: int) -> None:
    wrong = window_obstacles(opens_at, closes_at, minutes)
    if Obstacle.CLOSES_BEFORE_OPENING in wrong:
        raise Invalid(_("结束时间要晚于开始时间。"), field="closes_at")
    if Obstacle.WINDOW_SHORT in wrong:
        raise Invalid(
            _("开放时间短于考试时长 %(minutes)s 分钟，没有人能考满。", minutes=minutes),
            field="closes_at",
        )


@dataclass(frozen=True)
class Frame:
    """The first step of a definition: what it is called, when, and who may sit."""

    title: str
    opens_at: datetime
    closes_at: datetime
    unit_ids: frozenset[int]
    person_ids: frozenset[int]
    needs_training: bool


def create(session: Session, frame: Frame, *, by_id: int, now: datetime) -> Exam:
    """A draft with the rulebook's figures of today. Raises Invalid for an impossible window."""
    figures = queries.defaults(session, clock.civil_date(now))
    _check_window(frame.opens_at, frame.closes_at, figures.minutes)
    exam = Exam(
        title=frame.title, state=ExamState.DRAFT, opens_at=frame.opens_at,
        closes_at=frame.closes_at, minutes=figures.minutes, pass_mark=figures.pass_mark,
        tries=figures.tries, multiple_rule=figures.multiple_rule,
        release_rule=ReleaseRule.AFTER_WINDOW, needs_training=frame.needs_training,
        created_by=by_id, created_at=now,
    )  # fmt: skip
    session.add(exam)
    session.flush()
    _set_audience(session, exam.id, frame, by_id, now)
    record(session, "exam.create", ("exam", exam.id), facts={"title": frame.title})
    return exam


def save_frame(
    session: Session, frame: Frame, *, exam_id: int, version: int, by_id: int, now: datetime
) -> None:
    """Time and audience of a draft. Raises Stale, Conflict, Invalid."""
    _check_window(frame.opens_at, frame.closes_at, queries.draft(session, exam_id).minutes)
    claim_draft(
        session, exam_id, version, title=frame.title, opens_at=frame.opens_at,
        closes_at=frame.closes_at, needs_training=frame.needs_training,
    )  # fmt: skip
    _set_audience(session, exam_id, frame, by_id, now)
    record(
        session, "exam.edit", ("exam", exam_id),
        facts={"title": frame.title, "opens_at": frame.opens_at.isoformat(),
               "closes_at": frame.closes_at.isoformat(), "units": sorted(frame.unit_ids),
               "people": sorted(frame.person_ids), "needs_training": frame.needs_training},
    )  # fmt: skip


def save_terms(
    session: Session,
    *,
    exam_id: int,
    version: int,
    minutes: int,
    pass_mark: int,
    tries: int,
    multiple_rule: MultipleRule,
    release_rule: ReleaseRule,
) -> None:
    """Length, pass mark, tries, marking and release of a draft. Raises Stale, Conflict, Invalid."""
    exam = queries.draft(session, exam_id)
    if Obstacle.WINDOW_SHORT in window_obstacles(exam.opens_at, exam.closes_at, minutes):
        raise Invalid(_("考试时长超过了开放时间，没有人能考满。"), field="minutes")
    claim_draft(
        session, exam_id, version, minutes=minutes, pass_mark=pass_mark, tries=tries,
        multiple_rule=multiple_rule, release_rule=release_rule,
    )  # fmt: skip
    record(
        session, "exam.terms", ("exam", exam_id),
        facts={"minutes": minutes, "pass_mark": pass_mark, "tries": tries,
               "multiple_rule": multiple_rule.value, "release_rule": release_rule.value},
    )  # fmt: skip


def _set_audience(session: Session, exam_id: int, frame: Frame, by_id: int, now: datetime) -> None:
    """Replace units and people; people admitted with a reason stay."""
    session.execute(delete(ExamUnit).where(ExamUnit.exam_id == exam_id))
    session.execute(
        delete(ExamPerson).where(ExamPerson.exam_id == exam_id, ExamPerson.reason == "")
    )
    kept = set(session.scalars(select(ExamPerson.person_id).where(ExamPerson.exam_id == exam_id)))
    if frame.unit_ids:
        session.execute(
            insert(ExamUnit),
            [{"exam_id": exam_id, "unit_id": unit_id} for unit_id in sorted(frame.unit_ids)],
        )
    if named := sorted(frame.person_ids - kept):
        session.execute(
            insert(ExamPerson),
            [
                {"exam_id": exam_id, "person_id": person_id, "admitted_by": by_id,
                 "admitted_at": now, "reason": ""}
                for person_id in named
            ],
        )  # fmt: skip


def cancel(session: Session, *, exam_id: int, reason: str) -> None:
    """Take back an exam that nobody has started. Raises NotFound, Conflict."""
    # The row's lock first: a start holds it shared, so that none slips in between.
    exam = session.execute(
        select(Exam).where(Exam.id == exam_id).with_for_update()
    ).scalar_one_or_none()
    if exam is None:
        raise NotFound(_("找不到这场考试"))
    if exam.state is ExamState.CANCELLED:
        raise Conflict(_("这场考试已经取消。"))
    if exam.occasion_id is not None and session.scalar(
        select(exists().where(Attempt.occasion_id == exam.occasion_id))
    ):
        raise Conflict(_("已经有人开考，不能取消。"))
    exam.state = ExamState.CANCELLED
    session.flush()
    record(session, "exam.cancel", ("exam", exam_id), facts={"title": exam.title}, reason=reason)
