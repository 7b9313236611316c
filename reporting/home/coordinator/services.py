"""What a coordinator can do now, and how the units stand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import npgettext
from sqlalchemy.orm import Session

from certification.registrations.register.queries import fileable
from certification.transfers.queries import open_counts
from core import clock
from core.permissions import Permission
from core.viewer import Viewer
from points.standing.rules import IN_A_ROW
from quiz.opening.queries import are_points_on
from quiz.progress.queries import progress
from reporting.home import queries
from reporting.home.coordinator.queries import open_round, returned_filings
from reporting.home.rules import Part, Todo
from reporting.overview.queries import overview
from reporting.overview.rules import FREED_DAYS, SORTS

RETURNED = 5  # that are named; the list has them all
UNITS = 8  # worst covered, on the first page


def part(session: Session, viewer: Viewer, now: datetime) -> Part:
    """Filings and transfers first, then training; the round and the units beside them."""
    today, points = clock.civil_date(now), are_points_on()
    scope = viewer.scope_of(Permission.REGISTRATION_FILE)
    found = overview(session, scope, now, points=points)
    todos = [
        *_filings(session, scope, today),
        *_transfers(session, scope, today),
        *(_behind(session, scope, now) if points else []),
        *_roster(found.rows, found.training_months),
    ]
    return todos, {
        "units": sorted(found.rows, key=SORTS["state"])[:UNITS],
        "unit_count": len(found.rows), "overview": found, "freed_days": FREED_DAYS,
        "exams": queries.running_exams(session, now),
        "round": _round(session, scope, now) if points else None,
    }  # fmt: skip


def people(figure: int) -> tuple[str, str, str]:
    """A plate that counts people."""
    return "", str(figure), npgettext("数量", "人", "人", figure)


def _filings(session: Session, scope: frozenset[int] | None, today: date) -> list[Todo]:
    todos = [
        Todo(_("备案被退回：%(name)s", name=one.name), people(1),
             (_("去补正"), url_for("registrations.edit", registration_id=one.registration_id)),
             _("退回的原因：%(reason)s", reason=one.reason), "now")
        for one in returned_filings(session, scope, today, RETURNED)
    ]  # fmt: skip
    missing = queries.count_of(session, fileable(scope, today))
    if missing:
        todos.append(
            Todo(_("给持证人员备案"), people(missing), (_("去备案"), url_for("registrations.create")),
                 _("这些人持有有效证书，还没有备案，锁定期也就没有开始。"), "now")
        )  # fmt: skip
    return todos


def _transfers(session: Session, scope: frozenset[int] | None, today: date) -> list[Todo]:
    found = open_counts(session, scope, today)
    todos = []
    approved = url_for("transfers.index", state="approved")
    if found.due:
        todos.append(
            Todo(_("办理已经到期的调岗"), people(found.due), (_("去办理"), approved),
                 _("已经批准，调岗的日子到了。"), "soon")
        )  # fmt: skip
    if found.approved - found.due:
        number = found.approved - found.due
        todos.append(
            Todo(_("已经批准的调岗"), people(number), (_("看调岗"), approved), _("到日子再办理。"))
        )
    if found.requested:
        todos.append(
            Todo(_("等办公室决定的调岗"), people(found.requested),
                 (_("看调岗"), url_for("transfers.index", state="requested")),
                 _("决定以前，人留在原岗位。"))
        )  # fmt: skip
    return todos


def _behind(session: Session, scope: frozenset[int] | None, now: datetime) -> list[Todo]:
    first = min(IN_A_ROW)
    number = queries.behind_counts(session, now, scope, (first,))[first]
    if not number:
        return []
    return [
        Todo(_("提醒积分落后的人"), people(number), (_("看名单"), url_for("points.behind")),
             _("连续 %(n)s 期没有达标。", n=first), "now")
    ]  # fmt: skip


def _roster(units: list[Any], months: int) -> list[Todo]:
    on_post = sum(unit.on_post for unit in units)
    untrained = on_post - sum(unit.trained for unit in units)
    if not on_post:
        return [
            Todo(_("名册还是空的"), people(0), (_("导入名册"), url_for("roster.imports.create")),
                 _("先把本单位的政务公开人员导入名册，才能培训和考试。"), "now")
        ]  # fmt: skip
    if not untrained:
        return []
    return [
        Todo(_("登记培训"), people(untrained), (_("登记培训"), url_for("training.create")),
             _("这些人最近 %(months)s 个月内没有参加过培训，不能参加要求培训的考试。", months=months),
             "now")
    ]  # fmt: skip


def _round(session: Session, scope: frozenset[int] | None, now: datetime) -> dict[str, Any] | None:
    """The open round and how far these units have come with it."""
    found = open_round(session, now)
    if found is None:
        return None
    return {"round": found, "progress": progress(session, [found], now=now, scope=scope)[found.id]}
