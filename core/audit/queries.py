"""Reading the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.audit.models import AuditEvent
from core.audit.rules import content_of

_COVERED = (
    "at", "actor_id", "actor", "address", "request_id", "action",
    "subject_kind", "subject_id", "facts", "reason",
)  # fmt: skip


def chain(session: Session) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    """All rows in order as (id, prev_hash, hash, content), read in pieces."""
    for event in session.execute(
        select(AuditEvent).order_by(AuditEvent.id), execution_options={"yield_per": 500}
    ).scalars():
        content = content_of({name: getattr(event, name) for name in _COVERED})
        yield event.id, event.prev_hash, event.hash, content


def events(
    *, action: str = "", actor: str = "", subject_kind: str = "", subject_id: str = ""
) -> Select[AuditEvent]:
    """Events that match all given filters, newest first."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc())
    if action:
        query = query.where(AuditEvent.action.startswith(action, autoescape=True))
    if actor:
        query = query.where(AuditEvent.actor == actor)
    if subject_kind:
        query = query.where(AuditEvent.subject_kind == subject_kind)
    if subject_id:
        query = query.where(AuditEvent.subject_id == subject_id)
    return query
