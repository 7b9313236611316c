"""One append-only ledger of dated facts about people's standing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


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
        Index("ix_registry_event_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    subject_kind: Mapped[str] = mapped_column(String(16))  # certificate, registration, transfer
    subject_id: Mapped[int]
    # certificate: issued, superseded, revoked; registration: submitted, returned, recorded,
    # withdrawn, ended; transfer: requested, approved, refused, withdrawn, moved, carried_out
    kind: Mapped[str] = mapped_column(String(16))
    effective_on: Mapped[date]
    entered_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")
    facts: Mapped[dict[str, Any]]
