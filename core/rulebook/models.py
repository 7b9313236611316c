"""Versions of rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class RuleVersion(Base):
    """One value of one rule from a civil date on. Append-only; the newest entry of a date counts."""

    __tablename__ = "rule_version"
    __table_args__ = (Index("ix_rule_version_rule", "rule", "effective_from", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(JSON)
    effective_from: Mapped[date]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: seeded default
    why: Mapped[str] = mapped_column(String(500))
    entered_at: Mapped[datetime]
