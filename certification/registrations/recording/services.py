"""Recording a filing, which starts the hold, and returning it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session

from accounts.approvals import services as approvals
from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Person, Posting
from accounts.units.queries import unit_names
from certification.certificates.models import Certificate
from certification.registrations.models import Registration, RegistrationSeries
from certification.registrations.queries import current_of
from certification.registrations.rules import RegistrationState as State
from certification.registrations.rules import held_through
from certification.registry.models import RegistryEvent
from certification.registry.services import enter, event, next_serial
from core import clock
from core.audit.services import record
from core.errors import Conflict, Forbidden, NotFound
from core.formats import civil_date_text
from core.rulebook.queries import rule_on

ACT = "registration.record"  # the kind of the act that a second person decides


def lock_person(session: Session, person_id: int) -> None:
    """Let one act on a person's standing wait for the other; to the end of the transaction."""
    session.execute(
        select(Person.id).where(Person.id == person_id).with_for_update(key_share=True)
    ).scalar()  # fmt: skip


def claim(
    session: Session, registration_id: int, states: tuple[State, ...], *,
    revision: int | None = None, **values: Any,
) -> Any:  # fmt: skip
    """Take a filing from one of these states on; of two who try, the first does.

    Every change counts up ``revision``. Conflict where it is in another state by now.
    """
    claim = update(Registration).where(
        Registration.id == registration_id, Registration.state.in_(states)
    )
    if revision is not None:
        claim = claim.where(Registration.revision == revision)
    found = session.execute(
        claim.values(revision=Registration.revision + 1, **values)
        .returning(Registration.person_id, Registration.unit_id, Registration.position,
                   Registration.filed_by)
        .execution_options(synchronize_session=False)
    ).first()  # fmt: skip
    if found is None:
        raise Conflict(_("这份备案刚刚被别人办理或改过，这次没有生效。请刷新后再看。"))
    return found


def return_(
    session: Session, *, registration_id: int, reason: str, by: int, now: datetime,
    revision: int | None = None,
) -> None:  # fmt: skip
    """Send a filing back to its unit with the reason; it may be corrected and sent again."""
    found = _decide(
        session, registration_id, revision, approved=False, reason=reason, by=by, now=now
    )
    claim(session, registration_id, (State.SUBMITTED,), state=State.RETURNED)
    subject = ("registration", registration_id)
    enter(session, event(found.person_id, subject, "returned", clock.civil_date(now), now,
                         by=by, reason=reason))  # fmt: skip
    record(session, "registration.return", subject, reason=reason)


def record_(
    session: Session, *, registration_id: int, by: int, now: datetime, revision: int | None = None
) -> str:
    """Record a filing: from today on the person is registered and held; the number given.

    ``revision``: what the decider saw. Raises NotFound; Forbidden for the filer and for one's own;
    Conflict where it is decided already, was changed since, or the person has no valid certificate,
    is not on post in that unit, or is registered. All or nothing, and no number is lost.
    """
    day = clock.civil_date(now)
    found = _decide(session, registration_id, revision, approved=True, reason="", by=by, now=now)
    certificate_id = _certificate_for(session, found, day)
    lock_person(session, found.person_id)
    _check_standing(session, found, day)
    rule = rule_on(session, "hold.months", day)
    last = held_through(day, months=int(rule.value))
    serial = next_serial(session, RegistrationSeries, day.year)
    pattern: str = current_app.extensions["settings"].registration_number
    number = pattern.format(year=day.year, number=serial)
    claim(
        session, registration_id, (State.SUBMITTED,), state=State.RECORDED, number=number,
        series=day.year, serial=serial, certificate_id=certificate_id, recorded_by=by,
        recorded_on=day, held_through=last, rule_version_id=rule.id,
    )  # fmt: skip
    subject = ("registration", registration_id)
    enter(session, event(found.person_id, subject, "recorded", day, now, by=by, number=number,
                         certificate=certificate_id, held_through=last.isoformat(),
                         rule_version=rule.id))  # fmt: skip
    record(session, "registration.record", subject,
           facts={"number": number, "person": found.person_id, "certificate": certificate_id,
                  "held_through": last.isoformat(), "rule_version": rule.id})  # fmt: skip
    return number


