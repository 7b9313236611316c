"""Reading the ledger of dated facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from certification.registry.models import RegistryEvent


@dataclass(frozen=True)
class EventView:
    """A dated fact. ``by_name``: '' for what happened by itself."""

    id: int
    kind: str
    effective_on: date
    entered_at: datetime
    by_name: str
    reason: str
    facts: dict[str, Any]


def events_of(session: Session, subject_kind: str, subject_id: int) -> list[EventView]:
    """All facts about one certificate, registration or transfer, in the order of their entry."""
    rows = session.execute(
        select(
            RegistryEvent.id, RegistryEvent.kind, RegistryEvent.effective_on,
            RegistryEvent.entered_at, Person.name, RegistryEvent.reason, RegistryEvent.facts,
        )
        .outerjoin(Person, Person.id == RegistryEvent.by_id)
        .where(
            RegistryEvent.subject_kind == subject_kind, RegistryEvent.subject_id == subject_id
        )
        .order_by(RegistryEvent.id)
    )  # fmt: skip
    return [
        EventView(row.id, row.kind, row.effective_on, row.entered_at, row.name or "", row.reason,
                  row.facts)
        for row in rows
    ]  # fmt: skip
