"""Who sits an exam and how far each has come, within what the viewer may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.people.queries import is_latest, is_posted_on, posted_in
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on, subtree
from certification.candidates.rules import Standing, standing
from certification.exams.models import Exam, ExamPerson, ExamState
from certification.exams.queries import held_key_role
from core import clock
from core.errors import NotFound
from core.permissions import Permission
from core.viewer import Viewer
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.attempts.queries import AttemptRow, attempt_rows
from quiz.results.queries import newest_score

MARKED = (AttemptState.SCORED, AttemptState.RELEASED)


@dataclass(frozen=True)
class CandidateRow:
    """One candidate of an exam. ``marks``: hundredths, of the best try that counts."""

    person_id: int
    staff_no: str
    name: str
    unit_name: str
    standing: Standing
    tries: int
    marks: int | None
    last_attempt: int | None
    reason: str


def visible_exam(session: Session, exam_id: int, viewer: Viewer) -> Exam:
    """An exam for its readers; drafts only for those who see the whole city."""
    found = session.get(Exam, exam_id)
    in_city = viewer.scope_of(Permission.EXAM_READ) is None
    if found is None or (found.state is ExamState.DRAFT and not in_city):
        raise NotFound(_("找不到这场考试"))
    return found


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _attempts(exam: Exam) -> Any:
    """What each person's attempts come to, as a subquery."""
    counts = Attempt.state != AttemptState.VOIDED
    return (
        select(
            Attempt.person_id,
            _sum(and_(counts, Score.is_pass)).label("passed"),
            _sum(Attempt.state == AttemptState.IN_PROGRESS).label("under_way"),
            _sum(Attempt.state == AttemptState.SUBMITTED).label("marking"),
            _sum(Attempt.state.in_(MARKED)).label("scored"),
            _sum(~counts).label("voided"),
            _sum(counts).label("tries"),
            func.max(case((counts, Score.marks))).label("marks"),
            func.max(Attempt.id).label("last"),
        )
        .outerjoin(Score, newest_score())
        .where(Attempt.occasion_id == exam.occasion_id)
        .group_by(Attempt.person_id)
        .subquery("tried")
    )


def _standing(tried: Any, exam: Exam, now: datetime) -> ColumnElement[str]:
    """The same decision as ``rules.standing``, for filters and counts."""
    waiting = Standing.ABSENT if now >= exam.closes_at else Standing.NOT_STARTED
    return case(
        (tried.c.passed > 0, literal(Standing.PASSED.value)),
        (tried.c.under_way > 0, literal(Standing.IN_PROGRESS.value)),
        (tried.c.marking > 0, literal(Standing.MARKING.value)),
        (tried.c.scored > 0, literal(Standing.FAILED.value)),
        (tried.c.voided > 0, literal(Standing.VOIDED.value)),
        else_=literal(waiting.value),
    )


def candidates(
    exam: Exam,
    unit_ids: Collection[int],
    viewer: Viewer,
    now: datetime,
    *,
    text: str = "",
    state: Standing | None = None,
) -> Select[Any]:
    """Rows for ``candidate_of``: everyone invited or who has sat, in the units the viewer may see.

    Whoever can see keys is no candidate unless admitted with a reason.
    """
    day = clock.civil_date(now)
    tried = _attempts(exam)
    by_unit = (
        select(Posting.person_id)
        .where(
            is_posted_on(day),
            Posting.unit_id.in_(subtree(unit_ids, day)),
            ~held_key_role(Posting.person_id, exam.published_at or now),
        )
    )  # fmt: skip
    state_of = _standing(tried, exam, now)
    query: Select[Any] = (
        select(
            Person.id, Person.staff_no, Person.name, UnitVersion.name.label("unit_name"),
            tried.c.passed, tried.c.under_way, tried.c.marking, tried.c.scored, tried.c.voided,
            tried.c.tries, tried.c.marks, tried.c.last, ExamPerson.reason,
        )
        .select_from(Person)
        .outerjoin(Posting, and_(Posting.person_id == Person.id, is_latest()))
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(day)))
        .outerjoin(tried, tried.c.person_id == Person.id)
        .outerjoin(
            ExamPerson, and_(ExamPerson.exam_id == exam.id, ExamPerson.person_id == Person.id)
        )
        .where(
            or_(
                Person.id.in_(by_unit), ExamPerson.person_id.is_not(None),
                tried.c.person_id.is_not(None),
            )
        )
    )  # fmt: skip
    scope = viewer.scope_of(Permission.RESULT_READ)
    if scope is not None:
        query = query.where(Person.id.in_(posted_in(scope, day)))
    if text:
        query = query.where(
            or_(
                Person.name.contains(text, autoescape=True),
                Person.staff_no == text.upper(),
                UnitVersion.name.contains(text, autoescape=True),
            )
        )
    return query.where(state_of == state.value) if state else query


SORTS: dict[str, Any] = {
    "staff_no": Person.staff_no,
    "name": Person.name,
    "unit": UnitVersion.name,
    "tries": literal_column("tries"),
    "marks": literal_column("marks"),
}


def candidate_of(row: Any, is_over: bool) -> CandidateRow:
    """A row of ``candidates`` as a value."""
    return CandidateRow(
        row.id, row.staff_no, row.name, row.unit_name or "",
        standing(
            passed=bool(row.passed), under_way=bool(row.under_way), marking=bool(row.marking),
            scored=row.scored or 0, voided=row.voided or 0, is_over=is_over,
        ),
        row.tries or 0, row.marks, row.last, row.reason or "",
    )  # fmt: skip


def standing_counts(
    session: Session, exam: Exam, unit_ids: Collection[int], viewer: Viewer, now: datetime
) -> dict[Standing, int]:
    """How many candidates stand where, in one statement."""
    rows = candidates(exam, unit_ids, viewer, now).subquery()
    counted = select(_standing(rows, exam, now).label("state"), func.count()).group_by("state")
    found = {row[0]: row[1] for row in session.execute(counted)}
    return {state: found.get(state.value, 0) for state in Standing}


@dataclass(frozen=True)
class PersonAtExam:
    """One candidate with all attempts, oldest first."""

    person_id: int
    staff_no: str
    name: str
    unit_name: str
    attempts: tuple[AttemptRow, ...]


def person_at(
    session: Session, exam: Exam, person_id: int, viewer: Viewer, day: date
) -> PersonAtExam:
    """A candidate's attempts, for readers of results in scope; NotFound for others."""
    query = (
        select(Person.id, Person.staff_no, Person.name, UnitVersion.name)
        .select_from(Person)
        .outerjoin(Posting, and_(Posting.person_id == Person.id, is_latest()))
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(day)))
        .where(Person.id == person_id)
    )
    scope = viewer.scope_of(Permission.RESULT_READ)
    if scope is not None:
        query = query.where(Person.id.in_(posted_in(scope, day)))
    row = session.execute(query).first()
    if row is None or exam.occasion_id is None:
        raise NotFound(_("找不到这名考生"))
    attempts = session.execute(
        attempt_rows(Attempt.occasion_id == exam.occasion_id, Attempt.person_id == person_id)
    )
    found = tuple(AttemptRow(*attempt) for attempt in attempts)
    return PersonAtExam(row[0], row[1], row[2], row[3] or "", found)
