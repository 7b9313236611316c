"""Which value of a rule holds on a day, and how it came about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.rulebook.models import RuleVersion


def rule_on(session: Session, rule: str, day: date) -> RuleVersion:
    """The version of a rule in force on a civil day; of several entered for one day, the last."""
    found = session.execute(
        select(RuleVersion)
        .where(RuleVersion.rule == rule, RuleVersion.effective_from <= day)
        .order_by(RuleVersion.effective_from.desc(), RuleVersion.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(f"规则 {rule} 在 {day} 没有值")
    return found


def value_on(session: Session, rule: str, day: date) -> Any:
    """The value of a rule in force on a civil day."""
    return rule_on(session, rule, day).value


def values_on(session: Session, day: date) -> dict[str, Any]:
    """All rules in force on a civil day, in one statement."""
    rows = session.execute(
        select(RuleVersion.rule, RuleVersion.value)
        .where(RuleVersion.effective_from <= day)
        .order_by(RuleVersion.effective_from, RuleVersion.id)
    )
    return {rule: value for rule, value in rows}  # noqa: C416 (later rows win)


@dataclass(frozen=True)
class VersionRow:
    """One version as the page shows it. ``by``: the person's name; '' for the seeded default."""

    id: int
    rule: str
    value: Any
    effective_from: date
    by: str
    why: str
    entered_at: datetime


def history(session: Session) -> dict[str, list[VersionRow]]:
    """All versions of all rules with who entered them, latest in force first, in one statement."""
    # the foreign key names the table of people; this room need not know theirs
    person = next(iter(RuleVersion.__table__.c.by_id.foreign_keys)).column.table
    rows = session.execute(
        select(RuleVersion, person.c.name)
        .outerjoin(person, person.c.id == RuleVersion.by_id)
        .order_by(RuleVersion.effective_from.desc(), RuleVersion.id.desc())
    )
    found: dict[str, list[VersionRow]] = {}
    for version, name in rows:
        found.setdefault(version.rule, []).append(
            VersionRow(
                version.id, version.rule, version.value, version.effective_from, name or "",
                version.why, version.entered_at,
            )
        )  # fmt: skip
    return found


def version_number(session: Session, version_id: int) -> int:
    """Which version of its rule this is, counted from 1 in the order of entry."""
    rule = select(RuleVersion.rule).where(RuleVersion.id == version_id).scalar_subquery()
    return (
        session.scalar(
            select(func.count()).where(RuleVersion.rule == rule, RuleVersion.id <= version_id)
        )
        or 0
    )


def later_days(session: Session, day: date) -> list[date]:
    """The days after a day on which any rule changes."""
    return list(
        session.scalars(
            select(RuleVersion.effective_from)
            .where(RuleVersion.effective_from > day)
            .distinct()
            .order_by(RuleVersion.effective_from)
        )
    )


def versions_by_id(session: Session, ids: Iterable[int | None]) -> dict[int, RuleVersion]:
    """Versions of rules by id, in one statement."""
    wanted = {version_id for version_id in ids if version_id is not None}
    if not wanted:
        return {}
    rows = session.scalars(select(RuleVersion).where(RuleVersion.id.in_(wanted)))
    return {row.id: row for row in rows}
