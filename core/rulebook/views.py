"""The rules in force, where they come from, and how the office changes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core import clock
from core.db import reading, transaction
from core.errors import Invalid, NotFound
from core.formats import civil_date_text
from core.guards import requires, viewer
from core.permissions import Permission
from core.rulebook import queries, services
from core.rulebook.forms import ChangeForm, form_for
from core.rulebook.queries import VersionRow
from core.rulebook.rules import FIRST_REASON, RULES, SHOWN, Kind, Rule

bp = Blueprint("rulebook", __name__, url_prefix="/rules")


@dataclass(frozen=True)
class RuleView:
    """One rule on the page. ``history``: all versions, the latest first; ``coming`` of them ahead."""

    rule: Rule
    now: VersionRow
    coming: list[VersionRow]
    history: list[VersionRow]


def words_of(rule: Rule, value: Any) -> str:
    """A value as people read it: 60 分钟."""
    if rule.kind is Kind.CHOICE:
        return _(dict(rule.choices).get(value, str(value)))
    return f"{value} {_(rule.unit)}".strip()


def why_of(reason: str) -> str:
    """A reason as people wrote it; that of the first values in the reader's language."""
    return _(FIRST_REASON) if reason == FIRST_REASON else reason


def _views(day: date) -> list[RuleView]:
    versions = queries.history(reading())
    found = []
    for rule in SHOWN:
        rows = versions[rule.key]
        coming = [row for row in rows if row.effective_from > day]
        found.append(RuleView(rule, rows[len(coming)], coming, rows))
    return found


@bp.get("")
@requires(Permission.RULE_READ)
def index() -> str:
    """Every rule with its value in force, since when, by whom and why."""
    groups: dict[str, list[RuleView]] = {}
    for view in _views(clock.today()):
        groups.setdefault(view.rule.group, []).append(view)
    return render_template(
        "rulebook/index.html", groups=groups, words_of=words_of, why_of=why_of,
        may_change=viewer().may(Permission.RULE_CHANGE),
    )  # fmt: skip


@bp.route("/<rule>/change", methods=["GET", "POST"])
@requires(Permission.RULE_CHANGE)
def change(rule: str) -> str | Response | tuple[str, int]:
    """A new value from a day on."""
    known = RULES.get(rule)
    if known is None or not known.is_used:
        raise NotFound(_("没有这条规则"))
    view = next(found for found in _views(clock.today()) if found.rule is known)
    form = form_for(known)
    if form.ask() and _changed(form, known):
        return redirect(url_for("rulebook.index", _anchor=rule))
    if request.method == "GET":
        form["value"].process_data(view.now.value)
        form.effective_from.process_data(clock.today())
    page = render_template(
        "rulebook/change.html", form=form, view=view, words_of=words_of, Kind=Kind
    )
    return page, 200 if request.method == "GET" else 422


def _changed(form: ChangeForm, rule: Rule) -> bool:
    """Whether the change was made; says beside a field why not."""
    day = form.effective_from.data
    if day is None:
        return False
    try:
        with transaction() as session:
            services.change_rule(
                session, rule=rule.key, value=form["value"].data, effective_from=day,
                why=form.why.data or "", by_id=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        form.refuse(error.extra.get("field", "value"), error.detail)
        return False
    flash(
        _("%(rule)s从 %(date)s起为 %(value)s", rule=_(rule.label), date=civil_date_text(day),
          value=words_of(rule, form["value"].data))
    )  # fmt: skip
    return True
