"""Recording what was done: buffered in the session, appended last before COMMIT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from core import clock
from core.audit import queries
from core.audit.models import AuditEvent, AuditHead
from core.audit.rules import GENESIS, chain_hash, content_of, first_broken

_BUFFER = "audit_events"


@dataclass(frozen=True)
class Actor:
    """On whose account things are done: a person, a job or an operator."""

    label: str
    person_id: int | None = None
    address: str = ""
    request_id: str = ""


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_providers: list[Callable[[], Actor | None]] = []


def provide_actor(provider: Callable[[], Actor | None]) -> None:
    """Register where to ask who acts when nobody said so with ``acting_as``."""
    if provider not in _providers:
        _providers.append(provider)


def current_actor() -> Actor:
    """Who acts now: as said by ``acting_as``, else the request's viewer, else the system."""
    said = _actor.get()
    if said is not None:
        return said
    for provider in _providers:
        found = provider()
        if found is not None:
            return found
    return Actor("system")


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """All that is recorded inside is on this actor's account."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def record(
    session: Session,
    action: str,
    subject: tuple[str, int | str],
    *,
    facts: dict[str, Any] | None = None,
    reason: str = "",
    actor: Actor | None = None,
) -> None:
    """Note one act, e.g. ``record(session, "exam.publish", ("exam", 7), facts={…})``.

    ``facts`` must be JSON values without passwords, keys or unmasked phones.
    """
    who = actor or current_actor()
    session.info.setdefault(_BUFFER, []).append(
        {
            "at": clock.now(),
            "actor_id": who.person_id,
            "actor": who.label,
            "address": who.address,
            "request_id": who.request_id,
            "action": action,
            "subject_kind": subject[0],
            "subject_id": str(subject[1]),
            "facts": facts or {},
            "reason": reason,
        }
    )


@event.listens_for(Session, "before_commit")
def _append(session: Session) -> None:
    """Append the buffered rows under the head's lock; last, so that the lock is short."""
    rows = session.info.pop(_BUFFER, None)
    if not rows:
        return
    session.flush()
    connection = session.connection()
    prev = connection.execute(
        select(AuditHead.hash).where(AuditHead.id == 1).with_for_update()
    ).scalar_one()
    for row in rows:
        row["prev_hash"] = prev
        prev = row["hash"] = chain_hash(
            prev, content_of({k: v for k, v in row.items() if k != "prev_hash"})
        )
    connection.execute(insert(AuditEvent), rows)
    connection.execute(update(AuditHead).where(AuditHead.id == 1).values(hash=prev))


@dataclass(frozen=True)
class Verdict:
    """What a look at the whole chain found. ``broken``: id of the first row that does not fit."""

    rows: int
    last_hash: str
    broken: int | None = None


def verify(session: Session) -> Verdict:
    """Check every row of the trail against the one before, and its end against the head."""
    end = queries.head(session)  # first: what is appended meanwhile lies behind it
    count, last_id, last_hash, reached = 0, 0, GENESIS, end == GENESIS

    def watched() -> Iterator[tuple[int, str, str, dict[str, Any]]]:
        nonlocal count, last_id, last_hash, reached
        for row in queries.chain(session):
            yield row
            count, last_id, last_hash = count + 1, row[0], row[2]
            reached = reached or last_hash == end

    broken = first_broken(watched())
    if broken is None and not reached:
        broken = last_id + 1  # the end of the chain was cut off
    return Verdict(count, last_hash, broken)
