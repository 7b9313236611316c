"""Uploaded question files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class QuestionImport(Base):
    """One uploaded file: its rows as read and judged, and when the good ones went in.

    ``rows``: for each row ``parsed``, ``verdict`` and ``findings``; behind them, for each remark on
    the file as a whole, ``note``.
    """

    __tablename__ = "question_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    rows: Mapped[list[Any]]
    imported_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
