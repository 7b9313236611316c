"""Corrections of points that the office asks for and a second person decides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class PointsAdjustment(Base):
    """A correction that was asked for; the decision is a TwoPersonAct of kind points.adjust."""

    __tablename__ = "points_adjustment"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="moves_something"),
        Index("ix_points_adjustment_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True)  # UUID, in the entry's source
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    period_id: Mapped[int] = mapped_column(ForeignKey("points_period.id"))  # that it belongs to
    amount: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
