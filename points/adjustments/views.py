"""Corrections of points: the list, asking for one, deciding it."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.people.queries import PersonView
from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from points.adjustments import queries, services
from points.adjustments.forms import AskForm, DecideForm
from points.periods.queries import PeriodView, periods
from points.standing.queries import person_periods
from points.standing.services import require_points

bp = Blueprint("adjustments", __name__, url_prefix="/points/adjustments")
bp.before_request(require_points)

REFUSED = 422
SHOWN = 6  # periods beside the form
Page = tuple[str, int] | Response


@bp.get("")
@requires(Permission.POINTS_READ)
def index() -> str:
    """What waits for a decision; ``?state=decided``: what was decided."""
    session, person, today = reading(), viewer(), clock.today()
    scope = person.scope_of(Permission.POINTS_READ)
    is_open = request.args.get("state") != "decided"
    found = listing(
        session, queries.adjustments(scope, today, is_open=is_open), sorts=queries.SORTS,
        default="asked" if is_open else "-decided", scalars=False,
    )  # fmt: skip
    others = queries.count(session, queries.adjustments(scope, today, is_open=not is_open))
    return render_template(
        "adjustments/index.html", listing=found, is_open=is_open,
        rows=[queries.adjustment_view(row) for row in found.items],
        waiting=found.total if is_open else others, decided=others if is_open else found.total,
        may_adjust=person.may(Permission.POINTS_ADJUST),
    )  # fmt: skip


def _offered() -> list[PeriodView]:
    now = clock.now()
    return [period for period in periods(reading()) if period.starts_at <= now]


def _person(staff_no: str) -> PersonView | None:
    return queries.person_by_staff_no(reading(), staff_no, clock.today()) if staff_no else None


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.POINTS_ADJUST)
def ask() -> Page:
    """Find a person by number, then say what is to be corrected, and why."""
    form, offered, person = AskForm(), _offered(), None
    form.offer(offered)
    sound = form.ask()
    if request.method == "GET":
        form.staff_no.data = request.args.get("staff_no", "").replace("\0", "").strip()[:32]
        form.key.data = str(uuid.uuid4())
    try:
        person = _person(form.staff_no.data or "")
        if sound and person is not None:
            _ask(form, person, {str(one.id): one for one in offered})
            flash(_("已提出更正，等另一位同事决定。"), "success")
            return redirect(url_for("adjustments.index"))
    except Invalid as refusal:
        form.refuse(refusal.extra.get("field", "staff_no"), refusal.detail)
    return _ask_page(form, person), REFUSED if form.errors else 200


def _ask(form: AskForm, person: PersonView, offered: dict[str, PeriodView]) -> None:
    with transaction() as session:
        services.ask(
            session, key=str(form.key.data), person_id=person.id,
            period=offered[str(form.period.data)], amount=int(form.amount.data or 0),
            reason=str(form.reason.data), by=viewer().person_id, now=clock.now(),
        )  # fmt: skip


def _ask_page(form: AskForm, person: PersonView | None) -> str:
    session, now = reading(), clock.now()
    besides = {viewer().person_id} | ({person.id} if person else set())
    return render_template(
        "adjustments/ask.html", form=form, person=person,
        periods=person_periods(session, person.id, now, SHOWN) if person else [],
        deciders=queries.deciders(session, besides=besides, now=now),
    )  # fmt: skip


@bp.route("/<int:adjustment_id>", methods=["GET", "POST"])
@requires(Permission.POINTS_ADJUST)
def decide(adjustment_id: int) -> Page:
    """The second person's decision; once decided, what was decided."""
    session, now, by = reading(), clock.now(), viewer().person_id
    asked = queries.adjustment_of(session, adjustment_id)
    form = DecideForm()
    if form.ask():
        agreed = form.decision.data == "agree"
        with transaction() as door:
            services.decide(
                door, adjustment_id=adjustment_id, approve=agreed,
                reason=(form.reason.data or "").strip(), by=by, now=clock.now(),
            )  # fmt: skip
        flash(_("已同意，积分已记入。") if agreed else _("没有更正，积分不变。"), "success")
        return redirect(url_for("adjustments.index", state="decided"))
    html = render_template(
        "adjustments/decide.html", form=form, asked=asked, is_asker=asked.asked_by == by,
        is_own=asked.person_id == by, newest=_offered()[0],
        deciders=queries.deciders(session, besides={asked.asked_by, asked.person_id}, now=now),
    )  # fmt: skip
    return html, REFUSED if form.errors else 200
