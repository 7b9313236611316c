"""Registrations with the leading office."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from certification.registrations.rules import EndKind, RegistrationState
from core.db import Base

_OPEN = "state IN ('draft', 'submitted', 'returned')"


class Registration(Base):
    """A person filed for a post, and, once recorded, held on it.

    The columns of the notice's form are kept as they were filed. A recorded registration is in
    force from ``recorded_on`` until the day before ``ended_on``; the database allows one a person at
    any instant (migration 0004). What happened to it is in the registry's ledger.
    """

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("series", "serial", name="uq_registration_serial"),
        Index(
            "uq_registration_open",
            "person_id",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        CheckConstraint("filed_by <> recorded_by", name="two_people"),
        CheckConstraint(
            "(state IN ('recorded', 'ended')) = (recorded_on IS NOT NULL)", name="recorded_has_day"
        ),
        CheckConstraint("(state = 'ended') = (ended_on IS NOT NULL)", name="ended_has_day"),
        CheckConstraint("ended_on >= recorded_on", name="ends_after_it_began"),
        Index("ix_registration_person", "person_id", "recorded_on"),
        Index("ix_registration_unit", "unit_id", "state"),
        Index("ix_registration_held", "state", "held_through"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    position: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(32))
    remark: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[RegistrationState]
    revision: Mapped[int] = mapped_column(default=1)  # counts the changes of a filing
    filed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    filed_on: Mapped[date | None]  # last sent to the office
    created_at: Mapped[datetime]
    # from here on: once recorded
    number: Mapped[str | None] = mapped_column(String(64), unique=True)
    series: Mapped[int | None]  # the civil year
    serial: Mapped[int | None]
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    recorded_on: Mapped[date | None]
    held_through: Mapped[date | None]
    rule_version_id: Mapped[int | None] = mapped_column(ForeignKey("rule_version.id"))
    ended_on: Mapped[date | None]  # the first day on which it no longer holds
    end_kind: Mapped[EndKind | None]


class RegistrationSeries(Base):
    """The last serial given out in one civil year; the row's lock puts recordings in a queue."""

    __tablename__ = "registration_series"

    series: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
