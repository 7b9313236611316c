"""Registered people with certificates, for tests of transfers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.units.models import Unit
from accounts.units.queries import UnitNode, tree
from certification.certificates.models import Certificate
from certification.exams.models import Exam
from certification.registrations.models import Registration
from certification.registrations.queries import RegistrationView, registrations_of
from certification.registrations.rules import RegistrationState, held_through
from certification.steps.queries import transfer_by_id
from certification.transfers.queries import TransferView
from certification.transfers.services import Request, ask
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from core.rulebook.queries import rule_on
from quiz.attempts.models import Attempt, AttemptState
from quiz.papers.models import Paper
from tests.certification.world import City, make_city, make_exam
from tests.factories import make_person

_serials = iter(range(1, 10**9))


@dataclass
class Posts:
    """A city in which ``staff`` is registered in ``unit`` and held; ``heir`` is certified there."""

    city: City
    exam: Exam
    staff: Person
    heir: Person
    second_coordinator: Person
    registration_id: int = 0
    people: list[Person] = field(default_factory=list)

    @property
    def unit(self) -> Unit:
        return self.city.unit

    @property
    def other(self) -> Unit:
        return self.city.other


def certify(
    session: Session, exam: Exam, person: Person, *, through: date | None = None
) -> Certificate:
    """A certificate, unsigned, valid for two years unless said otherwise."""
    now, number = clock.now(), next(_serials)
    paper = Paper(occasion_id=exam.occasion_id, seed="s", items=[], digest="d", created_at=now)
    session.add(paper)
    session.flush()
    attempt = Attempt(
        occasion_id=exam.occasion_id, person_id=person.id, number=number % 30_000,
        state=AttemptState.SCORED, paper_id=paper.id, started_at=now, deadline_at=now,
        submitted_at=now, receipt=None,
    )  # fmt: skip
    session.add(attempt)
    session.flush()
    day = clock.civil_date(now)
    certificate = Certificate(
        number=f"测证 {number:06d}", series=1999, serial=number, code=secrets.token_hex(8),
        person_id=person.id, exam_id=exam.id, attempt_id=attempt.id, holder=person.name,
        unit_name="", marks=9_000, issued_on=date(2020, 1, 1),
        valid_through=through or day + timedelta(days=730),
        rule_version_id=rule_on(session, "certificate.months", day).id, kid="k", signature="s",
        issued_at=now,
    )  # fmt: skip
    session.add(certificate)
    session.flush()
    return certificate


def register(
    session: Session, person: Person, unit: Unit, recorded_on: date, *, by: Person, to: Person
) -> Registration:
    """A recorded registration; ``by`` filed it, ``to`` recorded it."""
    number = next(_serials)
    row = Registration(
        person_id=person.id, unit_id=unit.id, position="科员", phone="13800000000",
        state=RegistrationState.RECORDED, filed_by=by.id, filed_on=recorded_on,
        created_at=clock.now(), number=f"测备 {number:06d}", series=1999, serial=number,
        recorded_by=to.id, recorded_on=recorded_on, held_through=held_through(recorded_on),
        rule_version_id=rule_on(session, "hold.months", recorded_on).id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def make_posts(session: Session, recorded_on: date | None = None) -> Posts:
    """See ``Posts``; registered 100 days ago unless said otherwise."""
    city = make_city(session)
    exam = make_exam(session, city)
    staff = make_person(session, unit=city.unit, name="季分明")
    heir = make_person(session, unit=city.unit, name="路先行")
    posts = Posts(
        city, exam, staff, heir,
        make_person(session, Role.COORDINATOR, unit=city.root, name="顾周全"),
    )  # fmt: skip
    certify(session, exam, staff)
    certify(session, exam, heir)
    recorded_on = recorded_on or clock.today() - timedelta(days=100)
    row = register(session, staff, city.unit, recorded_on, by=city.coordinator, to=city.office)
    posts.registration_id = row.id
    return posts


def settle(app: Flask, recorded_on: date | None = None) -> Posts:
    """``make_posts``, committed."""
    with app.app_context(), transaction() as session:
        return make_posts(session, recorded_on)


def registration(session: Session, posts: Posts, person: Person | None = None) -> RegistrationView:
    """The registration as its coordinator fetches it."""
    return registrations_of(session, (person or posts.staff).id)[0]


def node(session: Session, unit: Unit) -> UnitNode:
    return next(one for one in tree(session, clock.today()) if one.id == unit.id)


def whole(posts: Posts, effective_on: date, to: UnitNode | None = None) -> Request:
    """A request with all that an exception needs."""
    return Request(
        effective_on, to_unit=to, to_place="" if to else "外地", to_position="科员",
        grounds="组织统一安排交流", document_no="龙组干〔2026〕87号", successor_id=posts.heir.id,
    )  # fmt: skip


def asked(app: Flask, posts: Posts, effective_on: date, *, by: Person | None = None) -> int:
    """A request to move ``staff`` into the other unit, committed; its id."""
    with app.app_context(), transaction() as session:
        return ask(
            session, registration=registration(session, posts),
            request=whole(posts, effective_on, node(session, posts.other)),
            by=(by or posts.city.coordinator).id, now=clock.now(),
        )  # fmt: skip


def view(session: Session, transfer_id: int) -> TransferView:
    """The transfer as it is now."""
    return transfer_by_id(session, transfer_id, clock.today())


def seen(app: Flask, transfer_id: int) -> TransferView:
    """The same outside a transaction."""
    with app.app_context():
        return view(reading(), transfer_id)


def registration_row(app: Flask, registration_id: int) -> Registration:
    """The stored registration."""
    with app.app_context():
        return reading().scalars(
            select(Registration).where(Registration.id == registration_id)
        ).one()  # fmt: skip
