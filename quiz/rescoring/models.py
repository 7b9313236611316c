"""Attempts that were marked anew after a correction, and corrections that are done with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import APPEND_ONLY, Base


class RescoredAttempt(Base):
    """One attempt marked anew after one correction, once. Append-only; marks in hundredths.

    ``strict``: marks that it would have by the new key alone.
    """

    __tablename__ = "rescored_attempt"
    __table_args__ = (Index("ix_rescored_attempt_attempt", "attempt_id"), APPEND_ONLY)

    correction_id: Mapped[int] = mapped_column(ForeignKey("key_correction.id"), primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    was: Mapped[int]
    was_pass: Mapped[bool]
    marks: Mapped[int]
    is_pass: Mapped[bool]
    strict: Mapped[int]
    at: Mapped[datetime]


class RescoringDone(Base):
    """No attempt was left to mark anew for this correction. Append-only."""

    __tablename__ = "rescoring_done"
    __table_args__ = (APPEND_ONLY,)

    correction_id: Mapped[int] = mapped_column(ForeignKey("key_correction.id"), primary_key=True)
    at: Mapped[datetime]
