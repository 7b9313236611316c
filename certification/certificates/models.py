"""Certificates, and the events that change what they are worth."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
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


class RegistryEvent(Base):
    """One dated fact about a person's standing: of a certificate, a registration, a transfer.

    Append-only. ``effective_on`` is when it holds, ``entered_at`` when we knew it.
    """

    __tablename__ = "registry_event"
    __table_args__ = (
        Index(
            "uq_registry_event_certificate",
            "subject_id",
            "kind",
            unique=True,
            sqlite_where=text("subject_kind = 'certificate'"),
            postgresql_where=text("subject_kind = 'certificate'"),
        ),
        Index("ix_registry_event_person", "person_id", "effective_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    subject_kind: Mapped[str] = mapped_column(
        String(16)
    )  # certificate; later registration, transfer
    subject_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))  # issued, superseded, revoked
    effective_on: Mapped[date]
    entered_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")
    facts: Mapped[dict[str, Any]]
