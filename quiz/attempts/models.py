"""Attempts, their answers, openings, evidence and scores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from quiz.attempts.rules import AttemptState

__all__ = ["Answer", "Attempt", "AttemptState", "Evidence", "Opening", "Score"]


class Attempt(Base):
    """One person working on one paper."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("occasion_id", "person_id", "number", name="uq_attempt_number"),
        Index("ix_attempt_due", "state", "deadline_at"),
        Index("ix_attempt_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    number: Mapped[int]  # 1, 2, … of the tries
    state: Mapped[AttemptState]
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    epoch: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(16), default="")  # candidate, deadline, office
    answers_digest: Mapped[str] = mapped_column(String(64), default="")
    receipt: Mapped[dict[str, Any] | None]
    marked: Mapped[list[Any]] = mapped_column(default=list)  # positions marked to come back to


class Opening(Base):
    """One opening of the paper on a page; each raised the epoch once, however often repeated."""

    __tablename__ = "opening"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    open_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    epoch: Mapped[int]
    at: Mapped[datetime]


class Answer(Base):
    """The newest accepted value at one position, as canonical JSON text."""

    __tablename__ = "answer"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)  # 1, 2, …
    value: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int]
    seq: Mapped[int]
    saved_at: Mapped[datetime]


class Evidence(Base):
    """What was refused, kept as it came. Append-only."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_attempt", "attempt_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    at: Mapped[datetime]
    code: Mapped[str] = mapped_column(String(16))  # stale_epoch, conflict, closed
    epoch: Mapped[int]
    ops: Mapped[list[Any]]


class Score(Base):
    """One marking of one attempt; a rescoring is a new row. Append-only.

    ``detail``: [[marks in hundredths, is_right], …] by position. Marks are in hundredths.
    """

    __tablename__ = "score"
    __table_args__ = (UniqueConstraint("attempt_id", "number", name="uq_score_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    number: Mapped[int]
    scored_at: Mapped[datetime]
    marks: Mapped[int]  # hundredths
    max_marks: Mapped[int]  # hundredths
    is_pass: Mapped[bool]
    key_digest: Mapped[str] = mapped_column(String(64))  # over the key versions used
    detail: Mapped[list[Any]]
    reason: Mapped[str] = mapped_column(String(200), default="")
