"""What comparing an upload found, and what was decided on each pair."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from question_bank.duplicates.rules import Kind
from question_bank.twins.rules import RowDecision


class TwinCheck(Base):
    """When an upload was last compared. ``left_out``: pairs that were not kept, being very many."""

    __tablename__ = "twin_check"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("question_import.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
    rows: Mapped[int]
    left_out: Mapped[int] = mapped_column(default=0)


class Twin(Base):
    """A row of an upload, by its number, and an earlier row or a version of the bank like it."""

    __tablename__ = "twin"
    __table_args__ = (
        UniqueConstraint("import_id", "number", "other_number", name="uq_twin_row"),
        UniqueConstraint("import_id", "number", "other_version_id", name="uq_twin_version"),
        CheckConstraint("(other_number IS NULL) <> (other_version_id IS NULL)", name="one_other"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("question_import.id"))
    number: Mapped[int]
    other_number: Mapped[int | None]
    other_version_id: Mapped[int | None] = mapped_column(ForeignKey("question_version.id"))
    kind: Mapped[Kind]
    likeness: Mapped[int]  # 0–100
    decision: Mapped[RowDecision | None]
    decided_at: Mapped[datetime | None]
