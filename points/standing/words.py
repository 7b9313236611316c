"""What standings and lines of the ledger say to the person they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.formats import civil_date_text
from core.rulebook.models import RuleVersion
from core.rulebook.rules import RULES
from points.ledger.models import PointsEntry
from points.ledger.queries import EntryView
from points.standing.rules import Standing

STANDING_WORDS: Mapping[Standing, object] = {
    Standing.ON_TARGET: _l("达标"),
    Standing.SHORT: _l("未达标"),
    Standing.PENDING: _l("进行中"),
    Standing.NOT_COUNTED: _l("不计"),
}


@dataclass(frozen=True)
class Line:
    """One line of the ledger in words. ``details``: how it came about, a sentence each."""

    id: int
    posted_at: datetime
    title: str
    details: tuple[str, ...]
    rule: str
    period_label: str
    amount: int
    reversed_by_id: int | None

    @property
    def amount_text(self) -> str:
        """+17, −3."""
        return signed(self.amount)


def signed(amount: int) -> str:
    """An amount with its sign, as printed."""
    return f"+{amount}" if amount >= 0 else f"−{-amount}"


def title_of(source: str, facts: Mapping[str, object]) -> str:
    """What an entry is for."""
    if source.startswith("adjust:"):
        return _("办公室更正")
    if source.startswith("reverse:"):
        return _("冲回")
    return str(facts.get("title") or source)


def line_of(
    entry: EntryView, rules: Mapping[int, RuleVersion], reversed_: Mapping[int, PointsEntry]
) -> Line:
    """An entry in words. ``reversed_``: the entries that others on the page take back."""
    return Line(
        id=entry.id, posted_at=entry.posted_at, title=title_of(entry.source, entry.facts),
        details=tuple(_details(entry, reversed_)), rule=_rule(rules.get(entry.rule_version_id or 0)),
        period_label=entry.period_label, amount=entry.amount, reversed_by_id=entry.reversed_by_id,
    )  # fmt: skip


def _details(entry: EntryView, reversed_: Mapping[int, PointsEntry]) -> list[str]:
    found, facts = [], entry.facts
    if entry.reverses_id is not None:
        found.append(_taken_back(entry.reverses_id, reversed_.get(entry.reverses_id)))
    elif "right" in facts:
        found.append(
            _("答对 %(right)s 题，共 %(total)s 题，每题 %(each)s 分。",
              right=facts["right"], total=facts.get("total", "—"), each=facts.get("per_answer", "—"))
        )  # fmt: skip
    if facts.get("reason"):
        found.append(_("理由：%(reason)s。", reason=str(facts["reason"]).rstrip("。")))
    if entry.reversed_by_id is not None:
        found.append(_("已由第 %(id)s 笔冲回。", id=entry.reversed_by_id))
    if entry.origin_period_id != entry.period_id:
        found.append(
            _("属于%(origin)s，那一期已经结转，所以记入%(period)s。",
              origin=entry.origin_label, period=entry.period_label)
        )  # fmt: skip
    return found


def _taken_back(entry_id: int, entry: PointsEntry | None) -> str:
    if entry is None:
        return _("冲回第 %(id)s 笔。", id=entry_id)
    return _(
        "冲回第 %(id)s 笔：%(title)s，%(amount)s 分。",
        id=entry_id, title=title_of(entry.source, entry.facts), amount=signed(entry.amount),
    )  # fmt: skip


def _rule(version: RuleVersion | None) -> str:
    if version is None:
        return ""
    rule = RULES[version.rule]
    return _(
        "%(rule)s %(value)s %(unit)s，%(day)s起执行",
        rule=_(rule.label), value=version.value, unit=_(rule.unit) if rule.unit else "",
        day=civil_date_text(version.effective_from),
    )  # fmt: skip
