"""Runs of the comparison, the pairs that they found, and what people decided on them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import APPEND_ONLY, Base
from question_bank.duplicates.rules import Decision, Kind


class RunState(StrEnum):
    """Whether a comparison goes on or is finished."""

    RUNNING = "running"
    DONE = "done"


class DuplicateRun(Base):
    """One comparison of the whole bank, in pieces; one at a time.

    ``through``: question id up to which questions were compared. ``compared``, ``total``: how many
    were, and are to be. ``left_out``: pairs that were found and not kept, because there were many.
    """

    __tablename__ = "duplicate_run"
    __table_args__ = (
        Index(
            "uq_duplicate_run_running", "state", unique=True,
            sqlite_where=text("state = 'running'"), postgresql_where=text("state = 'running'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[RunState]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: by itself
    begun_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    through: Mapped[int] = mapped_column(default=0)
    compared: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)


class DuplicatePair(Base):
    """Two questions that a run found to be alike; ``first_id`` < ``second_id``."""

    __tablename__ = "duplicate_pair"
    __table_args__ = (
        UniqueConstraint("run_id", "first_id", "second_id", name="uq_duplicate_pair_once"),
        CheckConstraint("first_id < second_id", name="ordered"),
        Index("ix_duplicate_pair_order", "run_id", "kind", "likeness"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("duplicate_run.id"))
    first_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    first_version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    second_version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    kind: Mapped[Kind]
    likeness: Mapped[int]  # 0–100


class DuplicateDecision(Base):
    """What somebody decided on two questions. Append-only; one for what is compared, and its kind.

    Questions that are both kept are not shown again, unless their keys come to contradict.
    """

    __tablename__ = "duplicate_decision"
    __table_args__ = (
        UniqueConstraint(
            "first_id", "second_id", "first_version_id", "second_version_id", "kind",
            name="uq_duplicate_decision_once",
        ),
        CheckConstraint("first_id < second_id", name="ordered"),
        APPEND_ONLY,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    first_version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    second_version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    kind: Mapped[Kind]
    decision: Mapped[Decision]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
