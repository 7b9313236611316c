"""Filters of the list of questions that people keep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class SavedFilter(Base):
    """A filter under a name: its owner's, and everybody's in the bank where it is shared.

    ``address``: the query string of the list, made of known keys only.
    """

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("person_id", "name", name="uq_saved_filter_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(500))
    is_shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
