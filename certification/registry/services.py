"""Writing dated facts into the registry's ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from certification.registry.models import RegistryEvent
from core.db import table_of

Subject = tuple[str, int]  # certificate, registration or transfer; its id


def event(
    person_id: int,
    subject: Subject,
    kind: str,
    effective_on: date,
    now: datetime,
    *,
    by: int | None = None,
    reason: str = "",
    **facts: Any,
) -> dict[str, Any]:
    """A dated fact as a row of the ledger; ``facts`` are JSON values."""
    return {
        "person_id": person_id, "subject_kind": subject[0], "subject_id": subject[1],
        "kind": kind, "effective_on": effective_on, "entered_at": now, "by_id": by,
        "reason": reason, "facts": facts,
    }  # fmt: skip


def enter(session: Session, *events: dict[str, Any]) -> None:
    """Append facts made by ``event``; one statement."""
    session.execute(insert(table_of(RegistryEvent)), list(events))
