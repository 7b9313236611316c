"""People and their dated postings."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Person(Base):
    """A person: the columns of the notice's form plus a staff number, nothing more."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_no: Mapped[str] = mapped_column(String(32), unique=True)  # upper case
    name: Mapped[str] = mapped_column(String(64), index=True)
    phone: Mapped[str] = mapped_column(String(32), default="")
    remark: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]


class Posting(Base):
    """Who holds which post in which unit, between two civil dates (``valid_to`` is the last day)."""

    __tablename__ = "posting"
    __table_args__ = (
        Index("ix_posting_unit", "unit_id", "valid_to"),
        Index("ix_posting_person", "person_id", "valid_from"),
        Index(
            "uq_posting_open",
            "person_id",
            unique=True,
            sqlite_where=text("valid_to IS NULL"),
            postgresql_where=text("valid_to IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    position: Mapped[str] = mapped_column(String(64), default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    entered_at: Mapped[datetime]
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
