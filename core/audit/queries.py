"""Reading the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.audit.models import AuditEvent, AuditHead
from core.audit.rules import content_of

_COVERED = (
    "at", "actor_id", "actor", "address", "request_id", "action",
    "subject_kind", "subject_id", "facts", "reason",
)  # fmt: skip


def chain(session: Session) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    """All rows in order as (id, prev_hash, hash, content), read in pieces.

    Ends at a row that cannot be read at all (somebody wrote into the file), with nothing in it.
    """
    last = 0
    query = select(AuditEvent).order_by(AuditEvent.id)
    try:
        for event in session.scalars(query, execution_options={"yield_per": 500}):
            yield _link(event)
            last = event.id
    except ValueError:
        rest = select(AuditEvent.id).where(AuditEvent.id > last).order_by(AuditEvent.id)
        for event_id in session.scalars(rest).all():
            try:
                yield _link(session.scalars(query.where(AuditEvent.id == event_id)).one())
            except ValueError:
                yield event_id, "", "", {}
                return


def _link(event: AuditEvent) -> tuple[int, str, str, dict[str, Any]]:
    content = content_of({name: getattr(event, name) for name in _COVERED})
    return event.id, event.prev_hash, event.hash, content


def head(session: Session) -> str | None:
    """The hash at which the chain must end; None where somebody removed it."""
    return session.execute(select(AuditHead.hash).where(AuditHead.id == 1)).scalar_one_or_none()


def actions(session: Session) -> list[str]:
    """Every action that was ever recorded."""
    return list(session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)))


def events(
    *, action: str = "", actor: str = "", subject_kind: str = "", subject_id: str = ""
) -> Select[AuditEvent]:
    """Events that match all given filters, newest first.

    ``action``: the whole, or all that begins so up to a dot (``exam`` finds ``exam.publish``).
    """
    query = select(AuditEvent).order_by(AuditEvent.id.desc())
    if action:
        query = query.where(
            or_(
                AuditEvent.action == action,
                AuditEvent.action.startswith(action.rstrip(".") + ".", autoescape=True),
            )
        )
    if actor:
        query = query.where(AuditEvent.actor == actor)
    if subject_kind:
        query = query.where(AuditEvent.subject_kind == subject_kind)
    if subject_id:
        query = query.where(AuditEvent.subject_id == subject_id)
    return query
