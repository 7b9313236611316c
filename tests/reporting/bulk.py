"""A whole city in bulk: people, certificates, registrations, trainings and a ledger of points."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from certification.certificates.models import Certificate
from certification.registrations.models import Registration
from certification.registrations.rules import RegistrationState, held_through
from certification.registry.models import RegistryEvent
from certification.transfers.models import Transfer
from certification.transfers.rules import TransferState
from core import clock
from core.db import table_of
from core.rulebook.queries import rule_on
from points.ledger.models import PointsEntry, PointsTotal
from points.periods.services import close_period, open_period
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.papers.models import Paper
from reporting.city.services import City, build
from tests.certification.registry import make_exam_shell
from training.models import Attendance, TrainingKind, TrainingSession

BATCH = 5_000
SPAN = timedelta(days=60)


def add(session: Session, table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    """Rows in a few statements."""
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            session.execute(insert(table_of(table)), batch)
            batch = []
    if batch:
        session.execute(insert(table_of(table)), batch)


def fill(session: Session, *, people: int, periods: int) -> City:
    """So many people; half are certified and registered, and everybody has an entry in each period.

    All periods but the last are closed.
    """
    now = clock.now()
    city = build(session, people=people, password_hash="x", now=now)
    _certificates(session, city)
    _training(session, city)
    _points(session, city, periods)
    return city


def _certificates(session: Session, city: City) -> None:
    now, today, office = clock.now(), clock.today(), city.parts["OFFICE01"]
    boss = session.get_one(Person, office)
    exam = make_exam_shell(session, boss)
    paper = Paper(occasion_id=exam.occasion_id, seed="s", items=[], digest="d", created_at=now)
    session.add(paper)
    session.flush()
    add(session, Attempt, (
        {"occasion_id": exam.occasion_id, "person_id": person_id, "number": 1, "paper_id": paper.id,
         "state": AttemptState.RELEASED, "epoch": 1, "started_at": now, "deadline_at": now,
         "submitted_at": now, "closed_by": "candidate", "answers_digest": "", "marked": []}
        for person_id in city.staff
    ))  # fmt: skip
    attempts: dict[int, int] = dict(session.execute(select(Attempt.person_id, Attempt.id)).all())
    add(session, Score, (
        {"attempt_id": attempts[person_id], "number": 1, "scored_at": now,
         "marks": 4_000 + 100 * (n % 60), "max_marks": 10_000, "is_pass": n % 60 >= 20,
         "key_digest": "d", "detail": [], "reason": ""}
        for n, person_id in enumerate(city.staff)
    ))  # fmt: skip
    held = [(n, person_id) for n, person_id in enumerate(city.staff) if n % 2 == 0]
    add(session, Certificate, (
        {"number": f"政公证 2026-{n:06d}", "series": 2026, "serial": n, "code": f"CODE{n:08d}",
         "person_id": person_id, "exam_id": exam.id, "attempt_id": attempts[person_id],
         "holder": "某人", "unit_name": "", "marks": 9_000, "issued_on": today - timedelta(days=400),
         "valid_through": today + timedelta(days=20 + n % 300), "rule_version_id": 1, "kid": "k",
         "signature": "s", "issued_at": now}
        for n, person_id in held
    ))  # fmt: skip
    numbers: dict[int, int] = dict(
        session.execute(select(Certificate.person_id, Certificate.id)).all()
    )
    units: dict[int, int] = dict(session.execute(select(Posting.person_id, Posting.unit_id)).all())
    filer = city.parts["COORD01"]

    def filed(n: int, person_id: int) -> dict[str, Any]:
        recorded_on = today - timedelta(days=1 + n % 390)
        return {
            "person_id": person_id, "unit_id": units[person_id], "position": "科员", "phone": "1",
            "remark": "", "state": RegistrationState.RECORDED, "revision": 1, "filed_by": filer,
            "filed_on": recorded_on, "created_at": now, "number": f"政公备 2026-{n:06d}",
            "series": 2026, "serial": n, "certificate_id": numbers[person_id],
            "recorded_by": office, "recorded_on": recorded_on,
            "held_through": held_through(recorded_on), "rule_version_id": 1,
        }  # fmt: skip

    add(session, Registration, (filed(n, person_id) for n, person_id in held))
    _transfers(session, city, units)
    add(session, RegistryEvent, (
        {"person_id": person_id, "subject_kind": "certificate", "subject_id": numbers[person_id],
         "kind": "issued", "effective_on": today - timedelta(days=400), "entered_at": now,
         "by_id": None, "reason": "", "facts": {}}
        for _n, person_id in held
    ))  # fmt: skip


def _transfers(session: Session, city: City, units: dict[int, int]) -> None:
    """Every tenth of the registered is to be moved in a month."""
    now, today = clock.now(), clock.today()
    rows = session.execute(
        select(Registration.id, Registration.person_id, Registration.held_through)
    ).all()
    add(session, Transfer, (
        {"person_id": row.person_id, "registration_id": row.id,
         "from_unit_id": units[row.person_id], "to_unit_id": None, "to_place": "外地",
         "to_position": "", "effective_on": today + timedelta(days=30),
         "held_through": row.held_through, "grounds": "工作需要", "document_no": "",
         "state": TransferState.REQUESTED, "revision": 1, "asked_by": city.parts["COORD01"],
         "asked_at": now, "decision_reason": ""}
        for row in rows[::10]
    ))  # fmt: skip


def _training(session: Session, city: City) -> None:
    now, office = clock.now(), city.parts["OFFICE01"]
    held = TrainingSession(
        kind=TrainingKind.ROTATION, title="轮训", starts_at=now - timedelta(days=30),
        ends_at=now - timedelta(days=30), recorded_by=office, recorded_at=now,
    )  # fmt: skip
    session.add(held)
    session.flush()
    add(session, Attendance, (
        {"session_id": held.id, "person_id": person_id, "recorded_by": office, "recorded_at": now}
        for n, person_id in enumerate(city.staff) if n % 4
    ))  # fmt: skip


def _points(session: Session, city: City, periods: int) -> None:
    now = clock.now()
    rule = rule_on(session, "points.per_answer", clock.today())
    for number in range(1, periods + 1):
        starts_at = now - timedelta(days=10) - (periods - number) * SPAN
        period_id = open_period(
            session, label=f"第 {number} 期", starts_at=starts_at,
            settles_at=starts_at + timedelta(days=35), max_points=20, now=starts_at,
        ).id  # fmt: skip
        earned = {person_id: (n * 7 + number) % 21 for n, person_id in enumerate(city.staff)}
        add(session, PointsEntry, (
            {"person_id": person_id, "period_id": period_id, "origin_period_id": period_id,
             "amount": amount, "source": f"round:{number}/first#1", "rule_version_id": rule.id,
             "reverses_id": None, "posted_at": starts_at + timedelta(days=5),
             "facts": {"title": f"第 {number} 轮定期答题", "right": amount, "total": 20,
                       "per_answer": 1, "attempt": 1}}
            for person_id, amount in earned.items()
        ))  # fmt: skip
        add(session, PointsTotal, (
            {"person_id": person_id, "period_id": period_id, "earned": amount, "posted": amount}
            for person_id, amount in earned.items()
        ))  # fmt: skip
        if number > 1:
            close_period(session, period_id=period_id - 1, now=now)
    session.expire_all()


def holder(session: Session, staff_no: str) -> Person:
    """Who has a staff number."""
    return session.scalars(select(Person).where(Person.staff_no == staff_no)).one()
