"""Suspensions: which version left all draws, why, and how that ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from question_bank.suspensions.rules import Reason, SuspensionOutcome


class Suspension(Base):
    """One version that waits, or waited, for a decision; at most one open suspension a version.

    ``article_id``: what it cited then; ``law_version_id``: the version of the law that put it in
    doubt. ``opened_by`` None: it followed by itself. ``new_version_id``: what took its place.
    """

    __tablename__ = "suspension"
    __table_args__ = (
        Index(
            "uq_suspension_open",
            "version_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_suspension_law", "law_version_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"))
    law_version_id: Mapped[int | None] = mapped_column(ForeignKey("law_version.id"))
    reason: Mapped[Reason]
    comment: Mapped[str] = mapped_column(String(500), default="")
    opened_at: Mapped[datetime]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[SuspensionOutcome | None]
    new_version_id: Mapped[int | None] = mapped_column(ForeignKey("question_version.id"))
