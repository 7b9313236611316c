"""Changing a rule: a new version from a day on; the past stays."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from core import clock
from core.audit.services import record
from core.errors import Invalid
from core.rulebook.models import RuleVersion
from core.rulebook.queries import later_days, rule_on, value_on, values_on
from core.rulebook.rules import RULES, clash


def change_rule(
    session: Session,
    *,
    rule: str,
    value: Any,
    effective_from: date,
    why: str,
    by_id: int | None,
    now: datetime,
) -> RuleVersion:
    """Let a rule have a new value from today or a later civil day on.

    Raises Invalid (``field``: value or effective_from) where the value does not suit the rule, or
    would contradict another on that day or at a later change.
    """
    known = RULES[rule]
    wrong = known.problem_with(value)
    if wrong == "range":
        raise Invalid(
            _("%(label)s应在 %(least)s 到 %(most)s 之间", label=_(known.label), least=known.least,
              most=known.most),
            field="value",
        )  # fmt: skip
    if wrong:
        raise Invalid(_("这条规则不能用这个值"), field="value")
    if effective_from < clock.civil_date(now):
        raise Invalid(_("生效日不能早于今天：改动不影响过去"), field="effective_from")
    for day in (effective_from, *later_days(session, effective_from)):
        if rule_on(session, rule, day).effective_from > effective_from:
            break  # from here on a later version of this rule holds
        _ensure_no_clash(session, rule, value, day)
    before = value_on(session, rule, effective_from)
    version = RuleVersion(
        rule=rule, value=value, effective_from=effective_from, by_id=by_id, why=why, entered_at=now
    )
    session.add(version)
    session.flush()
    record(
        session, "rule.change", ("rule", rule), reason=why,
        facts={"before": before, "after": value, "effective_from": effective_from.isoformat()},
    )  # fmt: skip
    return version


def _ensure_no_clash(session: Session, rule: str, value: Any, day: date) -> None:
    found = clash(rule, value, values_on(session, day))
    if found is None:
        return
    smaller, larger = (RULES[key] for key in found)
    raise Invalid(
        _("%(date)s起%(smaller)s会高于%(larger)s", date=day.isoformat(), smaller=_(smaller.label),
          larger=_(larger.label)),
        field="value",
    )  # fmt: skip
