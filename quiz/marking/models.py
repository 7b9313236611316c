"""Short answers that people mark, and the marks that they gave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class AnswerToMark(Base):
    """A short answer with something in it, listed when its attempt ends. Append-only.

    Its id is all that a marker learns of whose it is. It waits as long as the attempt is submitted
    and it has no mark.
    """

    __tablename__ = "answer_to_mark"
    __table_args__ = (
        UniqueConstraint("attempt_id", "position", name="uq_answer_to_mark_position"),
        Index("ix_answer_to_mark_question", "occasion_id", "version_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    position: Mapped[int]  # 1, 2, … on the paper
    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    most: Mapped[int]  # marks that it may earn


class AnswerMark(Base):
    """What somebody gave a short answer; the newest number counts. Append-only."""

    __tablename__ = "answer_mark"
    __table_args__ = (
        UniqueConstraint("attempt_id", "position", "number", name="uq_answer_mark_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    position: Mapped[int]
    number: Mapped[int]  # 1, 2, … of the marks that this answer was given
    marks: Mapped[int]  # hundredths
    comment: Mapped[str] = mapped_column(String(500), default="")  # for the candidate
    reason: Mapped[str] = mapped_column(String(200), default="")  # why it was changed
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
