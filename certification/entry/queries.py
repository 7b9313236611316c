"""The exams that a person may sit, with everything that the decision on a start rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on
from certification.entry.rules import Facts, Verdict, may_start, months_before
from certification.exams.models import Exam, ExamPerson, ExamState, ExamUnit
from certification.exams.queries import held_key_role
from certification.exams.rules import Phase, phase
from core import clock
from core.errors import NotFound
from core.rulebook.models import RuleVersion
from core.viewer import Viewer
from question_bank.questions.models import QuestionVersion
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.attempts.rules import is_overdue
from quiz.occasions.models import PoolItem
from quiz.results.queries import newest_score
from training.queries import last_attended

RULE = "training.months"


@dataclass(frozen=True)
class Entry:
    """One exam as one person finds it. ``last_attempt``: the newest that is over."""

    exam: Exam
    phase: Phase
    facts: Facts
    verdict: Verdict
    training_months: int
    open_until: datetime | None
    last_attempt: int | None
    marks: int | None  # hundredths, of the best try

    @property
    def tries_left(self) -> int:
        return max(0, self.exam.tries - self.facts.tries_used)


def _units_above(unit_id: int, day: date) -> Select[Any]:
    """The unit and all units above it on a civil day."""
    above = select(literal(unit_id, UnitVersion.unit_id.type).label("id")).cte(recursive=True)
    above = above.union(
        select(UnitVersion.parent_id)
        .join(above, UnitVersion.unit_id == above.c.id)
        .where(UnitVersion.parent_id.is_not(None), is_valid_on(day))
    )
    return select(above.c.id)


def _is_invited(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Condition: by unit on post, or by name (``ExamPerson`` is joined for the viewer)."""
    named = ExamPerson.person_id.is_not(None)
    if viewer.unit_id is None:
        return named
    by_unit = exists().where(
        ExamUnit.exam_id == Exam.id, ExamUnit.unit_id.in_(_units_above(viewer.unit_id, day))
    )
    return or_(named, by_unit)


def _of_viewer(viewer: Viewer, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Attempt)
        .outerjoin(Score, newest_score())
        .where(Attempt.occasion_id == Exam.occasion_id, Attempt.person_id == viewer.person_id)
        .correlate(Exam)
    )


def _entries(viewer: Viewer, day: date) -> Select[Any]:
    """Everything about published exams and this person, but for the training; one statement."""
    counts = Attempt.state != AttemptState.VOIDED
    under_way = Attempt.state == AttemptState.IN_PROGRESS
    to_mark = Attempt.state == AttemptState.SUBMITTED
    months = (
        select(RuleVersion.value)
        .where(RuleVersion.rule == RULE, RuleVersion.effective_from <= day)
        .order_by(RuleVersion.effective_from.desc(), RuleVersion.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    wrote = exists().where(
        PoolItem.occasion_id == Exam.occasion_id,
        QuestionVersion.id == PoolItem.version_id,
        QuestionVersion.author_id == viewer.person_id,
    )
    sees_keys = or_(held_key_role(viewer.person_id, Exam.published_at), wrote)
    return (
        select(
            Exam,
            _is_invited(viewer, day).label("is_invited"),
            sees_keys.label("sees_keys"),
            ExamPerson.reason,
            _of_viewer(viewer, func.count()).where(counts).scalar_subquery().label("used"),
            _of_viewer(viewer, Attempt.id)
            .where(counts, Score.is_pass).limit(1).scalar_subquery().label("passed"),
            _of_viewer(viewer, Attempt.id)
            .where(to_mark).limit(1).scalar_subquery().label("to_mark"),
            _of_viewer(viewer, Attempt.id)
            .where(under_way).limit(1).scalar_subquery().label("under_way"),
            _of_viewer(viewer, Attempt.deadline_at)
            .where(under_way).limit(1).scalar_subquery().label("open_until"),
            _of_viewer(viewer, func.max(Attempt.id))
            .where(~under_way).scalar_subquery().label("last"),
            _of_viewer(viewer, func.max(Score.marks)).where(counts).scalar_subquery().label("marks"),
            months.label("months"),
        )
        .outerjoin(
            ExamPerson,
            and_(ExamPerson.exam_id == Exam.id, ExamPerson.person_id == viewer.person_id),
        )
        .where(Exam.occasion_id.is_not(None))
    )  # fmt: skip


def _read(session: Session, query: Select[Any], viewer: Viewer, now: datetime) -> list[Entry]:
    """Rows of ``_entries`` with the decision; one more statement where an exam needs training."""
    rows = session.execute(query.execution_options(populate_existing=True)).all()
    attended: date | None = None
    if any(row.Exam.needs_training for row in rows):
        since = months_before(clock.civil_date(now), int(rows[0].months))
        attended = last_attended(session, viewer.person_id, since)
    return [_entry(row, attended, now) for row in rows]


def _entry(row: Any, attended: date | None, now: datetime) -> Entry:
    exam: Exam = row.Exam
    # Its time is over and the next start closes it: nothing is left to go on with.
    is_over = row.open_until is not None and is_overdue(row.open_until, now)
    facts = Facts(
        state=exam.state.value, opens_at=exam.opens_at, closes_at=exam.closes_at,
        tries=exam.tries, is_invited=bool(row.is_invited), sees_keys=bool(row.sees_keys),
        admission_reason=row.reason or "", needs_training=exam.needs_training,
        tries_used=row.used, has_passed=row.passed is not None,
        awaits_marks=row.to_mark is not None,
        open_attempt=None if is_over else row.under_way, last_attended=attended,
    )  # fmt: skip
    return Entry(
        exam=exam, phase=phase(exam.state, exam.opens_at, exam.closes_at, now), facts=facts,
        verdict=may_start(facts, now), training_months=int(row.months),
        open_until=row.open_until, last_attempt=row.under_way if is_over else row.last,
        marks=row.marks,
    )  # fmt: skip


def entry_of(
    session: Session, exam_id: int, viewer: Viewer, now: datetime, *, hold: bool = False
) -> Entry:
    """One exam for one of those it is meant for; NotFound for everyone else.

    ``hold``: keeps the exam from being cancelled until the transaction ends.
    """
    query = _entries(viewer, clock.civil_date(now)).where(Exam.id == exam_id)
    if hold:
        query = query.with_for_update(of=Exam, read=True)
    found = _read(session, query, viewer, now)
    if not found or not _concerns(found[0]):
        raise NotFound(_("找不到这场考试"))
    return found[0]


def entries_of(session: Session, viewer: Viewer, now: datetime) -> Sequence[Entry]:
    """All exams that are or were meant for a person, soonest first; at most two statements."""
    query = (
        _entries(viewer, clock.civil_date(now))
        .where(Exam.state != ExamState.DRAFT)
        .order_by(Exam.opens_at, Exam.id)
    )
    return [entry for entry in _read(session, query, viewer, now) if _concerns(entry)]


def _concerns(entry: Entry) -> bool:
    has_sat = entry.last_attempt is not None or entry.facts.open_attempt is not None
    return entry.facts.is_invited or has_sat


def unsettled(entries: Sequence[Entry], now: datetime) -> list[int]:
    """Attempts under way whose time is over; whoever reads them owes them a close."""
    return [
        entry.last_attempt
        for entry in entries
        if entry.open_until is not None
        and is_overdue(entry.open_until, now)
        and entry.last_attempt is not None
    ]