def _decide(
    session: Session, registration_id: int, revision: int | None, *, approved: bool, reason: str,
    by: int, now: datetime,
) -> Any:  # fmt: skip
    """Decide the open act of a filing; its person, unit and position."""
    found = session.execute(
        select(Registration.person_id, Registration.unit_id, Registration.position,
               Registration.revision, Person.name, TwoPersonAct.id.label("act_id"))
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(TwoPersonAct, and_(
            TwoPersonAct.kind == ACT, TwoPersonAct.subject_id == Registration.id,
            TwoPersonAct.decided_at.is_(None),
        ))
        .where(Registration.id == registration_id)
    ).first()  # fmt: skip
    if found is None:
        raise NotFound(_("找不到这份备案，或者不在您负责的单位"))
    if found.person_id == by:
        raise Forbidden(_("不能办理自己的备案，请由办公室的另一位同事办理。"))
    if found.act_id is None or revision not in (None, found.revision):
        raise Conflict(_("这份备案刚刚被别人办理或改过，这次没有生效。请刷新后再看。"))
    approvals.decide(session, act_id=found.act_id, approved=approved, reason=reason, by=by, now=now)
    return found


def _certificate_for(session: Session, found: Any, day: date) -> int:
    """The certificate that a recording rests on. All of the person's are locked, as by a
    revocation, so that the two never pass each other; Conflict with the way out where none holds."""
    held = session.execute(
        select(Certificate.id, Certificate.number, Certificate.issued_on, Certificate.valid_through)
        .where(Certificate.person_id == found.person_id)
        .order_by(Certificate.id.desc())
        .with_for_update()
    ).all()
    ended = {
        row.subject_id: row
        for row in session.execute(
            select(RegistryEvent.subject_id, RegistryEvent.kind, RegistryEvent.effective_on)
            .where(RegistryEvent.subject_kind == "certificate",
                   RegistryEvent.subject_id.in_([one.id for one in held]),
                   RegistryEvent.kind.in_(("revoked", "superseded")))
            .order_by(RegistryEvent.kind.desc())  # revoked comes last, and counts
        )
    }  # fmt: skip
    for one in held:
        if one.issued_on <= day <= one.valid_through and one.id not in ended:
            return int(one.id)
    what = _("%(name)s还没有证书", name=found.name)
    if held:
        newest, end = held[0], ended.get(held[0].id)
        if end is not None:
            what = _("%(name)s的证书 %(number)s 自 %(day)s起已撤销", name=found.name,
                     number=newest.number, day=civil_date_text(end.effective_on))  # fmt: skip
        else:
            what = _("%(name)s的证书 %(number)s 有效期到 %(day)s为止，已经过期", name=found.name,
                     number=newest.number, day=civil_date_text(newest.valid_through))  # fmt: skip
    raise Conflict(
        _("%(what)s，没有准予备案。取得新证书以后再准予，或者现在退回给单位；这份申请还在待审。",
          what=what)
    )  # fmt: skip


def _check_standing(session: Session, found: Any, day: date) -> None:
    """Under the person's lock: on post in that unit, and not registered."""
    is_there = session.scalar(  # the open post: one that ends today is left today
        select(
            exists().where(
                Posting.person_id == found.person_id, Posting.unit_id == found.unit_id,
                Posting.valid_from <= day, Posting.valid_to.is_(None),
            )
        )
    )  # fmt: skip
    if not is_there:
        unit = unit_names(session, [found.unit_id], day).get(found.unit_id, "")
        raise Conflict(
            _("%(name)s现在不在%(unit)s任职，没有准予备案。请退回，由单位核对任职以后再提交。",
              name=found.name, unit=unit)
        )  # fmt: skip
    present = current_of(session, found.person_id, day)
    if present is not None:
        raise Conflict(
            _("%(name)s已经在册，备案号 %(number)s，没有再准予一次。",
              name=found.name, number=present.number),
            registration=present.id,
        )  # fmt: skip
