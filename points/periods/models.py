"""Periods of points and the snapshots that close them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import APPEND_ONLY, Base
from points.standing.rules import Standing


class PointsPeriod(Base):
    """From one round's opening to the next's, without gaps.

    Each period but the first follows one other, and no two follow the same. Its limits and its
    target never change; it ends when the next begins, and closes once.
    """

    __tablename__ = "points_period"
    __table_args__ = (CheckConstraint("target <= max_points", name="target_can_be_reached"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("points_period.id"), unique=True)
    number: Mapped[int] = mapped_column(unique=True)  # 1, 2, …
    label: Mapped[str] = mapped_column(String(64))  # e.g. 第 6 期（2026年11月–12月）
    starts_at: Mapped[datetime] = mapped_column(unique=True)
    settles_at: Mapped[datetime]  # when its round closes: what was earned by then decides
    ends_at: Mapped[datetime | None]
    max_points: Mapped[int]
    target: Mapped[int]
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_version.id"))  # of the target
    closed_at: Mapped[datetime | None]
    digest: Mapped[str] = mapped_column(String(64), default="")  # over the snapshot


class PointsSnapshot(Base):
    """Where one person stood when a period closed. Append-only."""

    __tablename__ = "points_snapshot"
    __table_args__ = (Index("ix_points_snapshot_person", "person_id"), APPEND_ONLY)

    period_id: Mapped[int] = mapped_column(ForeignKey("points_period.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    earned: Mapped[int]
    standing: Mapped[Standing]
