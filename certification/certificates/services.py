"""Issuing and revoking certificates."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, and_, case, exists, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person, Posting
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on
from certification.certificates.models import Certificate, CertificateSeries
from certification.certificates.rules import (
    CODE_LENGTH,
    CODE_LETTERS,
    SignedFacts,
    valid_through,
)
from certification.exams.models import Exam
from certification.registry.models import RegistryEvent
from certification.registry.services import enter, event, next_serial
from core import clock
from core.audit.services import record
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.followers import Followers
from core.rulebook.models import RuleVersion
from core.signing import signer
from quiz.attempts.kinds import ScoredAttempt

# (session, person id, first day without it, by whom, now)
after_revoking: Followers[Session, int, date, int | None, datetime] = Followers()


def issue_for(session: Session, scored: ScoredAttempt, now: datetime) -> int | None:
    """The certificate that a pass leads to: its id; None without a pass.

    Repeats return the same one, and so does a try that became a pass by a corrected key after a
    later one at the same exam had passed. An earlier certificate that is still valid is superseded.
    Four statements; what the audit trail needs comes at COMMIT.
    """
    if not scored.is_pass:
        return None
    day = clock.civil_date(now)
    serial = next_serial(session, CertificateSeries, day.year)
    facts = _facts(session, scored, day)
    if facts.existing is not None:
        session.execute(  # ours is the lock, so nobody has taken a later number
            update(CertificateSeries)
            .where(CertificateSeries.series == day.year)
            .values(last=CertificateSeries.last - 1)
        )
        return int(facts.existing)
    certificate_id, signed = _write(session, scored, facts, serial, now)
    subject = ("certificate", certificate_id)
    events = [event(scored.person_id, subject, "issued", day, now, number=signed.number)]
    if facts.earlier is not None:
        events.append(
            event(scored.person_id, ("certificate", facts.earlier), "superseded", day, now,
                  number=signed.number, successor=certificate_id)
        )  # fmt: skip
    enter(session, *events)
    record(
        session, "certificate.issue", subject,
        facts={"number": signed.number, "attempt": scored.attempt_id, "supersedes": facts.earlier},
    )  # fmt: skip
    return certificate_id


def _facts(session: Session, scored: ScoredAttempt, day: date) -> Row[Any]:
    """Everything that a certificate states, and what stands in its way, in one statement."""
    earlier = (
        select(Certificate.id)
        .where(Certificate.person_id == scored.person_id, *_stands(Certificate, day))
        .order_by(Certificate.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    same = aliased(Certificate)
    existing = (
        select(same.id)
        .where(
            or_(
                same.attempt_id == scored.attempt_id,
                and_(
                    same.person_id == scored.person_id, same.exam_id == Exam.id,
                    same.attempt_id > scored.attempt_id,
                    *_stands(same, day),
                ),
            )
        )
        .order_by(case((same.attempt_id == scored.attempt_id, 0), else_=1), same.id.desc())
        .limit(1)
        .correlate(Exam)
        .scalar_subquery()
    )  # fmt: skip
    rule = (
        select(RuleVersion.id)
        .where(RuleVersion.rule == "certificate.months", RuleVersion.effective_from <= day)
        .order_by(RuleVersion.effective_from.desc(), RuleVersion.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return session.execute(
        select(
            Exam.id.label("exam_id"), Person.name.label("holder"), UnitVersion.name.label("unit"),
            RuleVersion.id.label("rule_id"), RuleVersion.value.label("months"),
            existing.label("existing"), earlier.label("earlier"),
        )
        .select_from(Exam)
        .join(Person, Person.id == scored.person_id)
        .join(RuleVersion, RuleVersion.id == rule)
        .outerjoin(Posting, and_(Posting.person_id == Person.id, Posting.valid_to.is_(None)))
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(day)))
        .where(Exam.occasion_id == scored.occasion_id)
    ).one()  # fmt: skip


def _stands(certificate: Any, day: date) -> tuple[ColumnElement[bool], ...]:
    """Conditions under which a certificate is in force on a civil day."""
    ended = exists().where(
        RegistryEvent.subject_kind == "certificate",
        RegistryEvent.subject_id == certificate.id,
        RegistryEvent.kind.in_(["superseded", "revoked"]),
    )
    return certificate.valid_through >= day, ~ended


def _write(
    session: Session, scored: ScoredAttempt, facts: Row[Any], serial: int, now: datetime
) -> tuple[int, SignedFacts]:
    day = clock.civil_date(now)
    pattern: str = current_app.extensions["settings"].certificate_number
    key = signer()
    signed = SignedFacts(
        number=pattern.format(year=day.year, number=serial),
        code="".join(secrets.choice(CODE_LETTERS) for _place in range(CODE_LENGTH)),
        person_id=scored.person_id, holder=facts.holder, unit_name=facts.unit or "",
        exam_id=facts.exam_id, attempt_id=scored.attempt_id, marks=scored.marks,
        issued_on=day, valid_through=valid_through(day, int(facts.months)), kid=key.kid,
    )  # fmt: skip
    certificate_id = session.execute(
        insert(Certificate)
        .values(
            **vars(signed), series=day.year, serial=serial,
            rule_version_id=facts.rule_id, signature=key.sign(signed.content()), issued_at=now,
        )
        .returning(Certificate.id)
    ).scalar_one()  # fmt: skip
    return certificate_id, signed


def revoke(
    session: Session,
    *,
    certificate_id: int,
    reason: str,
    effective_on: date,
    by_id: int | None,
    now: datetime,
) -> None:
    """Take a certificate's force away from a civil day on; it can be done once.

    Raises NotFound, Invalid (the day lies outside its validity), Forbidden (one's own), Conflict.
    """
    row = session.execute(
        select(Certificate).where(Certificate.id == certificate_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(_("找不到这张证书"))
    if row.person_id == by_id:
        raise Forbidden(_("不能处理自己的证书，请由办公室的另一位同事处理。"))
    if not row.issued_on <= effective_on <= row.valid_through:
        raise Invalid(_("撤销日期应在发证日期和有效期截止日之间。"), field="effective_on")
    if not _revoke(session, row, reason, effective_on, by_id, now):
        raise Conflict(_("这张证书已经撤销，没有再次撤销。"))


def _revoke(
    session: Session, row: Certificate, reason: str, day: date, by_id: int | None, now: datetime
) -> bool:
    """Write the event; False where it stands already. The certificate's row is locked."""
    stands = session.execute(
        select(RegistryEvent.id).where(
            RegistryEvent.subject_kind == "certificate",
            RegistryEvent.subject_id == row.id,
            RegistryEvent.kind == "revoked",
        )
    ).scalar()
    if stands:
        return False
    subject = ("certificate", row.id)
    enter(session, event(row.person_id, subject, "revoked", day, now, by=by_id, reason=reason,
                         number=row.number))  # fmt: skip
    record(
        session, "certificate.revoke", subject,
        facts={"number": row.number, "from": day.isoformat()}, reason=reason,
    )  # fmt: skip
    after_revoking(session, row.person_id, day, by_id, now)
    return True


def revoke_for_attempt(
    session: Session, attempt_id: int, *, reason: str, by_id: int | None, now: datetime
) -> bool:
    """A voided attempt takes its certificate with it: whether there was one to revoke."""
    row = session.execute(
        select(Certificate).where(Certificate.attempt_id == attempt_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        return False
    return _revoke(session, row, reason, clock.civil_date(now), by_id, now)


def on_voided(session: Session, voided: ScoredAttempt, now: datetime) -> None:
    """What ``quiz`` calls when an attempt is voided; nothing where its certificate is decided."""
    revoke_for_attempt(session, voided.attempt_id, reason=_("作答已作废"), by_id=None, now=now)


def issue(session: Session, scored: ScoredAttempt, now: datetime) -> None:
    """What ``quiz`` calls when an attempt is scored."""
    issue_for(session, scored, now)
