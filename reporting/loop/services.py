"""The story after the certificates, told with the services that a browser reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.people.queries import PersonView, people, person_view
from accounts.units.queries import UnitNode, tree
from certification.registrations.queries import RegistrationView, current_of
from certification.registrations.rules import EndKind
from certification.registrations.services import depart, file, record_, return_, submit
from certification.transfers.queries import transfers_of
from certification.transfers.services import Request, ask, carry_out
from core import clock
from points.adjustments.services import ask as ask_adjustment
from points.periods.queries import period_of
from points.periods.services import close_period
from quiz.rounds.models import QuizRound
from quiz.rounds.services import create_plan, open_due
from reporting.city.services import City
from reporting.demo.rules import HeldExam
from reporting.loop.rules import EVERY_MONTHS, did_well, filings, first_month, sitters
from reporting.sitters.services import sit


@dataclass(frozen=True)
class Stage:
    """Where the story plays: the city with its people and units as of today."""

    city: City
    people: dict[int, PersonView]
    units: dict[int, UnitNode]

    def person(self, number: int) -> PersonView:
        return self.people[self.city.staff[number]]

    def unit_of(self, person: PersonView) -> UnitNode:
        return self.units[person.unit_id or 0]

    def coordinator(self, person: PersonView) -> int:
        """The coordinator who looks after the person's unit."""
        unit = self.unit_of(person)
        codes = {self.city.units[code]: code for code in self.city.units}
        own = {codes[unit.id], codes.get(unit.parent_id or 0, "")}
        part = "COORD01" if "LC01" in own else "COORD02" if "LC09" in own else "COORD03"
        return self.city.parts[part]


def tell(session: Session, city: City, held: Sequence[HeldExam], now: datetime) -> str:
    """Go on from the exams of the past; what happened, in words."""
    day = clock.civil_date(now)
    everybody = [number for exam in held for number in exam.passed]
    rows = session.execute(people(None, day).where(Person.id.in_(city.staff)))
    stage = Stage(
        city, {row.id: person_view(row) for row in rows}, {u.id: u for u in tree(session, day)}
    )
    recorded = _registrations(session, stage, held, now)
    _changes(session, stage, held, now)
    rounds = _rounds(session, stage, now)
    if rounds and everybody:
        ask_adjustment(
            session, key=str(uuid4()), person_id=city.staff[everybody[0]],
            period=period_of(session, rounds[0].period_id), amount=1,
            reason="第 1 轮第 7 题选项有两处印刷相同，按答对补记 1 分。", by=city.parts["OFFICE01"],
            now=now - timedelta(days=1),
        )  # fmt: skip
    return f"{recorded} registrations, {len(rounds)} quiz rounds, the last of them open"


# --- registrations ------------------------------------------------------------------


def _registrations(
    session: Session, stage: Stage, held: Sequence[HeldExam], now: datetime
) -> int:  # fmt: skip
    """File everybody who passed, in the state that their exam's story says; how many recorded."""
    office = stage.city.parts["OFFICE01"]
    total = 0
    for exam in held:
        plan = filings(exam.passed, is_newest=exam is held[-1])
        at = _office_hours(now, exam.days_ago - 21)
        for registration_id in _file(session, stage, plan.recorded, at):
            record_(session, registration_id=registration_id, by=office, now=at + timedelta(days=2))
        total += len(plan.recorded)
        recent = _office_hours(now, 4)
        list(_file(session, stage, plan.waiting, recent))
        for registration_id in _file(session, stage, plan.returned, recent):
            return_(
                session, registration_id=registration_id, by=office,
                reason="职务与任免文件不一致，请核对后再报。", now=recent + timedelta(days=1),
            )  # fmt: skip
        for number in plan.drafts:
            _draft(session, stage, number, recent)
    return total


def _office_hours(now: datetime, days_ago: int) -> datetime:
    return clock.start_of(clock.civil_date(now) - timedelta(days=days_ago)) + timedelta(hours=10)


def _file(
    session: Session, stage: Stage, numbers: Iterable[int], at: datetime
) -> Iterable[int]:  # fmt: skip
    """File people and send the filings to the office; their ids."""
    for number in numbers:
        registration_id = _draft(session, stage, number, at)
        by = stage.coordinator(stage.person(number))
        submit(session, registration_id=registration_id, by=by, now=at + timedelta(minutes=5))
        yield registration_id


