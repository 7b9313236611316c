"""Transfers of registered people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from certification.transfers.rules import TransferState
from core.db import Base

_OPEN = "state IN ('requested', 'approved')"


class Transfer(Base):
    """A registered person is to leave the post on a day; inside the hold only as an exception.

    ``held_through`` is the registration's. ``excepted_from``: the first effective day that an
    approved exception covers; None where none was granted.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        Index(
            "uq_transfer_open",
            "person_id",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        CheckConstraint("asked_by <> decided_by", name="two_people"),
        CheckConstraint(
            "state <> 'carried_out' OR effective_on > held_through "
            "OR (excepted_from IS NOT NULL AND effective_on >= excepted_from)",
            name="hold",
        ),
        CheckConstraint("successor_id <> person_id", name="successor_is_another"),
        Index("ix_transfer_registration", "registration_id"),
        Index("ix_transfer_state", "state", "effective_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    to_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))  # None: not in the system
    to_place: Mapped[str] = mapped_column(String(100), default="")  # where it is not a known unit
    to_position: Mapped[str] = mapped_column(String(64), default="")
    effective_on: Mapped[date]  # the first day on the new post
    held_through: Mapped[date]
    grounds: Mapped[str] = mapped_column(String(500))
    document_no: Mapped[str] = mapped_column(String(64), default="")  # of the approving document
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    gap_until: Mapped[date | None]  # instead of a successor: the day by which there will be one
    state: Mapped[TransferState]
    revision: Mapped[int] = mapped_column(default=1)
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[dict[str, Any] | None]  # what was in sight when it was decided
    decision_reason: Mapped[str] = mapped_column(String(500), default="")
    excepted_from: Mapped[date | None]
    carried_out_at: Mapped[datetime | None]
