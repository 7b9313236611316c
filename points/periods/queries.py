"""Which periods there are, and which of them are over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from accounts.people.models import Posting
from accounts.people.queries import is_posted_on
from core.errors import NotFound
from points.ledger.models import PointsEntry
from points.periods.models import PointsPeriod, PointsSnapshot
from points.periods.rules import SnapshotRow, counted_days

PIECE = 5000  # rows read at a time


@dataclass(frozen=True)
class PeriodView:
    """One period. ``digest``: over its snapshot; '' until it is closed."""

    id: int
    number: int
    label: str
    starts_at: datetime
    settles_at: datetime
    ends_at: datetime | None
    closed_at: datetime | None
    max_points: int
    target: int
    digest: str

    @property
    def first_day(self) -> date:
        """The civil day on which its round opens."""
        return counted_days(self.starts_at, self.settles_at)[0]

    @property
    def last_day(self) -> date:
        """The last civil day of its round."""
        return counted_days(self.starts_at, self.settles_at)[1]

    def is_settled(self, now: datetime) -> bool:
        """Whether its round is over for everyone."""
        return self.settles_at <= now


def period_view(row: PointsPeriod) -> PeriodView:
    """A row as a value."""
    return PeriodView(
        id=row.id, number=row.number, label=row.label, starts_at=row.starts_at,
        settles_at=row.settles_at, ends_at=row.ends_at, closed_at=row.closed_at,
        max_points=row.max_points, target=row.target, digest=row.digest,
    )  # fmt: skip


def _views(session: Session, query: Select[PointsPeriod]) -> list[PeriodView]:
    return [period_view(row) for row in session.scalars(query)]


def periods(session: Session, limit: int | None = None) -> list[PeriodView]:
    """All periods, or so many, newest first."""
    return _views(session, select(PointsPeriod).order_by(PointsPeriod.number.desc()).limit(limit))


def period_of(session: Session, period_id: int) -> PeriodView:
    """One period; NotFound where there is none."""
    row = session.scalar(select(PointsPeriod).where(PointsPeriod.id == period_id))
    if row is None:
        raise NotFound(_("找不到这一期积分"))
    return period_view(row)


def current(session: Session, now: datetime) -> PeriodView | None:
    """The newest period that has begun; None before the first."""
    begun = select(PointsPeriod).where(PointsPeriod.starts_at <= now)
    return next(iter(_views(session, begun.order_by(PointsPeriod.number.desc()).limit(1))), None)


def settled(session: Session, now: datetime, limit: int | None = None) -> list[PeriodView]:
    """Periods whose round is over for everyone, newest first."""
    over = select(PointsPeriod).where(PointsPeriod.settles_at <= now)
    return _views(session, over.order_by(PointsPeriod.number.desc()).limit(limit))


def ended_unclosed(session: Session, now: datetime) -> list[PeriodView]:
    """Periods that have ended and wait to be closed, oldest first."""
    return _views(
        session,
        select(PointsPeriod)
        .where(
            PointsPeriod.ends_at <= now,
            PointsPeriod.settles_at <= now,
            PointsPeriod.closed_at.is_(None),
        )
        .order_by(PointsPeriod.number),
    )


def newest_locked(session: Session) -> PointsPeriod | None:
    """The newest period; who opens the next one waits here for others who do."""
    return session.scalar(
        select(PointsPeriod)
        .order_by(PointsPeriod.number.desc())
        .limit(1)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def locked(session: Session, period_id: int) -> PointsPeriod:
    """One period under the lock that nothing is posted under; NotFound where there is none."""
    row = session.scalar(
        select(PointsPeriod)
        .where(PointsPeriod.id == period_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("找不到这一期积分"))
    return row


def earned_by_everyone(
    session: Session, period_id: int, counted: Select[int], day: date
) -> list[Any]:
    """Rows (person_id, unit_id, earned, is_counted) in order of person id, in one statement.

    Everyone who counts and everyone with entries that belong to the period; ``unit_id``: of the
    post on a civil day. Summed from the entries themselves.
    """
    counts = counted.distinct().subquery("counted")
    sums = (
        select(PointsEntry.person_id, func.sum(PointsEntry.amount).label("earned"))
        .where(PointsEntry.origin_period_id == period_id)
        .group_by(PointsEntry.person_id)
        .subquery("sums")
    )
    posts = (
        select(Posting.person_id, func.max(Posting.unit_id).label("unit_id"))
        .where(is_posted_on(day))
        .group_by(Posting.person_id)
        .subquery("posts")
    )
    people = (
        select(counts.c[0].label("person_id")).union(select(sums.c.person_id)).subquery("people")
    )
    return list(
        session.execute(
            select(
                people.c.person_id,
                posts.c.unit_id,
                func.coalesce(sums.c.earned, 0).label("earned"),
                counts.c[0].is_not(None).label("is_counted"),
            )
            .select_from(people)
            .outerjoin(counts, counts.c[0] == people.c.person_id)
            .outerjoin(sums, sums.c.person_id == people.c.person_id)
            .outerjoin(posts, posts.c.person_id == people.c.person_id)
            .order_by(people.c.person_id)
        )
    )


def snapshots(session: Session) -> Iterator[tuple[PeriodView, list[SnapshotRow]]]:
    """Every closed period with the rows of its snapshot, oldest first; read in pieces."""
    snapshot = PointsSnapshot.__table__.c
    query = (
        select(
            PointsPeriod, snapshot.person_id, snapshot.unit_id, snapshot.earned, snapshot.standing
        )
        .outerjoin(PointsSnapshot, PointsSnapshot.period_id == PointsPeriod.id)
        .where(or_(PointsPeriod.closed_at.is_not(None), snapshot.person_id.is_not(None)))
        .order_by(PointsPeriod.number, snapshot.person_id)
    )
    period: PeriodView | None = None
    rows: list[SnapshotRow] = []
    for found, *values in session.execute(query, execution_options={"yield_per": PIECE}):
        if period is None or period.id != found.id:
            if period is not None:
                yield period, rows
            period, rows = period_view(found), []
        if values[0] is not None:
            rows.append(SnapshotRow(*values))
    if period is not None:
        yield period, rows
