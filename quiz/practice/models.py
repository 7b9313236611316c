"""Practices, and what was answered before the explanation was shown."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from quiz.practice.rules import Source


class Practice(Base):
    """One person's practice: an occasion of its own, for one attempt."""

    __tablename__ = "practice"
    __table_args__ = (Index("ix_practice_person", "person_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"), unique=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), unique=True)
    source: Mapped[Source]
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    started_at: Mapped[datetime]


class PracticeCheck(Base):
    """The answer at one position when its explanation was asked for: that one counts."""

    __tablename__ = "practice_check"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)  # canonical JSON
    is_right: Mapped[bool]
    checked_at: Mapped[datetime]
