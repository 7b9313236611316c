"""Opening periods, and closing them with a snapshot."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from core import clock
from core.audit.services import record
from core.db import rows_of, table_of, upsert
from core.errors import Conflict
from core.rulebook.queries import rule_on
from points.periods import queries
from points.periods.models import PointsPeriod, PointsSnapshot
from points.periods.queries import PeriodView
from points.periods.rules import SnapshotRow, counted_days, snapshot_digest
from points.standing.queries import participants
from points.standing.rules import standing_of, target_of


def open_period(
    session: Session,
    *,
    label: str,
    starts_at: datetime,
    settles_at: datetime,
    max_points: int,
    now: datetime,
) -> PointsPeriod:
    """Begin the next period at an instant not after ``now``, at which the one before ends.

    The target follows from the rule in force on the civil day of ``starts_at`` and never changes.
    Raises Conflict where the newest period begins at that instant or later, or another opens one
    at the same moment.
    """
    if starts_at > now:
        raise ValueError("a period never begins ahead of time")
    if settles_at <= starts_at:
        raise ValueError("a round closes after it opens")
    before = queries.newest_locked(session)
    if before is not None and before.starts_at >= starts_at:
        raise Conflict(_("这一期积分已经开始，没有重复开始。"))
    rule = rule_on(session, "points.target_percent", clock.civil_date(starts_at))
    period: PointsPeriod | None = session.scalar(
        upsert(session, PointsPeriod)
        .values(
            previous_id=before.id if before else None, number=before.number + 1 if before else 1,
            label=label, starts_at=starts_at, settles_at=settles_at, max_points=max_points,
            target=target_of(max_points, int(rule.value)), rule_version_id=rule.id, digest="",
        )
        .on_conflict_do_nothing()
        .returning(PointsPeriod)
    )  # fmt: skip
    if period is None:
        raise Conflict(_("这一期积分已经开始，没有重复开始。"))
    if before is not None:
        before.ends_at = starts_at
        session.flush()
    record(
        session, "points.open_period", ("points_period", period.id),
        facts={"number": period.number, "starts_at": starts_at.isoformat(),
               "settles_at": settles_at.isoformat(), "target": period.target,
               "max_points": max_points, "rule_version": rule.id},
    )  # fmt: skip
    return period


def close_period(session: Session, *, period_id: int, now: datetime) -> bool:
    """Close a period with a snapshot of everyone concerned; False where it is closed already.

    Raises NotFound, and Conflict where it has not ended. Under the period's lock nothing is posted
    into it: an entry is in the snapshot, or is posted to a later period.
    """
    period = queries.locked(session, period_id)
    if period.closed_at is not None:
        return False
    if period.ends_at is None or max(period.ends_at, period.settles_at) > now:
        raise Conflict(_("这一期积分还没有结束，没有结转。"))
    rows = _standings(session, period, now)
    digest = snapshot_digest(rows)
    closed = session.execute(
        update(PointsPeriod)
        .where(PointsPeriod.id == period.id, PointsPeriod.closed_at.is_(None))
        .values(closed_at=now, digest=digest)
    )
    if not rows_of(closed):
        return False
    if rows:
        session.execute(
            insert(table_of(PointsSnapshot)),
            [{"period_id": period.id, **row._asdict()} for row in rows],
        )
    record(
        session, "points.close_period", ("points_period", period.id),
        facts={"number": period.number, "people": len(rows), "digest": digest},
    )  # fmt: skip
    return True


def _standings(session: Session, period: PointsPeriod, now: datetime) -> list[SnapshotRow]:
    first, last = counted_days(period.starts_at, period.settles_at)
    counted = participants(first, last, now=now)
    return [
        SnapshotRow(
            person_id, unit_id, int(earned),
            standing_of(int(earned), period.target, is_counted=is_counted, is_settled=True),
        )
        for person_id, unit_id, earned, is_counted in queries.earned_by_everyone(
            session, period.id, counted, last
        )
    ]  # fmt: skip


def first_broken_snapshot(session: Session) -> PeriodView | None:
    """The oldest period whose snapshot is not what its digest was made of; None for none."""
    for period, rows in queries.snapshots(session):
        if snapshot_digest(rows) != period.digest:
            return period
    return None