def _draft(session: Session, stage: Stage, number: int, at: datetime) -> int:
    person = stage.person(number)
    return file(
        session, person=person, unit=stage.unit_of(person), position=person.position,
        phone=person.phone, remark=person.remark, by=stage.coordinator(person), now=at,
    )  # fmt: skip


# --- transfers and departures ---------------------------------------------------------


def _changes(session: Session, stage: Stage, held: Sequence[HeldExam], now: datetime) -> None:
    """One moved after the hold, one retired, one whose move inside the hold waits."""
    today = clock.civil_date(now)
    if len(held) > 1 and len(held[0].passed) > 1:
        moved, retired = (stage.person(number) for number in held[0].passed[:2])
        _move(session, stage, moved, now)
        depart(
            session, registration=_registration(session, retired, today), person=retired,
            kind=EndKind.RETIREMENT, last_day=today - timedelta(days=21),
            grounds="到龄退休，龙组干〔2026〕61号。", by=stage.coordinator(retired),
            now=now - timedelta(days=20),
        )  # fmt: skip
    newest = held[-1].passed if held else ()
    if filings(newest, is_newest=True).recorded and len(newest) > 1:
        leaving, successor = stage.person(newest[0]), stage.person(newest[-1])
        ask(
            session, registration=_registration(session, leaving, today),
            request=Request(
                effective_on=today + timedelta(days=15), to_unit=_another(stage, leaving),
                to_position="科员", grounds="组织统一安排干部交流，已下发通知。",
                document_no="龙组干〔2026〕87号", successor_id=successor.id,
            ),
            by=stage.coordinator(leaving), now=now - timedelta(days=3),
        )  # fmt: skip


def _move(session: Session, stage: Stage, person: PersonView, now: datetime) -> None:
    """Out of the hold: reported, and carried out on its day."""
    effective_on = clock.civil_date(now) - timedelta(days=30)
    by = stage.coordinator(person)
    registration = _registration(session, person, effective_on)
    request = Request(
        effective_on=effective_on, to_unit=_another(stage, person), to_position="科员",
        grounds="工作需要。",
    )  # fmt: skip
    ask(session, registration=registration, request=request, by=by, now=now - timedelta(days=40))
    transfer = transfers_of(session, person.id)[0]
    carry_out(
        session, transfer=transfer, revision=transfer.revision, by=by, now=now - timedelta(days=30)
    )


def _registration(session: Session, person: PersonView, day: date) -> RegistrationView:
    found = current_of(session, person.id, day)
    if found is None:
        raise LookupError(f"{person.staff_no} is not registered on {day}")
    return found


def _another(stage: Stage, person: PersonView) -> UnitNode:
    return next(unit for unit in stage.units.values() if unit.id != person.unit_id)


# --- rounds ---------------------------------------------------------------------------


def _rounds(session: Session, stage: Stage, now: datetime) -> list[QuizRound]:
    """Rounds of the last months: closed ones with their periods, the newest one open."""
    month = first_month(clock.civil_date(now))
    create_plan(
        session, title="定期答题", first_month=month, every_months=EVERY_MONTHS,
        by=stage.city.parts["OFFICE01"], now=clock.start_of(month) - timedelta(days=7),
    )  # fmt: skip
    opened: list[QuizRound] = []
    at = clock.start_of(month)
    while at <= now:
        rounds = open_due(session, at)
        for before in opened[-1:] if rounds else ():
            close_period(session, period_id=before.period_id, now=at + timedelta(hours=1))
        opened += rounds
        for one in rounds:
            _sit_all(session, stage, one, len(opened), now)
        at = clock.start_of(_next_month(clock.civil_date(at)))
    return opened


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _sit_all(session: Session, stage: Stage, one: QuizRound, round_: int, now: datetime) -> None:
    for place, number in enumerate(sitters(range(len(stage.city.staff)), round_)):
        at = one.opens_at + timedelta(days=1 + place % 20, hours=9, minutes=place)
        if at + timedelta(hours=1) >= now:
            at = one.opens_at + timedelta(minutes=1)  # the month has only begun
        if at + timedelta(hours=1) < now:
            sit(
                session, one.occasion_id, stage.city.staff[number], number + 1000 * round_, at,
                passes=did_well(number, round_),
            )  # fmt: skip
