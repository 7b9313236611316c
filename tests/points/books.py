"""Periods to post in and what then stands in the ledger, for tests of points."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import db, reading, transaction
from points.ledger import services as ledger
from points.ledger.models import PointsEntry, PointsTotal
from points.periods import services as periods
from points.periods.models import PointsPeriod
from tests.factories import make_person

START = datetime(2026, 9, 1, tzinfo=UTC) - timedelta(hours=8)  # 1 September in Shanghai
MONTH = timedelta(days=30)
ROUND = timedelta(days=5)


def open_period(session: Session, number: int = 1, *, max_points: int = 20) -> int:
    """The period that begins so many months after the start (1: at the start); its id."""
    starts_at = START + (number - 1) * MONTH
    return periods.open_period(
        session, label=f"第 {number} 期", starts_at=starts_at, settles_at=starts_at + ROUND,
        max_points=max_points, now=starts_at,
    ).id  # fmt: skip


def books(app: Flask, opened: int = 1, people: int = 1) -> tuple[list[int], list[int]]:
    """Ids of so many periods, opened one after the other, and of so many people."""
    with app.app_context(), transaction() as session:
        return (
            [open_period(session, number) for number in range(1, opened + 1)],
            [make_person(session).id for _ in range(people)],
        )


def first(session: Session, person_id: int, period_id: int, amount: int = 17) -> int | None:
    """Post what a first try earned."""
    return ledger.post_first(
        session, person_id=person_id, origin_period_id=period_id, stem=f"round:{period_id}/first",
        amount=amount, rule_version_id=None, facts={"title": "第 1 轮定期答题", "right": amount},
        now=START,
    )  # fmt: skip


def adjust(
    session: Session, person_id: int, period_id: int, amount: int = 2, key: str = "a"
) -> int | None:
    """Post a correction by the office."""
    return ledger.post(
        session, person_id=person_id, origin_period_id=period_id, amount=amount,
        source=f"adjust:{key}", rule_version_id=None, facts={"reason": "系统故障"}, now=START,
    )  # fmt: skip


def undo(session: Session, entry_id: int | None) -> int | None:
    """Reverse an entry."""
    assert entry_id is not None
    return ledger.reverse(session, entry_id=entry_id, facts={"reason": "重新评分"}, now=START)


def close(session: Session, period_id: int) -> bool:
    """Close a period long after its end."""
    return periods.close_period(session, period_id=period_id, now=START + 100 * MONTH)


def entries(app: Flask) -> list[Any]:
    """All entries, oldest first, as (person, period, origin, amount, source, reverses)."""
    with app.app_context():
        rows = reading().scalars(select(PointsEntry).order_by(PointsEntry.id)).all()
        db.session.remove()
    return [
        (row.person_id, row.period_id, row.origin_period_id, row.amount, row.source,
         row.reverses_id)
        for row in rows
    ]  # fmt: skip


def totals(app: Flask) -> dict[tuple[int, int], tuple[int, int]]:
    """(person, period) → (earned, posted), without those of nothing."""
    with app.app_context():
        rows = reading().scalars(select(PointsTotal)).all()
        db.session.remove()
    return {
        (row.person_id, row.period_id): (row.earned, row.posted)
        for row in rows
        if row.earned or row.posted
    }


def period(app: Flask, period_id: int) -> PointsPeriod:
    """A period as it is stored."""
    with app.app_context():
        row = reading().scalars(select(PointsPeriod).where(PointsPeriod.id == period_id)).one()
        db.session.remove()
    return row
