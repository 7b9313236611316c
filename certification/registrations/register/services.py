"""What is written down when whole phone numbers leave the house."""

from __future__ import annotations

from sqlalchemy.orm import Session

from certification.registrations.queries import RegistrationView
from certification.registrations.register.queries import Filters
from core.audit.services import record


def note_export(session: Session, filters: Filters, *, count: int, kind: str) -> None:
    """A form with whole phone numbers was handed out: how many, and by which filter."""
    record(
        session, "registration.export", ("register", filters.tab.value),
        facts={"count": count, "file": kind, "text": filters.text, "unit": filters.unit_id,
               "hold": filters.hold, "certificate": filters.certificate},
    )  # fmt: skip


def reveal_phone(session: Session, one: RegistrationView) -> str:
    """The whole number as filed; who asked for it stays in the audit trail."""
    record(session, "phone.reveal", ("registration", one.id))
    return one.phone
