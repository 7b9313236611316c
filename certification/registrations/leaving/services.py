"""Ending registrations, and keeping registered people on their posts."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.people.queries import PersonView
from accounts.roster import services as roster
from accounts.roster.queries import Held
from certification.certificates.models import Certificate
from certification.certificates.queries import certified_on
from certification.registrations.models import Registration
from certification.registrations.queries import RegistrationView, note_held
from certification.registrations.recording.services import lock_person
from certification.registrations.rules import DEPARTURES, EndKind
from certification.registrations.rules import RegistrationState as State
from certification.registry.services import enter, event
from core import clock
from core.audit.services import record
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.formats import civil_date_text


def end(
    session: Session, *, registration_id: int, kind: EndKind, ended_on: date, grounds: str,
    by: int | None, now: datetime,
) -> None:  # fmt: skip
    """End a recorded registration; ``ended_on`` is the first day without it. Postings stay.

    Of two who try, the first does; Conflict for the other. Invalid for a day before its recording.
    """
    found = session.execute(
        update(Registration)
        .where(
            Registration.id == registration_id,
            Registration.state == State.RECORDED,
            Registration.recorded_on <= ended_on,
        )
        .values(state=State.ENDED, ended_on=ended_on, end_kind=kind,
                revision=Registration.revision + 1)
        .returning(Registration.person_id, Registration.number)
        .execution_options(synchronize_session=False)
    ).first()  # fmt: skip
    if found is None:
        _refuse_end(session, registration_id)
        return
    subject = ("registration", registration_id)
    enter(session, event(found.person_id, subject, "ended", ended_on, now, by=by, reason=grounds,
                         end_kind=kind.value))  # fmt: skip
    record(session, "registration.end", subject,
           facts={"number": found.number, "kind": kind.value, "on": ended_on.isoformat()},
           reason=grounds)  # fmt: skip


def _refuse_end(session: Session, registration_id: int) -> None:
    """Say why a registration could not be ended."""
    found = session.execute(
        select(Registration.state, Registration.recorded_on).where(
            Registration.id == registration_id
        )
    ).first()
    if found is None:
        raise NotFound(_("找不到这份备案，或者不在您负责的单位"))
    if found.state is not State.RECORDED:
        raise Conflict(_("这份备案不在册，或者刚刚已经终止，没有再次终止。"))
    raise Invalid(
        _("终止日期不能早于备案日期 %(day)s。", day=civil_date_text(found.recorded_on)),
        field="ended_on",
    )


def depart(
    session: Session, *, registration: RegistrationView, person: PersonView, kind: EndKind,
    last_day: date, grounds: str, by: int, now: datetime,
) -> None:  # fmt: skip
    """A departure with grounds, without a transfer: registration and post end together.

    ``last_day``: the last day on post, today at the latest. ``person``: fetched for the actor.
    Nobody ends their own registration.
    """
    if kind not in DEPARTURES:
        raise Invalid(_("请选定离岗的原因。"), field="kind")
    if registration.person_id == by:
        raise Forbidden(_("不能办理自己的备案，请由另一位同事办理。"))
    if last_day > clock.civil_date(now):
        raise Invalid(_("离岗要在最后一天或之后登记，不能填将来的日期。"), field="last_day")
    day = last_day + timedelta(days=1)
    if registration.recorded_on is not None:
        day = max(day, registration.recorded_on)  # learnt of late: it never held
    end(session, registration_id=registration.id, kind=kind, ended_on=day, grounds=grounds, by=by,
        now=now)  # fmt: skip
    if person.is_on_post:
        roster.leave(session, person, last_day=last_day, reason=grounds, now=now)


def follow_revocation(
    session: Session, person_id: int, day: date, by: int | None, now: datetime
) -> None:
    """What ``certificates`` calls when one is revoked from a civil day on.

    Without another valid certificate the registration ends from that day on; the post stays.
    """
    counted = max(day, clock.civil_date(now))
    if session.scalar(certified_on(counted).where(Certificate.person_id == person_id)) is not None:
        return
    found = session.execute(
        select(Registration.id, Registration.recorded_on).where(
            Registration.person_id == person_id, Registration.state == State.RECORDED
        )
    ).first()
    if found is not None:
        end(session, registration_id=found.id, kind=EndKind.REVOCATION,
            ended_on=max(day, found.recorded_on), grounds=_("证书被撤销，没有其他有效证书"), by=by,
            now=now)  # fmt: skip


def refuse_leaving(session: Session, change: roster.PostingChange) -> None:
    """What ``roster`` calls before a person leaves a unit: Conflict for a registered person.

    The person's row stays locked, so that nobody is recorded while they leave.
    """
    lock_person(session, change.person.id)
    found: dict[int, Held] = {}
    note_held(session, [change.person.id], change.from_day, found)
    for held in found.values():
        raise Conflict(held.sentence, registration=held.registration_id)
