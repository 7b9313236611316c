"""Training sessions, who attended them, and who may be entered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.people.queries import is_latest, posted_in
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on, subtree
from core import clock
from core.errors import NotFound
from core.permissions import Permission
from core.viewer import Viewer
from training.models import Attendance, TrainingKind, TrainingSession


@dataclass(frozen=True)
class SessionView:
    """One training; ``unit_id`` None: held by the leading office."""

    id: int
    kind: TrainingKind
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    unit_id: int | None
    unit_name: str
    recorded_by: str
    recorded_at: datetime

    def has_begun(self, now: datetime) -> bool:
        """Whether attendance can be recorded."""
        return self.starts_at <= now


@dataclass(frozen=True)
class AttendedRow:
    """A session that a person attended."""

    kind: TrainingKind
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    held_by: str


@dataclass(frozen=True)
class AttendeeRow:
    """Someone whose attendance is recorded."""

    id: int
    person_id: int
    staff_no: str
    name: str
    unit_name: str
    position: str
    recorded_at: datetime


def last_attended(session: Session, person_id: int, since: date) -> date | None:
    """Civil day of the last session that a person attended on or after ``since``; None: none.

    ``since`` for a day: ``training.rules.counts_since(day, months)``.
    """
    starts_at = session.execute(
        select(func.max(TrainingSession.starts_at))
        .join(Attendance, Attendance.session_id == TrainingSession.id)
        .where(
            Attendance.person_id == person_id,
            Attendance.withdrawn_at.is_(None),
            TrainingSession.starts_at >= clock.start_of(since),
            TrainingSession.starts_at <= clock.now(),
        )
    ).scalar()
    return clock.civil_date(starts_at) if starts_at else None


def attended_by(session: Session, person_id: int) -> list[AttendedRow]:
    """All sessions that a person attended, the newest first."""
    rows = session.execute(
        select(
            TrainingSession.kind, TrainingSession.title, TrainingSession.starts_at,
            TrainingSession.ends_at, TrainingSession.place, UnitVersion.name.label("held_by"),
        )
        .join(Attendance, Attendance.session_id == TrainingSession.id)
        .outerjoin(
            UnitVersion,
            and_(UnitVersion.unit_id == TrainingSession.unit_id, is_valid_on(clock.today())),
        )
        .where(Attendance.person_id == person_id, Attendance.withdrawn_at.is_(None))
        .order_by(TrainingSession.starts_at.desc(), TrainingSession.id.desc())
    )  # fmt: skip
    return [AttendedRow(**{**row._mapping, "held_by": row.held_by or ""}) for row in rows]


def _seen_by(viewer: Viewer, permission: Permission, day: date) -> ColumnElement[bool] | None:
    """Condition: held by the office, or by a unit of the viewer's; None: everything."""
    scope = viewer.scope_of(permission)
    if scope is None:
        return None
    return or_(TrainingSession.unit_id.is_(None), TrainingSession.unit_id.in_(subtree(scope, day)))


def sessions(
    viewer: Viewer, day: date, *, kind: TrainingKind | None = None, year: int | None = None
) -> Select[*tuple[Any, ...]]:
    """Rows of the list: the session, who held it, and how many of the viewer's people attended."""
    scope = viewer.scope_of(Permission.TRAINING_READ)
    attended = (
        select(func.count())
        .select_from(Attendance)
        .where(Attendance.session_id == TrainingSession.id, Attendance.withdrawn_at.is_(None))
    )
    if scope is not None:
        attended = attended.where(Attendance.person_id.in_(_people_in(scope, day)))
    query = select(
        TrainingSession.id, TrainingSession.kind, TrainingSession.title, TrainingSession.starts_at,
        TrainingSession.ends_at, TrainingSession.place, UnitVersion.name.label("unit_name"),
        attended.correlate(TrainingSession).scalar_subquery().label("attended"),
    ).outerjoin(
        UnitVersion, and_(UnitVersion.unit_id == TrainingSession.unit_id, is_valid_on(day))
    )  # fmt: skip
    seen = _seen_by(viewer, Permission.TRAINING_READ, day)
    if seen is not None:
        query = query.where(seen)
    if kind is not None:
        query = query.where(TrainingSession.kind == kind)
    if year is not None:
        query = query.where(
            TrainingSession.starts_at >= clock.start_of(date(year, 1, 1)),
            TrainingSession.starts_at < clock.start_of(date(year + 1, 1, 1)),
        )
    return query


SORTS: dict[str, Any] = {
    "starts": TrainingSession.starts_at,
    "title": TrainingSession.title,
    "kind": TrainingSession.kind,
}


