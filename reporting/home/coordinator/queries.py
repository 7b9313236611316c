"""What waits for a coordinator. Every function is one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from certification.registrations.models import Registration
from certification.registrations.queries import in_scope
from certification.registrations.rules import RegistrationState
from certification.registry.models import RegistryEvent
from quiz.progress.queries import RoundView, round_views, rounds
from quiz.rounds.models import QuizRound


@dataclass(frozen=True)
class ReturnedFiling:
    """A filing that the office returned, with the reason of the last time."""

    registration_id: int
    name: str
    reason: str
    on: date


def returned_filings(
    session: Session, scope: frozenset[int] | None, day: date, limit: int
) -> list[ReturnedFiling]:
    """Filings of these units that were returned and not sent again, the newest first."""
    last = (
        select(func.max(RegistryEvent.id))
        .where(
            RegistryEvent.subject_kind == "registration",
            RegistryEvent.subject_id == Registration.id,
            RegistryEvent.kind == "returned",
        )
        .correlate(Registration)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Registration.id, Person.name, RegistryEvent.reason, RegistryEvent.effective_on)
        .join(Person, Person.id == Registration.person_id)
        .join(RegistryEvent, RegistryEvent.id == last)
        .where(Registration.state == RegistrationState.RETURNED, in_scope(scope, day))
        .order_by(RegistryEvent.id.desc())
        .limit(limit)
    )
    return [ReturnedFiling(*row) for row in rows]


def open_round(session: Session, now: datetime) -> RoundView | None:
    """The round that can be sat now, the newest of them."""
    row = session.execute(
        rounds()
        .where(QuizRound.opens_at <= now, QuizRound.closes_at > now)
        .order_by(QuizRound.opens_at.desc())
        .limit(1)
    ).first()
    return round_views([row])[0] if row else None
