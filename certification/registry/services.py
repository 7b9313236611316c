"""Writing dated facts into the registry's ledger, and giving out its numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from certification.registry.models import RegistryEvent
from core.db import Base, table_of, upsert

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


def next_serial(session: Session, counter: type[Base], series: int) -> int:
    """The next serial of a civil year, from a table of such counters.

    The counter's row stays locked until the transaction ends, so that numbers are consecutive and
    those who need one come one after the other.
    """
    columns = table_of(counter).c
    return int(
        session.execute(
            upsert(session, counter)
            .values(series=series, last=1)
            .on_conflict_do_update(index_elements=[columns.series], set_={"last": columns.last + 1})
            .returning(columns.last)
        ).scalar_one()
    )
