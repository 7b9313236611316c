"""Reports about questions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from quiz.errata.rules import ErratumKind, ErratumState


class Erratum(Base):
    """What one person said of one question version that they had answered, and what came of it."""

    __tablename__ = "erratum"
    __table_args__ = (
        CheckConstraint("(state = 'open') = (handled_at IS NULL)", name="handled_once_decided"),
        Index(
            "uq_erratum_open", "person_id", "version_id", unique=True,
            sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
        ),
        Index("ix_erratum_version", "version_id", "state"),
        Index("ix_erratum_person", "person_id", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    position: Mapped[int]  # 1, 2, … on the paper
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[ErratumKind]
    text: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]
    state: Mapped[ErratumState]
    handled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    handled_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(500), default="")
    seen_at: Mapped[datetime | None]  # when the reporter said that the answer was read
