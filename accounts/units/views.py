"""Pages of the unit tree."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.people.queries import names, on_post_by_unit
from accounts.units import queries, rules, services
from accounts.units.forms import KIND_LABELS, UnitForm
from accounts.units.models import UnitKind
from core import clock, formats
from core.db import reading, transaction
from core.errors import Invalid
from core.guards import requires, viewer
from core.permissions import Permission

bp = Blueprint("units", __name__, url_prefix="/units")


@bp.get("")
@requires(Permission.UNIT_READ)
def index() -> str:
    """The tree of today with how many are on post."""
    session, today = reading(), clock.today()
    nodes = queries.tree(session, today, viewer().scope_of(Permission.UNIT_READ))
    own = on_post_by_unit(session, today)
    totals = rules.with_all_below([(node.id, node.depth) for node in nodes], own)
    return render_template(
        "units/index.html", nodes=nodes, own=own, totals=totals, kinds=KIND_LABELS, today=today,
        everyone=sum(own.get(node.id, 0) for node in nodes),
    )  # fmt: skip


@bp.get("/<int:unit_id>")
@requires(Permission.UNIT_READ)
def show(unit_id: int) -> str:
    """One unit: what it is now, what it was, what is below it."""
    session, today = reading(), clock.today()
    unit = queries.unit_in_scope(session, unit_id, viewer(), Permission.UNIT_READ)
    nodes = queries.tree(session, today, frozenset({unit_id}))
    own = on_post_by_unit(session, today)
    versions = queries.history(session, unit_id)
    return render_template(
        "units/show.html", unit=unit, below=nodes[1:], kinds=KIND_LABELS, today=today,
        versions=versions, who=names(session, (v.entered_by for v in versions)),
        own=own, totals=rules.with_all_below([(n.id, n.depth) for n in nodes], own),
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.UNIT_MANAGE)
def create() -> str | Response:
    """Found a unit from a day on."""
    form = UnitForm()
    form.offer(queries.tree(reading(), clock.today()))
    if request.method == "GET":
        form.since.data = clock.today()
    if form.ask():
        try:
            with transaction() as session:
                unit_id = services.create_unit(
                    session, name=form.name.data or "", kind=UnitKind(form.kind.data),
                    parent_id=form.parent_id, since=form.since.day, by=viewer().person_id,
                    now=clock.now(),
                )  # fmt: skip
        except Invalid as refusal:
            form.refuse(refusal.extra.get("field", "name"), refusal.detail)
        else:
            flash(_("已设立“%(name)s”", name=form.name.data), "success")
            return redirect(url_for("units.show", unit_id=unit_id))
    return render_template("units/edit.html", form=form, unit=None)


@bp.route("/<int:unit_id>/change", methods=["GET", "POST"])
@requires(Permission.UNIT_MANAGE)
def change(unit_id: int) -> str | Response:
    """Rename or move a unit from a day on."""
    session, today = reading(), clock.today()
    unit = queries.unit_in_scope(session, unit_id, viewer(), Permission.UNIT_MANAGE)
    form = UnitForm(
        data={"name": unit.name, "kind": unit.kind.value, "parent": str(unit.parent_id or ""),
              "since": today}
    )  # fmt: skip
    form.offer([node for node in queries.tree(session, today) if node.id != unit_id])
    if form.ask():
        try:
            with transaction() as session:
                services.change_unit(
                    session, unit_id=unit_id, name=form.name.data or "",
                    kind=UnitKind(form.kind.data), parent_id=form.parent_id, since=form.since.day,
                    by=viewer().person_id, now=clock.now(),
                )  # fmt: skip
        except Invalid as refusal:
            form.refuse(refusal.extra.get("field", "name"), refusal.detail)
        else:
            day = formats.civil_date_text(form.since.day)
            flash(_("已登记，从 %(day)s起", day=day), "success")
            return redirect(url_for("units.show", unit_id=unit_id))
    return render_template("units/edit.html", form=form, unit=unit)
