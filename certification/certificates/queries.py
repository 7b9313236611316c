"""Certificates with what became of them, and who may see which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, not_, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from accounts.people.queries import posted_in
from certification.certificates.models import Certificate
from certification.certificates.rules import CertificateState, SignedFacts, state_on
from certification.exams.models import Exam
from certification.registry.models import RegistryEvent
from core.errors import NotFound
from core.permissions import Permission
from core.rulebook.queries import value_on
from core.signing import signer
from core.viewer import Viewer

Superseded = aliased(RegistryEvent)
Revoked = aliased(RegistryEvent)


@dataclass(frozen=True)
class CertificateView:
    """A certificate as of a day. ``marks`` in hundredths; ``days_left`` to the last valid day."""

    id: int
    number: str
    code: str
    person_id: int
    staff_no: str
    holder: str
    unit_name: str
    exam_id: int
    exam_title: str
    attempt_id: int
    marks: int
    issued_on: date
    valid_through: date
    superseded_on: date | None
    superseded_by: str
    revoked_on: date | None
    revoked_reason: str
    state: CertificateState
    days_left: int
    is_genuine: bool


def remind_days(session: Session, day: date) -> int:
    """From how many days before its end a certificate counts as expiring."""
    return int(value_on(session, "certificate.remind_days", day)[0])


def _happened(event: Any, kind: str) -> ColumnElement[bool]:
    return and_(
        event.subject_kind == "certificate", event.subject_id == Certificate.id, event.kind == kind
    )


def _certificates() -> Select[Any]:
    return (
        select(
            Certificate, Exam.title, Person.staff_no,
            Superseded.effective_on, Superseded.facts, Revoked.effective_on, Revoked.reason,
        )
        .join(Exam, Exam.id == Certificate.exam_id)
        .join(Person, Person.id == Certificate.person_id)
        .outerjoin(Superseded, _happened(Superseded, "superseded"))
        .outerjoin(Revoked, _happened(Revoked, "revoked"))
    )  # fmt: skip


def signed_facts(certificate: Certificate) -> SignedFacts:
    """What the signature of a stored certificate must cover."""
    return SignedFacts(
        number=certificate.number, code=certificate.code, person_id=certificate.person_id,
        holder=certificate.holder, unit_name=certificate.unit_name, exam_id=certificate.exam_id,
        attempt_id=certificate.attempt_id, marks=certificate.marks,
        issued_on=certificate.issued_on, valid_through=certificate.valid_through,
        kid=certificate.kid,
    )  # fmt: skip


def view_of(row: Any, day: date, remind: int, *, check: bool = False) -> CertificateView:
    """A row of these queries as a value; ``check`` verifies its signature too."""
    certificate, exam_title, staff_no, superseded_on, superseded_facts, revoked_on, reason = row
    state = state_on(
        day, valid_through=certificate.valid_through, superseded_on=superseded_on,
        revoked_on=revoked_on, remind_days=remind,
    )  # fmt: skip
    genuine = not check or signer().is_genuine(
        signed_facts(certificate).content(), certificate.signature
    )
    return CertificateView(
        id=certificate.id, number=certificate.number, code=certificate.code,
        person_id=certificate.person_id, staff_no=staff_no, holder=certificate.holder,
        unit_name=certificate.unit_name, exam_id=certificate.exam_id, exam_title=exam_title,
        attempt_id=certificate.attempt_id, marks=certificate.marks,
        issued_on=certificate.issued_on, valid_through=certificate.valid_through,
        superseded_on=superseded_on, superseded_by=(superseded_facts or {}).get("number", ""),
        revoked_on=revoked_on, revoked_reason=reason or "", state=state,
        days_left=(certificate.valid_through - day).days, is_genuine=genuine,
    )  # fmt: skip


def _in_state(state: CertificateState, day: date, until: date) -> ColumnElement[bool]:
    """The same decision as ``rules.state_on``, for filters; ``until``: last day that is soon."""
    revoked = and_(Revoked.effective_on.is_not(None), Revoked.effective_on <= day)
    superseded = and_(Superseded.effective_on.is_not(None), Superseded.effective_on <= day)
    stands = and_(not_(revoked), not_(superseded))
    return {
        CertificateState.REVOKED: revoked,
        CertificateState.SUPERSEDED: and_(not_(revoked), superseded),
        CertificateState.EXPIRED: and_(stands, Certificate.valid_through < day),
        CertificateState.EXPIRING: and_(
            stands, Certificate.valid_through >= day, Certificate.valid_through <= until
        ),
        CertificateState.VALID: and_(stands, Certificate.valid_through > until),
    }[state]


def certificates(
    viewer: Viewer,
    day: date,
    until: date,
    *,
    text: str = "",
    state: CertificateState | None = None,
) -> Select[Any]:
    """The certificates that a viewer may read: in the city, or of the people in their units."""
    query = _certificates()
    scope = viewer.scope_of(Permission.CERTIFICATE_READ)
    if scope is not None:
        query = query.where(Certificate.person_id.in_(posted_in(scope, day)))
    if text:
        query = query.where(
            or_(
                Certificate.number.contains(text, autoescape=True),
                Certificate.holder.contains(text, autoescape=True),
                Certificate.unit_name.contains(text, autoescape=True),
                Person.staff_no == text.upper(),
            )
        )
    return query.where(_in_state(state, day, until)) if state else query


SORTS: dict[str, Any] = {
    "number": Certificate.number,
    "holder": Certificate.holder,
    "unit": Certificate.unit_name,
    "issued": Certificate.issued_on,
    "valid": Certificate.valid_through,
}


def certified_on(day: date) -> Select[int]:
    """Ids of people who hold a certificate that is valid on a civil day."""
    ended = exists().where(
        RegistryEvent.subject_kind == "certificate",
        RegistryEvent.subject_id == Certificate.id,
        RegistryEvent.kind.in_(("revoked", "superseded")),
        RegistryEvent.effective_on <= day,
    )
    return (
        select(Certificate.person_id)
        .where(Certificate.issued_on <= day, Certificate.valid_through >= day, ~ended)
        .distinct()
    )


def certificates_of(session: Session, person_id: int, day: date) -> list[CertificateView]:
    """All certificates of one person, newest first."""
    remind = remind_days(session, day)
    rows = session.execute(
        _certificates().where(Certificate.person_id == person_id).order_by(Certificate.id.desc())
    )
    return [view_of(row, day, remind) for row in rows]


def certificate_of(
    session: Session, certificate_id: int, viewer: Viewer, day: date
) -> CertificateView:
    """One certificate, for its holder or a reader in scope; NotFound for everyone else."""
    query = _certificates().where(Certificate.id == certificate_id)
    scope = viewer.scope_of(Permission.CERTIFICATE_READ)
    if scope is not None:
        query = query.where(
            or_(
                Certificate.person_id == viewer.person_id,
                Certificate.person_id.in_(posted_in(scope, day)),
            )
        )
    row = session.execute(query).first()
    if row is None:
        raise NotFound(_("找不到这张证书"))
    return view_of(row, day, remind_days(session, day), check=True)


def verification(session: Session, code: str, day: date) -> CertificateView | None:
    """The certificate behind a public code; None where there is none or its signature is wrong."""
    row = session.execute(_certificates().where(Certificate.code == code)).first()
    if row is None:
        return None
    found = view_of(row, day, remind_days(session, day), check=True)
    return found if found.is_genuine else None


def certificate_of_attempts(session: Session, attempt_ids: Sequence[int]) -> dict[int, int]:
    """Attempt → its certificate."""
    rows = session.execute(
        select(Certificate.attempt_id, Certificate.id).where(
            Certificate.attempt_id.in_(attempt_ids)
        )
    )
    return {row.attempt_id: row.id for row in rows}
