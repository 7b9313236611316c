"""The people of a round, within what a viewer may see, and one person's tries at it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, null, or_, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.people.queries import posted_in
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on, subtree
from core import clock
from core.errors import NotFound
from points.ledger.queries import EntryView
from points.participation.queries import Rows, Scope, counted_days, standings
from points.periods.queries import PeriodView
from points.units.queries import PersonStanding, person_standing
from quiz.attempts.models import Attempt, AttemptState
from quiz.counting.queries import lines_of, standing_entries
from quiz.progress.queries import RoundView
from quiz.results.queries import AttemptRow, attempts_of, newest_rights
from quiz.sitters.rules import Progress

HANDED_IN = (AttemptState.SUBMITTED, AttemptState.SCORED, AttemptState.RELEASED)


@dataclass(frozen=True)
class Sitter:
    """One person of a round. ``right``: of the try that counts; None where none does.

    ``tries``: those that count as used; ``voided``: those that do not.
    """

    person: PersonStanding
    unit_name: str
    progress: Progress
    tries: int
    voided: int
    right: int | None


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _known(one: RoundView, period: PeriodView, now: datetime) -> Any:
    """Whom the period knows and whoever has tried, a row each, as a subquery.

    Laid one below the other and grouped: joined, they cost a database that does not know how large
    its tables are a walk through the one for every row of the other.
    """
    stood = standings(period, now).subquery("stood")
    nought = literal(0)
    of_period: Rows = select(
        stood.c.person_id, stood.c.unit_id, stood.c.earned,
        _flag(stood.c.is_counted).label("is_counted"), stood.c.closed_earned,
        stood.c.closed_standing, nought.label("handed_in"), nought.label("tries"),
        nought.label("voided"),
    )  # fmt: skip
    is_void = Attempt.state == AttemptState.VOIDED
    of_tries: Rows = select(
        Attempt.person_id, null(), nought, nought, null(), null(),
        _flag(Attempt.state.in_(HANDED_IN)), _flag(~is_void), _flag(is_void),
    ).where(Attempt.occasion_id == one.occasion_id)  # fmt: skip
    every = of_period.union_all(of_tries).subquery("every")
    facts = ("unit_id", "earned", "is_counted", "closed_earned", "closed_standing")
    return (
        select(
            every.c.person_id,
            *(func.max(every.c[name]).label(name) for name in facts),
            *(func.sum(every.c[name]).label(name) for name in ("handed_in", "tries", "voided")),
        )
        .group_by(every.c.person_id)
        .subquery("known")
    )


def _last_unit() -> ColumnElement[Any]:
    """The unit of the latest post of the person in the surrounding statement."""
    return (
        select(Posting.unit_id)
        .where(Posting.person_id == Person.id)
        .order_by(Posting.valid_from.desc(), Posting.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def sitters(
    one: RoundView,
    period: PeriodView,
    now: datetime,
    scope: Scope,
    *,
    text: str = "",
    progress: Progress | None = None,
) -> Rows:
    """Rows for ``sitter_of``: whom the round's period knows, and whoever has tried besides.

    Within ``scope``: those whose unit in the period lies in it, and those who have tried and are on
    post in it today. ``text``: part of a name or unit, or the beginning of a staff number.
    """
    day = clock.civil_date(now)
    _first, last = counted_days(period, now)
    known = _known(one, period, now)
    reached = case(
        (known.c.handed_in > 0, literal(Progress.SUBMITTED.value)),
        (known.c.tries > 0, literal(Progress.IN_PROGRESS.value)),
        else_=literal(Progress.NOT_STARTED.value),
    )
    unit_id = func.coalesce(known.c.unit_id, _last_unit())
    query: Rows = (
        select(
            Person.id, Person.staff_no, Person.name, UnitVersion.name.label("unit_name"),
            known.c.earned, known.c.is_counted, known.c.closed_earned, known.c.closed_standing,
            reached.label("progress"), known.c.tries, known.c.voided,
        )
        .select_from(known)
        .join(Person, Person.id == known.c.person_id)
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == unit_id, is_valid_on(last)))
    )  # fmt: skip
    if scope is not None:
        has_tried = known.c.tries + known.c.voided > 0
        query = query.where(
            or_(
                known.c.unit_id.in_(subtree(scope, day)),
                and_(has_tried, Person.id.in_(posted_in(scope, day))),
            )
        )
    if text:
        query = query.where(
            or_(
                Person.name.contains(text, autoescape=True),
                Person.staff_no.startswith(text.upper(), autoescape=True),
                UnitVersion.name.contains(text, autoescape=True),
            )
        )
    return query.where(reached == progress.value) if progress else query


def rights_of(
    session: Session, one: RoundView, person_ids: Collection[int] | None = None
) -> dict[int, int]:
    """Right answers of the try that counts, by person; None: of everybody. One statement."""
    query = standing_entries(one.id, one.period_id)
    if person_ids is not None:
        query = query.where(query.selected_columns[0].in_(person_ids))
    return {row[0]: row[1]["right"] for row in session.execute(query)}


# By right answers is not among them: people are not ranked. Equal ones go by staff number, so that
# nobody is lost between two pages.
SORTS: dict[str, Any] = {
    "staff_no": Person.staff_no,
    "name": Person.name.concat(" ").concat(Person.staff_no),
    "unit": func.coalesce(UnitVersion.name, "").concat(" ").concat(Person.staff_no),
}


def sitter_of(row: Any, rights: Mapping[int, int], period: PeriodView, now: datetime) -> Sitter:
    """A row of ``sitters`` as a value. ``rights``: of ``rights_of``."""
    return Sitter(
        person_standing(row, period, now), row.unit_name or "", Progress(row.progress),
        int(row.tries), int(row.voided), rights.get(row.id),
    )  # fmt: skip


def progress_counts(
    session: Session, one: RoundView, period: PeriodView, now: datetime, scope: Scope
) -> dict[Progress, int]:
    """How many people have come how far, in one statement."""
    rows = sitters(one, period, now, scope).subquery()
    counted: Select[*tuple[Any, ...]] = select(rows.c.progress, func.count()).group_by(
        rows.c.progress
    )
    found = {row[0]: row[1] for row in session.execute(counted)}
    return {progress: found.get(progress.value, 0) for progress in Progress}


@dataclass(frozen=True)
class Try:
    """One try with its right answers (None: not marked); ``counts``: it is what was posted."""

    attempt: AttemptRow
    right: int | None
    counts: bool


@dataclass(frozen=True)
class SitterAtRound:
    """One person in one round: the tries, and the lines of the ledger, oldest first."""

    sitter: Sitter
    tries: tuple[Try, ...]
    lines: tuple[EntryView, ...]

    @property
    def numbers(self) -> dict[int, int]:
        """Attempt id → the number of the try."""
        return {one.attempt.id: one.attempt.number for one in self.tries}


def sitter_at(
    session: Session,
    one: RoundView,
    period: PeriodView,
    person_id: int,
    now: datetime,
    scope: Scope,
) -> SitterAtRound:
    """One person in a round; NotFound for those outside the scope or with no part in it."""
    row = session.execute(sitters(one, period, now, scope).where(Person.id == person_id)).first()
    if row is None:
        raise NotFound(_("这一轮里找不到这名人员，或者不在您负责的单位"))
    attempts = attempts_of(session, [one.occasion_id], person_id)
    rights = newest_rights(session, [each.id for each in attempts])
    lines = lines_of(session, one.id, person_id)
    counted = {
        line.facts["attempt"]
        for line in lines
        if line.reverses_id is None and line.reversed_by_id is None
    }
    return SitterAtRound(
        sitter_of(row, rights_of(session, one, [person_id]), period, now),
        tuple(
            Try(each, sum(rights[each.id]) if each.id in rights else None, each.id in counted)
            for each in attempts
        ),
        tuple(lines),
    )
