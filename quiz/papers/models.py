"""Papers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Paper(Base):
    """A fixed list of questions.

    ``items``: [[version id, option order, marks, type, blanks], …] by position; the type and the
    number of blanks are copied from the version, so that an answer can be checked without it.
    """

    __tablename__ = "paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"))
    seed: Mapped[str] = mapped_column(String(64))
    items: Mapped[list[Any]]
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
