"""A town with certified people, their coordinator and an office, for tests of registrations."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.people.queries import PersonView, people, person_view
from accounts.units.models import Unit
from accounts.units.queries import UnitNode, tree
from certification.certificates.models import Certificate
from certification.exams.models import Exam, ExamState
from certification.registrations import services
from certification.registrations.queries import RegistrationView, registrations_of
from certification.registry.services import enter, event
from core import clock
from core.db import transaction
from core.permissions import Role
from quiz.attempts.models import Attempt, AttemptState
from quiz.occasions.models import MultipleRule, Occasion, ReleaseRule
from quiz.papers.models import Paper
from tests.factories import make_person, make_unit

_serials = itertools.count(1)


@dataclass(frozen=True)
class Town:
    """Who and what there is. ``staff`` is certified and on post in ``unit``; ``plain`` is not
    certified; ``second`` is another of the office."""

    root: Unit
    unit: Unit
    other: Unit
    office: Person
    second: Person
    coordinator: Person
    colleague: Person
    stranger: Person
    auditor: Person
    staff: Person
    plain: Person
    exam: Exam


def make_exam_shell(session: Session, by: Person) -> Exam:
    """A past exam with its occasion, to hang certificates on."""
    now = clock.now()
    window = {"opens_at": now - timedelta(days=900), "closes_at": now - timedelta(days=1)}
    rules: dict[str, Any] = {
        "minutes": 60, "tries": 2, "pass_mark": 60, "multiple_rule": MultipleRule.ALL_OR_NOTHING,
        "release_rule": ReleaseRule.AT_ONCE,
    }  # fmt: skip
    occasion = Occasion(
        kind="exam", title="资格考试", pool_digest="d", created_at=now, released_at=now, **window,
        **rules,
    )  # fmt: skip
    session.add(occasion)
    session.flush()
    exam = Exam(
        title="2026年第一季度资格考试", state=ExamState.PUBLISHED, needs_training=False,
        occasion_id=occasion.id, created_by=by.id, created_at=now, published_by=by.id,
        published_at=now, version=1, **window, **rules,
    )  # fmt: skip
    session.add(exam)
    session.flush()
    return exam


def certify(
    session: Session,
    exam: Exam,
    person: Person,
    *,
    issued_on: date | None = None,
    valid_through: date | None = None,
) -> int:
    """A certificate, valid for a year from now unless said otherwise; its id."""
    now, serial = clock.now(), next(_serials)
    issued_on = issued_on or clock.today() - timedelta(days=30)
    paper = Paper(occasion_id=exam.occasion_id, seed="s", items=[], digest="d", created_at=now)
    session.add(paper)
    session.flush()
    attempt = Attempt(
        occasion_id=exam.occasion_id, person_id=person.id, number=serial, paper_id=paper.id,
        state=AttemptState.SCORED, started_at=now, deadline_at=now, submitted_at=now, receipt=None,
    )  # fmt: skip
    session.add(attempt)
    session.flush()
    certificate = Certificate(
        number=f"政公证 2026-{serial:06d}", series=2026, serial=serial, code=f"CODE{serial:08d}",
        person_id=person.id, exam_id=exam.id, attempt_id=attempt.id, holder=person.name,
        unit_name="", marks=9_000, issued_on=issued_on,
        valid_through=valid_through or clock.today() + timedelta(days=365),
        rule_version_id=1, kid="k", signature="s", issued_at=now,
    )  # fmt: skip
    session.add(certificate)
    session.flush()
    enter(session, event(person.id, ("certificate", certificate.id), "issued", issued_on, now))
    return certificate.id


def make_town(session: Session) -> Town:
    """The town, with one certified person."""
    root = make_unit(session, "龙城市")
    unit = make_unit(session, "市发展改革委", parent=root)
    other = make_unit(session, "市民政局", parent=root)
    office = make_person(session, Role.OFFICE, unit=root, name="章有法")
    town = Town(
        root, unit, other, office,
        second=make_person(session, Role.OFFICE, unit=root, name="简明白"),
        coordinator=make_person(session, Role.COORDINATOR, unit=unit, name="顾全局"),
        colleague=make_person(session, Role.COORDINATOR, unit=unit, name="温存真"),
        stranger=make_person(session, Role.COORDINATOR, unit=other, name="郝学习"),
        auditor=make_person(session, Role.AUDITOR, unit=root, name="严查帐"),
        staff=make_person(session, unit=unit, name="石求实"),
        plain=make_person(session, unit=unit, name="时准点"),
        exam=make_exam_shell(session, office),
    )  # fmt: skip
    certify(session, town.exam, town.staff)
    return town


def arrange(app: Flask) -> Town:
    """The town, committed."""
    with app.app_context(), transaction() as session:
        return make_town(session)


def view_of(session: Session, person: Person) -> PersonView:
    """A person with the latest post."""
    row = session.execute(people(None, clock.today()).where(Person.id == person.id)).one()
    return person_view(row)


def node_of(session: Session, unit: Unit) -> UnitNode:
    """A unit as of today."""
    return next(node for node in tree(session, clock.today()) if node.id == unit.id)


def file_for(session: Session, town: Town, person: Person | None = None, **said: Any) -> int:
    """A draft for a person of ``town.unit``, filed by its coordinator."""
    person = person or town.staff
    return services.file(
        session, person=view_of(session, person), unit=node_of(session, said.pop("unit", town.unit)),
        **{"position": "政策法规科副科长", "phone": "13600000830", "remark": "",
           "by": town.coordinator.id, "now": clock.now(), **said},
    )  # fmt: skip


def submit_for(session: Session, town: Town, person: Person | None = None) -> int:
    """A filing that waits for the office."""
    filed = file_for(session, town, person)
    services.submit(session, registration_id=filed, by=town.coordinator.id, now=clock.now())
    return filed


def register(session: Session, town: Town, person: Person | None = None) -> int:
    """A recorded registration of today."""
    filed = submit_for(session, town, person)
    services.record_(session, registration_id=filed, by=town.office.id, now=clock.now())
    return filed


def newest(session: Session, person: Person) -> RegistrationView:
    """The person's last registration or filing."""
    return registrations_of(session, person.id)[0]
