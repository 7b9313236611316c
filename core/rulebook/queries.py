"""Which value of a rule holds on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
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