def session_of(
    session: Session, session_id: int, viewer: Viewer, permission: Permission
) -> SessionView:
    """A session that the viewer may handle: the office's, or one of their units'; else NotFound."""
    today = clock.today()
    query = (
        select(
            TrainingSession.id, TrainingSession.kind, TrainingSession.title,
            TrainingSession.starts_at, TrainingSession.ends_at, TrainingSession.place,
            TrainingSession.unit_id, UnitVersion.name.label("unit_name"),
            Person.name.label("recorded_by"), TrainingSession.recorded_at,
        )
        .join(Person, Person.id == TrainingSession.recorded_by)
        .outerjoin(
            UnitVersion, and_(UnitVersion.unit_id == TrainingSession.unit_id, is_valid_on(today))
        )
        .where(TrainingSession.id == session_id)
    )  # fmt: skip
    seen = _seen_by(viewer, permission, today)
    row = session.execute(query if seen is None else query.where(seen)).first()
    if row is None:
        raise NotFound(_("找不到这次培训，或者不在您负责的单位"))
    return SessionView(**{**row._mapping, "unit_name": row.unit_name or ""})


def _people_in(scope: frozenset[int], day: date) -> Select[int]:
    """Ids of people whose latest post lies in these units and below: those who left included."""
    return select(Posting.person_id).where(is_latest(), Posting.unit_id.in_(subtree(scope, day)))


def attendees(
    session_id: int, scope: frozenset[int] | None, search: str = ""
) -> Select[*tuple[Any, ...]]:
    """Rows for AttendeeRow: recorded for a session, within the scope."""
    today = clock.today()
    query = (
        select(
            Attendance.id, Attendance.person_id, Person.staff_no, Person.name,
            UnitVersion.name.label("unit_name"), Posting.position, Attendance.recorded_at,
        )
        .join(Person, Person.id == Attendance.person_id)
        .outerjoin(Posting, and_(Posting.person_id == Person.id, is_latest()))
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(today)))
        .where(Attendance.session_id == session_id, Attendance.withdrawn_at.is_(None))
    )  # fmt: skip
    if scope is not None:
        query = query.where(Posting.unit_id.in_(subtree(scope, today)))
    return query.where(_matches(search)) if search else query


def absentees(
    session_id: int, scope: frozenset[int] | None, *, search: str = "", unit_id: int | None = None
) -> Select[*tuple[Any, ...]]:
    """People on post within the scope who are not recorded for a session yet."""
    today = clock.today()
    query = (
        select(Person.id, Person.staff_no, Person.name, UnitVersion.name.label("unit_name"),
               Posting.position)
        .join(Posting, and_(Posting.person_id == Person.id, Posting.valid_to.is_(None)))
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(today)))
        .where(
            ~exists().where(
                Attendance.session_id == session_id, Attendance.person_id == Person.id,
                Attendance.withdrawn_at.is_(None),
            )
        )
    )  # fmt: skip
    if scope is not None:
        query = query.where(Posting.unit_id.in_(subtree(scope, today)))
    if unit_id is not None:
        query = query.where(Posting.unit_id.in_(subtree({unit_id}, today)))
    return query.where(_matches(search)) if search else query


PEOPLE_SORTS: dict[str, Any] = {
    "staff_no": Person.staff_no,
    "name": Person.name,
    "unit": UnitVersion.name,
}


def _matches(search: str) -> ColumnElement[bool]:
    return or_(
        Person.name.contains(search, autoescape=True),
        Person.staff_no.startswith(search.upper(), autoescape=True),
    )


def attendance_of(
    session: Session, session_id: int, attendance_id: int, viewer: Viewer
) -> AttendeeRow:
    """One recorded attendance of a person whom the viewer may handle; NotFound for all others."""
    scope = viewer.scope_of(Permission.TRAINING_RECORD)
    row = session.execute(
        attendees(session_id, scope).where(Attendance.id == attendance_id)
    ).first()
    if row is None:
        raise NotFound(_("找不到这条参训记录，或者已经撤销"))
    return attendee(row)


def attendee(row: Any) -> AttendeeRow:
    """A row of ``attendees`` as a value."""
    return AttendeeRow(
        **{**row._mapping, "unit_name": row.unit_name or "", "position": row.position or ""}
    )


def recordable(session: Session, ids: Collection[int], viewer: Viewer) -> list[int]:
    """Those of these people whom the viewer may record: on post today, within the scope."""
    scope = viewer.scope_of(Permission.TRAINING_RECORD)
    allowed = posted_in(scope, clock.today()).where(Posting.person_id.in_(ids))
    return sorted(set(session.scalars(allowed)))


def numbers_known(
    session: Session, numbers: Collection[str], viewer: Viewer
) -> tuple[dict[str, int], set[str]]:
    """(staff number → person whom the viewer may record, all numbers that exist)."""
    found = session.execute(
        select(Person.staff_no, Person.id).where(Person.staff_no.in_(numbers))
    ).all()
    allowed = set(recordable(session, [row.id for row in found], viewer))
    return (
        {row.staff_no: row.id for row in found if row.id in allowed},
        {row.staff_no for row in found},
    )
