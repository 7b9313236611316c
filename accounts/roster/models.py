"""Uploaded rosters that wait for their preview to be confirmed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class RosterImport(Base):
    """One uploaded roster: its rows as read, and when it was imported."""

    __tablename__ = "roster_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[list[Any]]
    imported_at: Mapped[datetime | None]
