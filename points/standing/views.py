"""Where one stands oneself, with every line of the ledger; and who is behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from core import clock
from core.db import reading
from core.formats import civil_moment_text
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from core.rulebook.queries import versions_by_id
from core.workbooks import XLSX_TYPE, write_table
from points.ledger.models import PointsEntry
from points.ledger.queries import entries_of, entry_views
from points.participation.queries import Rows
from points.periods.queries import PeriodView
from points.standing import queries
from points.standing.rules import IN_A_ROW
from points.standing.services import require_points
from points.standing.words import Line, line_of

bp = Blueprint("points", __name__, url_prefix="/points")
bp.before_request(require_points)


def _lines(rows: Iterable[PointsEntry]) -> list[Line]:
    """Entries in words, in three statements however many there are."""
    session = reading()
    entries = entry_views(session, rows)
    rules = versions_by_id(session, (entry.rule_version_id for entry in entries))
    reversed_ = queries.entries_by_id(session, (entry.reverses_id for entry in entries))
    return [line_of(entry, rules, reversed_) for entry in entries]


@bp.get("")
@requires(Permission.RESULT_OWN)
def mine() -> str:
    """The year's sum, the last periods as a picture, and the ledger."""
    session, now, person_id = reading(), clock.now(), viewer().person_id
    year = clock.civil_date(now).year
    periods = queries.person_periods(session, person_id, now)
    found = listing(session, entries_of(person_id))
    return render_template(
        "points/mine.html", periods=periods, last=periods[-1] if periods else None, year=year,
        points=queries.year_points(session, person_id, year), listing=found,
        lines=_lines(found.items),
    )  # fmt: skip


@bp.get("/mine.xlsx")
@requires(Permission.RESULT_OWN)
def export_mine() -> Response:
    """All one's own lines as a workbook."""
    lines = _lines(reading().scalars(entries_of(viewer().person_id)))
    return workbook(
        "points.xlsx", _("积分明细"),
        [_("笔"), _("记入时间"), _("记入的期"), _("事项"), _("积分"), _("说明"), _("规则")],
        [
            (line.id, civil_moment_text(line.posted_at), line.period_label, line.title, line.amount,
             "".join(line.details), line.rule)
            for line in lines
        ],
        widths=(8, 22, 26, 24, 8, 60, 50),
    )  # fmt: skip


def _in_a_row() -> int:
    """How many periods the address asks for; what the viewer is told of where it is silent."""
    text = request.args.get("rounds", "")
    told = IN_A_ROW[1] if viewer().scope_of(Permission.POINTS_READ) is None else IN_A_ROW[0]
    return next((number for number in IN_A_ROW if str(number) == text), told)


def _behind(periods: Sequence[PeriodView]) -> Rows:
    return queries.behind_rows(periods, clock.now(), viewer().scope_of(Permission.POINTS_READ))


@bp.get("/behind")
@requires(Permission.POINTS_READ)
def behind() -> str:
    """People on post who were short in the last two, or three, periods in a row."""
    session, count = reading(), _in_a_row()
    spans = queries.last_settled(session, clock.now(), count)
    found = listing(
        session, _behind(spans), sorts=queries.BEHIND_SORTS, default="staff_no", scalars=False
    ) if spans else None  # fmt: skip
    return render_template(
        "points/behind.html", listing=found, periods=spans, count=count, counts=IN_A_ROW,
        people=[queries.behind_view(row, spans) for row in found.items] if found else [],
        may_examine=viewer().may(Permission.EXAM_MANAGE),
    )  # fmt: skip


@bp.get("/behind.xlsx")
@requires(Permission.POINTS_READ)
def export_behind() -> Response:
    """All people that the page lists, as a workbook."""
    session = reading()
    spans = queries.last_settled(session, clock.now(), _in_a_row())
    query = _behind(spans).order_by(queries.BEHIND_SORTS["unit"], queries.BEHIND_SORTS["staff_no"])
    rows = [queries.behind_view(row, spans) for row in session.execute(query)] if spans else []
    return workbook(
        "points-behind.xlsx", _("积分落后"),
        [_("工号"), _("姓名"), _("单位"),
         *[_("%(label)s（达标线 %(n)s 分）", label=one.label, n=one.target) for one in spans]],
        [
            (one.staff_no, one.name, one.unit_name, *[short.earned for short in one.periods])
            for one in rows
        ],
        widths=(14, 12, 30, *[30 for _one in spans]),
    )  # fmt: skip


def workbook(
    filename: str,
    title: str,
    heads: list[str],
    rows: Iterable[tuple[object, ...]],
    *,
    widths: tuple[int, ...],
) -> Response:
    """An answer that is a workbook of one sheet."""
    response = Response(write_table(title, heads, rows, widths=widths), mimetype=XLSX_TYPE)
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response
