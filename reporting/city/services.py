"""The people of the made-up city: written in bulk, all with one password hash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.roles.models import RoleGrant
from accounts.signin.models import Account
from accounts.units.models import Unit, UnitKind, UnitVersion
from core.permissions import Role
from reporting.city.rules import DemoUnit, name_of, units_for

SINCE = date(2024, 3, 1)
BATCH = 5_000
# units that COORD03 looks after besides
OTHER_UNITS = ("LC03", "LC04", "LC05", "LC06", "LC07", "LC08", "LC10", "LC11", "LC12", "LC13")
POSITIONS = ("科员", "一级科员", "四级主任科员", "办公室主任", "专职工作人员")


@dataclass(frozen=True)
class Part:
    """A role-holder of the story: staff number, role, unit code."""

    staff_no: str
    role: Role
    unit: str
    position: str


PARTS = (
    Part("COORD01", Role.COORDINATOR, "LC01", "办公室副主任"),
    Part("COORD02", Role.COORDINATOR, "LC09", "办公室主任"),
    Part("COORD03", Role.COORDINATOR, "LC02", "办公室科员"),
    Part("EDITOR01", Role.EDITOR, "LC00", "题库编辑"),
    Part("REVIEW01", Role.REVIEWER, "LC00", "题库审核"),
    Part("OFFICE01", Role.OFFICE, "LC00", "科长"),
    Part("OFFICE02", Role.OFFICE, "LC00", "副科长"),
    Part("AUDIT01", Role.AUDITOR, "LC00", "审计员"),
    Part("ADMIN01", Role.ADMIN, "LC00", "系统管理员"),
)


@dataclass(frozen=True)
class City:
    """What was made. ``staff``: ids by number from 0; ``units``: ids by code; ``parts``: by staff no."""

    units: dict[str, int]
    staff: list[int]
    parts: dict[str, int]


def build(session: Session, *, people: int, password_hash: str, now: datetime) -> City:
    """Units, people, accounts, roles and postings, in a few statements per 5,000 people."""
    units = _units(session, list(units_for(people)), now)
    codes = [code for code in units if code != "LC00"]
    numbers = [f"D{number + 1:05d}" for number in range(people)]
    rows = [
        _Row(staff_no, name_of(number), codes[number % len(codes)], Role.STAFF,
             POSITIONS[number % len(POSITIONS)])
        for number, staff_no in enumerate(numbers)
    ] + [
        _Row(part.staff_no, name_of(people + index), part.unit, part.role, part.position)
        for index, part in enumerate(PARTS)
    ]  # fmt: skip
    ids = _people(session, rows, units, password_hash, now)
    return City(
        units, [ids[number] for number in numbers], {p.staff_no: ids[p.staff_no] for p in PARTS}
    )


@dataclass(frozen=True)
class _Row:
    staff_no: str
    name: str
    unit: str
    role: Role
    position: str


def _units(session: Session, wanted: list[DemoUnit], now: datetime) -> dict[str, int]:
    session.execute(insert(Unit), [{"code": unit.code} for unit in wanted])
    ids: dict[str, int] = dict(session.execute(select(Unit.code, Unit.id)).all())
    session.execute(
        insert(UnitVersion),
        [
            {"unit_id": ids[unit.code], "name": unit.name, "kind": UnitKind(unit.kind),
             "parent_id": ids.get(unit.parent), "valid_from": SINCE, "valid_to": None,
             "entered_at": now}
            for unit in wanted
        ],
    )  # fmt: skip
    return ids


def _people(
    session: Session, rows: list[_Row], units: dict[str, int], password_hash: str, now: datetime
) -> dict[str, int]:
    _fill(session, Person, (
        {"staff_no": row.staff_no, "name": row.name, "phone": f"1380000{index % 10_000:04d}",
         "created_at": now}
        for index, row in enumerate(rows)
    ))  # fmt: skip
    ids = dict(session.execute(select(Person.staff_no, Person.id)).all())
    _fill(session, Account, (
        {"person_id": ids[row.staff_no], "password_hash": password_hash, "must_change": False,
         "changed_at": now}
        for row in rows
    ))  # fmt: skip
    _fill(session, RoleGrant, (
        {"person_id": ids[row.staff_no], "role": row.role, "granted_at": now,
         "unit_id": units[row.unit] if row.role is Role.COORDINATOR else None, "reason": "演示"}
        for row in rows
    ))  # fmt: skip
    _fill(session, RoleGrant, (
        {"person_id": ids["COORD03"], "role": Role.COORDINATOR, "granted_at": now,
         "unit_id": units[code], "reason": "演示"}
        for code in OTHER_UNITS
    ))  # fmt: skip
    _fill(session, Posting, (
        {"person_id": ids[row.staff_no], "unit_id": units[row.unit], "position": row.position,
         "valid_from": SINCE, "entered_at": now}
        for row in rows
    ))  # fmt: skip
    return ids


def _fill(session: Session, table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            session.execute(insert(table), batch)
            batch = []
    if batch:
        session.execute(insert(table), batch)
