"""Entries of points, and the totals that follow from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import APPEND_ONLY, Base


class PointsEntry(Base):
    """One movement of points. A balance is the sum of entries; entries never change.

    ``source``: ``round:12/first#1``, ``adjust:<uuid>``, ``reverse:<entry id>``. ``period_id``: where
    it was posted; ``origin_period_id``: what it belongs to, the same unless that one had closed.
    """

    __tablename__ = "points_entry"
    __table_args__ = (
        UniqueConstraint("person_id", "source", name="uq_points_entry_once"),
        CheckConstraint("reverses_id <> id", name="reverses_another"),
        Index("ix_points_entry_person", "person_id", "id"),
        Index("ix_points_entry_origin", "origin_period_id", "person_id"),
        Index("ix_points_entry_period", "period_id"),
        APPEND_ONLY,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    period_id: Mapped[int] = mapped_column(ForeignKey("points_period.id"))
    origin_period_id: Mapped[int] = mapped_column(ForeignKey("points_period.id"))
    amount: Mapped[int]
    source: Mapped[str] = mapped_column(String(80))
    rule_version_id: Mapped[int | None] = mapped_column(ForeignKey("rule_version.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("points_entry.id"), unique=True)
    posted_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]  # what the line says to its person: title, right, total, reason


class PointsTotal(Base):
    """The sums of one person's entries for one period: kept with each entry, rebuilt at will.

    Its row is the lock under which a person's entries of a period are made.
    """

    __tablename__ = "points_total"
    __table_args__ = (Index("ix_points_total_period", "period_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("points_period.id"), primary_key=True)
    earned: Mapped[int]  # sum of the entries that belong to the period
    posted: Mapped[int]  # sum of the entries that were posted in the period
