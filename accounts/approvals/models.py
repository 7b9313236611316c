"""Acts that one person asks for and another decides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class TwoPersonAct(Base):
    """An act waiting for, or decided by, a second person. Nobody decides what they asked for."""

    __tablename__ = "two_person_act"
    __table_args__ = (
        CheckConstraint("asked_by <> decided_by", name="two_people"),
        Index(
            "uq_two_person_act_open",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))  # e.g. attempt.void
    subject_id: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]
    decision_reason: Mapped[str] = mapped_column(String(500), default="")
