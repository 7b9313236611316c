"""Points for those who look after units: shares by unit, its people, how periods came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, render_template, request
from flask_babel import gettext as _

from accounts.units.forms import KIND_LABELS
from accounts.units.models import UnitKind
from core import clock
from core.db import reading
from core.errors import NotFound
from core.guards import requires, viewer
from core.listing import listed, listing, search_text
from core.permissions import Permission
from points.participation.queries import Scope
from points.periods.queries import PeriodView, periods
from points.standing.queries import UnitStanding, by_unit
from points.standing.rules import Standing, share_of
from points.standing.views import bp, workbook
from points.standing.words import STANDING_WORDS
from points.units import queries
from points.units.queries import PersonStanding

DIGITS = 9  # of a number in an address


def _scope() -> Scope:
    return viewer().scope_of(Permission.POINTS_READ)


# --- which period -----------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """The periods to choose from, newest first, the chosen one, and the one before it."""

    all: Sequence[PeriodView]
    period: PeriodView | None
    before: PeriodView | None

    @property
    def chosen(self) -> PeriodView:
        """The chosen period; NotFound where there is none at all."""
        if self.period is None:
            raise NotFound(_("定期答题还没有开放过，没有积分期。"))
        return self.period


def _choice() -> Choice:
    """The period that the address names; the last settled one where it names none."""
    now = clock.now()
    found = [period for period in periods(reading()) if period.starts_at <= now]
    text = request.args.get("period", "")
    number = int(text) if text.isdecimal() and len(text) <= DIGITS else None
    named = [period for period in found if period.number == number]
    settled = [period for period in found if period.is_settled(now)]
    chosen = next(iter([*named, *settled, *found]), None)
    before = [period for period in found if chosen and period.number == chosen.number - 1]
    return Choice(found, chosen, next(iter(before), None))


# --- shares by unit ---------------------------------------------------------------


@dataclass(frozen=True)
class UnitRow:
    """A unit in the chosen period; ``before``: its whole percent in the period before that."""

    unit: UnitStanding
    before: int | None


@dataclass(frozen=True)
class KindRow:
    """All units of a kind together; shares in whole percent."""

    kind: UnitKind
    counted: int
    share: int | None
    before: int | None


def _or_less(share: int | None) -> int:
    """For sorting: units in which nobody counts come below 0 %."""
    return -1 if share is None else share


UNIT_SORTS = {
    "unit": lambda row: row.unit.unit_name,
    "kind": lambda row: list(UnitKind).index(row.unit.unit_kind),
    "counted": lambda row: row.unit.counted,
    "share": lambda row: _or_less(row.unit.share),
    "before": lambda row: _or_less(row.before),
}


def _standings(choice: Choice) -> tuple[list[UnitStanding], list[UnitStanding]]:
    """The units in the chosen period, and in the one before it; two statements."""
    session, now, scope = reading(), clock.now(), _scope()
    here = by_unit(session, choice.period, now, scope) if choice.period else []
    return here, by_unit(session, choice.before, now, scope) if choice.before else []


def _unit_rows(here: list[UnitStanding], before: list[UnitStanding]) -> list[UnitRow]:
    """The units that the address asks for."""
    kind, text = request.args.get("kind", ""), search_text()
    shares = {unit.unit_id: unit.share for unit in before}
    return [
        UnitRow(unit, shares.get(unit.unit_id))
        for unit in here
        if (kind not in list(UnitKind) or unit.unit_kind == kind) and text in unit.unit_name
    ]


def _all_together(units: Sequence[UnitStanding]) -> int | None:
    return share_of(sum(unit.on_target for unit in units), sum(unit.counted for unit in units))


def _kind_rows(here: list[UnitStanding], before: list[UnitStanding]) -> list[KindRow]:
    """Shares by kind of unit; kinds in which nobody counts are left out."""
    rows = []
    for kind in UnitKind:
        units = [unit for unit in here if unit.unit_kind is kind]
        former = [unit for unit in before if unit.unit_kind is kind]
        rows.append(
            KindRow(kind, sum(unit.counted for unit in units), _all_together(units),
                    _all_together(former))
        )  # fmt: skip
    return [row for row in rows if row.counted]


@bp.get("/units")
@requires(Permission.POINTS_READ)
def units() -> str:
    """Shares on target by unit and by kind of unit."""
    choice = _choice()
    here, before = _standings(choice)
    return render_template(
        "points/units.html", choice=choice, now=clock.now(), kinds=KIND_LABELS,
        listing=listed(_unit_rows(here, before), sorts=UNIT_SORTS, default="unit"),
        kind_rows=_kind_rows(here, before), share=_all_together(here),
        share_before=_all_together(before), counted=sum(unit.counted for unit in here),
        on_target=sum(unit.on_target for unit in here),
        now_on_target=sum(unit.now_on_target for unit in here),
        in_city=_scope() is None,
    )  # fmt: skip


@bp.get("/units.xlsx")
@requires(Permission.POINTS_READ)
def export_units() -> Response:
    """All units that the page lists, as a workbook."""
    choice = _choice()
    rows = _unit_rows(*_standings(choice))
    return workbook(
        "points-units.xlsx", _("各单位达标"),
        [_("期"), _("单位"), _("类别"), _("计入人数"), _("达标人数"), _("达标百分比"),
         _("上一期达标百分比"), _("更正后达标人数")],
        [
            (choice.chosen.label, row.unit.unit_name, str(KIND_LABELS[row.unit.unit_kind]),
             row.unit.counted, row.unit.on_target, row.unit.share, row.before,
             row.unit.now_on_target)
            for row in rows
        ],
        widths=(26, 30, 16, 10, 10, 14, 18, 16),
    )  # fmt: skip


# --- the people of a unit ---------------------------------------------------------


def _standing() -> Standing | None:
    wanted = request.args.get("standing", "")
    return Standing(wanted) if wanted in list(Standing) else None


@bp.get("/units/<int:unit_id>")
@requires(Permission.POINTS_READ)
def unit(unit_id: int) -> str:
    """The people of a unit in a period; sorted by name or number, never by points."""
    session, now, choice, scope = reading(), clock.now(), _choice(), _scope()
    period = choice.chosen
    found = listing(
        session,
        queries.people_of(
            period, now, unit_id, scope, text=search_text(), standing=_standing()
        ),
        sorts=queries.PEOPLE_SORTS, default="staff_no", scalars=False,
    )  # fmt: skip
    return render_template(
        "points/unit.html", choice=choice, period=period, now=now, listing=found,
        unit=queries.unit_in_period(session, unit_id, period, now, scope),
        people=[queries.person_standing(row, period, now) for row in found.items],
        words=STANDING_WORDS, standing=_standing(),
    )  # fmt: skip


@bp.get("/units/<int:unit_id>.xlsx")
@requires(Permission.POINTS_READ)
def export_unit(unit_id: int) -> Response:
    """All people that the page lists, as a workbook."""
    session, now, period, scope = reading(), clock.now(), _choice().chosen, _scope()
    name = queries.unit_in_period(session, unit_id, period, now, scope).name
    query = queries.people_of(
        period, now, unit_id, scope, text=search_text(), standing=_standing()
    ).order_by(queries.PEOPLE_SORTS["staff_no"])
    return workbook(
        "points-unit.xlsx", _("单位达标"),
        [_("期"), _("单位"), _("工号"), _("姓名"), _("得分"), _("达标线"), _("结果"), _("结转时得分"),
         _("结转时结果")],
        [
            _exported(queries.person_standing(row, period, now), period, name)
            for row in session.execute(query)
        ],
        widths=(26, 30, 14, 12, 8, 8, 10, 12, 12),
    )  # fmt: skip


def _exported(one: PersonStanding, period: PeriodView, unit_name: str) -> tuple[object, ...]:
    closed = one.closed_standing
    return (
        period.label, unit_name, one.staff_no, one.name, one.earned, period.target,
        str(STANDING_WORDS[one.standing]), "" if closed is None else one.closed_earned,
        "" if closed is None else str(STANDING_WORDS[closed]),
    )  # fmt: skip


# --- periods ----------------------------------------------------------------------


@bp.get("/periods", endpoint="periods")
@requires(Permission.POINTS_READ)
def all_periods() -> str:
    """All periods: when they ran, with what they closed, and how they came out."""
    session, now = reading(), clock.now()
    found = listed(periods(session), sorts={"number": lambda one: one.number}, default="-number")
    return render_template(
        "points/periods.html", listing=found, now=now, in_city=_scope() is None,
        counts=queries.period_counts(session, found.items, now, _scope()),
    )  # fmt: skip
