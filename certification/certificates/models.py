"""Certificates; the events that change what they are worth are in the registry's ledger."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Certificate(Base):
    """What one pass led to. Append-only; its state follows from dates and events."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("series", "serial", name="uq_certificate_serial"),
        Index("ix_certificate_person", "person_id", "issued_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    series: Mapped[int]  # the civil year
    serial: Mapped[int]
    code: Mapped[str] = mapped_column(String(32), unique=True)  # of the public verification page
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    exam_id: Mapped[int] = mapped_column(ForeignKey("exam.id"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), unique=True)
    holder: Mapped[str] = mapped_column(String(64))  # name and unit as of issue
    unit_name: Mapped[str] = mapped_column(String(100))
    marks: Mapped[int]  # hundredths
    issued_on: Mapped[date]
    valid_through: Mapped[date]
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_version.id"))
    kid: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(100))
    issued_at: Mapped[datetime]


class CertificateSeries(Base):
    """The last serial given out in one civil year; the row's lock puts issues in a queue."""

    __tablename__ = "certificate_series"

    series: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
