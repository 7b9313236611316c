"""The overview by unit, and the same as a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _

from accounts.units.forms import KIND_LABELS
from core import clock
from core.db import reading
from core.guards import requires, viewer
from core.listing import listed, search_text
from core.permissions import Permission
from core.workbooks import XLSX_TYPE, write_table
from reporting.overview.forms import COVER_WORDS
from reporting.overview.queries import Overview, overview
from reporting.overview.rules import FREED_DAYS, SORTS, UnitRow, matching

bp = Blueprint("overview", __name__, url_prefix="/overview")

DEFAULT = "state"


def _kinds() -> dict[str, Any]:
    return {kind.value: word for kind, word in KIND_LABELS.items() if kind.value != "city"}


def _found() -> tuple[Overview, list[UnitRow], dict[str, str]]:
    """The viewer's units, and those of them that the address asks for."""
    kind = request.args.get("kind", "")
    filters = {"search": search_text(), "kind": kind if kind in _kinds() else ""}
    found = overview(
        reading(), viewer().scope_of(Permission.REGISTRATION_READ), clock.now(),
        points=current_app.extensions["settings"].points,
    )  # fmt: skip
    return found, matching(found.rows, text=filters["search"], kind=filters["kind"]), filters


def _sorts(found: Overview) -> dict[str, Callable[[UnitRow], Any]]:
    return {key: value for key, value in SORTS.items() if key != "target" or found.period}


@bp.get("")
@requires(Permission.REGISTRATION_READ)
def index() -> str:
    """One row per unit of the viewer's."""
    found, rows, filters = _found()
    return render_template(
        "overview/index.html", overview=found, filters=filters, kinds=_kinds(), covers=COVER_WORDS,
        listing=listed(rows, sorts=_sorts(found), default=DEFAULT), freed_days=FREED_DAYS,
        is_city=viewer().scope_of(Permission.REGISTRATION_READ) is None,
    )  # fmt: skip


@bp.get("/export.xlsx")
@requires(Permission.REGISTRATION_READ)
def export() -> Response:
    """All units that the page lists, in its order."""
    found, rows, _filters = _found()
    ordered = listed(rows, sorts=_sorts(found), default=DEFAULT, per_page=max(len(rows), 1)).items
    heads = [
        _("单位"), _("类别"), _("在岗"), _("持证"), _("已备案"), _("锁定中"),
        _("%(n)s 天内期满", n=FREED_DAYS), _("%(n)s 天内到期", n=found.remind_days),
        _("参加过培训"), _("培训覆盖（百分比）"),
    ]  # fmt: skip
    if found.period:
        heads += [_("上期计入"), _("上期达标"), _("上期达标（百分比）")]
    data = write_table(
        _("各单位"), [*heads, _("状态")], _lines(ordered, with_points=found.period is not None),
        widths=(32, 16, *[12] * (len(heads) - 2), 16),
    )  # fmt: skip
    response = Response(data, mimetype=XLSX_TYPE)
    response.headers.set("Content-Disposition", "attachment", filename="units.xlsx")
    return response


def _lines(rows: Iterable[UnitRow], *, with_points: bool) -> Iterable[list[Any]]:
    kinds = {kind.value: str(word) for kind, word in KIND_LABELS.items()}
    for row in rows:
        points = [row.counted, row.on_target, row.target_percent] if with_points else []
        yield [
            row.name, kinds[row.kind], row.on_post, row.certified, row.registered, row.held,
            row.freed, row.expiring, row.trained, row.trained_percent, *points,
            str(COVER_WORDS[row.cover][1]),
        ]  # fmt: skip
