"""Training sessions and who attended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class TrainingKind(StrEnum):
    """The notice's kinds of training (三（二）, 一（四）)."""

    ROTATION = "rotation"  # 全市轮训
    INDICATORS = "indicators"  # 绩效指标解读
    ONE_TO_ONE = "one_to_one"  # 重点部门一对一
    INDUSTRY = "industry"  # 行业系统培训


class TrainingSession(Base):
    """One training held: kind, title, time, place and the unit that held it."""

    __tablename__ = "training_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TrainingKind]
    title: Mapped[str] = mapped_column(String(100))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(100), default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))  # None: the office
    recorded_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[datetime]


class Attendance(Base):
    """One person attended one session. A mistake is withdrawn, not deleted."""

    __tablename__ = "attendance"
    __table_args__ = (
        Index(
            "uq_attendance_once",
            "session_id",
            "person_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_attendance_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    recorded_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
