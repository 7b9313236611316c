"""Filing registrations; recording and ending them are in rooms of their own, and offered here."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from accounts.approvals import services as approvals
from accounts.people.queries import PersonView
from accounts.units.queries import UnitNode
from certification.certificates.models import Certificate
from certification.certificates.queries import certified_on
from certification.registrations.leaving.services import (
    depart,
    end,
    follow_revocation,
    refuse_leaving,
)
from certification.registrations.models import Registration
from certification.registrations.queries import (
    OPEN_STATES,
    RegistrationView,
    current_of,
    open_filing_of,
)
from certification.registrations.recording.services import (
    ACT,
    claim,
    lock_person,
    record_,
    return_,
)
from certification.registrations.rules import RegistrationState as State
from certification.registry.services import enter, event
from core import clock
from core.audit.services import record
from core.db import upsert
from core.errors import Conflict, Invalid

__all__ = [
    "ACT", "change", "depart", "end", "file", "follow_revocation", "record_", "refuse_leaving",
    "return_", "submit", "withdraw",
]  # fmt: skip


def file(
    session: Session, *, person: PersonView, unit: UnitNode, position: str, phone: str, remark: str,
    by: int, now: datetime,
) -> int:  # fmt: skip
    """A draft for a person on post in a unit, both fetched for the filer; its id.

    Invalid (field ``person``) where the person is not on post there or has no valid certificate.
    Conflict where one is under way or recorded already; its id is in ``extra["registration"]``.
    """
    day = clock.civil_date(now)
    lock_person(session, person.id)
    _check_post(person, unit)
    present = current_of(session, person.id, day)
    if present is not None:
        raise Conflict(
            _("%(name)s已经在册，备案号 %(number)s，不用再备案。",
              name=person.name, number=present.number),
            registration=present.id,
        )  # fmt: skip
    if session.scalar(certified_on(day).where(Certificate.person_id == person.id)) is None:
        raise Invalid(
            _("%(name)s没有有效的证书，参加资格考试取得证书后才能备案。", name=person.name),
            field="person",
        )
    filed = session.execute(
        upsert(session, Registration)
        .values(person_id=person.id, unit_id=unit.id, position=position, phone=phone, remark=remark,
                state=State.DRAFT, revision=1, filed_by=by, created_at=now)
        .on_conflict_do_nothing()
        .returning(Registration.id)
    ).scalar_one_or_none()  # fmt: skip
    if filed is None:
        raise Conflict(
            _("%(name)s已有一份备案在办理，没有再建一份。", name=person.name),
            registration=open_filing_of(session, person.id),
        )
    record(session, "registration.file", ("registration", filed),
           facts={"person": person.id, "unit": unit.id, "position": position})  # fmt: skip
    return int(filed)


def _check_post(person: PersonView, unit: UnitNode) -> None:
    if not person.is_on_post or person.unit_id != unit.id:
        raise Invalid(
            _("%(name)s现在不在%(unit)s任职，不能由这个单位备案。",
              name=person.name, unit=unit.name),
            field="person",
        )  # fmt: skip


def change(
    session: Session, *, registration: RegistrationView, seen: int, person: PersonView,
    unit: UnitNode, position: str, phone: str, remark: str,
) -> None:  # fmt: skip
    """Correct a draft or a returned filing, from the post that the person holds now.

    ``seen``: the revision that was shown; Conflict where it was changed or sent since.
    """
    _check_post(person, unit)
    claim(
        session, registration.id, (State.DRAFT, State.RETURNED), revision=seen,
        unit_id=unit.id, position=position, phone=phone, remark=remark,
    )  # fmt: skip
    before = {"unit": registration.unit_id, "position": registration.position}
    record(session, "registration.change", ("registration", registration.id),
           facts={"before": before, "after": {"unit": unit.id, "position": position},
                  "phone_changed": phone != registration.phone})  # fmt: skip


def submit(session: Session, *, registration_id: int, by: int, now: datetime) -> None:
    """Send a draft or a returned filing to the office, where another person decides on it."""
    day = clock.civil_date(now)
    found = claim(
        session, registration_id, (State.DRAFT, State.RETURNED),
        state=State.SUBMITTED, filed_on=day, filed_by=by,
    )  # fmt: skip
    approvals.ask(
        session, kind=ACT, subject_id=registration_id, reason=_("申请备案"), by=by, now=now
    )
    subject = ("registration", registration_id)
    enter(session, event(found.person_id, subject, "submitted", day, now, by=by,
                         unit=found.unit_id, position=found.position))  # fmt: skip
    record(session, "registration.submit", subject)


def withdraw(session: Session, *, registration_id: int, by: int, now: datetime) -> None:
    """Take a filing back before it is recorded; it can be filed anew."""
    found = claim(session, registration_id, OPEN_STATES, state=State.WITHDRAWN)
    approvals.take_back(session, kind=ACT, subject_id=registration_id, by=by, now=now)
    subject = ("registration", registration_id)
    enter(session, event(found.person_id, subject, "withdrawn", clock.civil_date(now), now, by=by))
    record(session, "registration.withdraw", subject)
