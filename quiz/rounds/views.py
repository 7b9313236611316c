"""Pages of rounds: for staff before and after sitting one, for managers the plan and how it goes."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid, NotFound
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from core.rulebook.queries import values_on
from question_bank.topics.queries import topics
from quiz.attempts.models import AttemptState
from quiz.attempts.services import settle
from quiz.opening import queries as opening
from quiz.rounds import queries, services
from quiz.rounds.forms import PlanForm
from quiz.rounds.queries import RoundEntry

bp = Blueprint("rounds", __name__)

Page = str | Response | tuple[str, int]
STALE = 409
REFUSED = 422


@bp.before_request
def only_with_points() -> None:
    """Where points are switched off there are no such pages."""
    if not opening.are_points_on():
        raise NotFound(_("积分和定期答题已停用"))


# --- staff ------------------------------------------------------------------------


def _entry(round_id: int) -> RoundEntry:
    """One round for the viewer; what is overdue is closed before."""
    now = clock.now()
    entry = queries.entry_of(reading(), round_id, viewer(), now)
    overdue = queries.unsettled(entry, now)
    if overdue is not None and settle(overdue, now):
        entry = queries.entry_of(reading(), round_id, viewer(), now)
    return entry


@bp.get("/rounds/<int:round_id>/brief")
@requires(Permission.EXAM_SIT)
def brief(round_id: int) -> Page:
    """答题说明: what to know before the start."""
    return _brief_page(_entry(round_id), 200)


@bp.post("/rounds/<int:round_id>/start")
@requires(Permission.EXAM_SIT)
def start(round_id: int) -> Page:
    """Start, or go on with, the viewer's attempt."""
    now = clock.now()
    try:
        with transaction() as session:
            attempt, _is_new = services.start(session, round_id=round_id, viewer=viewer(), now=now)
            attempt_id = attempt.id
    except Conflict:
        return _brief_page(_entry(round_id), STALE)
    return redirect(url_for("sitting.page", attempt_id=attempt_id))


def _brief_page(entry: RoundEntry, status: int) -> Page:
    if entry.under_way:
        verb = _("继续作答")
    else:
        verb = _("再答一次") if entry.tries_used else _("开始答题")
    html = render_template(
        "rounds/brief.html", entry=entry, round=entry.round, verb=verb,
        refusal=services.sentence(entry),
        per_answer=values_on(reading(), clock.today())["points.per_answer"],
    )  # fmt: skip
    return html, status


@bp.get("/rounds/results/<int:attempt_id>")
@requires(Permission.RESULT_OWN)
def result(attempt_id: int) -> Page:
    """One's own result: what was right, what it posted, every answer explained."""
    now = clock.now()
    queries.own_attempt(reading(), attempt_id, viewer())
    settle(attempt_id, now)
    found = queries.round_result(reading(), attempt_id, viewer(), now)
    if found.result.state in (AttemptState.IN_PROGRESS, AttemptState.PREPARED):
        return redirect(url_for("sitting.page", attempt_id=attempt_id))
    wanted = request.args.get("show", "")
    right = tuple(one for one in found.questions if one.question.is_right)
    wrong = tuple(one for one in found.questions if not one.question.is_right)
    show = wanted if wanted in ("all", "right", "wrong") else ("wrong" if wrong else "all")
    return render_template(
        "rounds/result.html", found=found, result=found.result, round=found.entry.round, show=show,
        shown={"all": found.questions, "right": right, "wrong": wrong}[show],
        counts={"wrong": len(wrong), "right": len(right), "all": len(found.questions)},
        can_retry=found.entry.may_start,
    )  # fmt: skip


# --- managers ----------------------------------------------------------------------


@bp.get("/rounds")
@requires(Permission.POINTS_READ)
def index() -> str:
    """All rounds with participation and share on target."""
    now, session = clock.now(), reading()
    found = listing(session, queries.rounds(), sorts=queries.SORTS, default="-opens", scalars=False)
    views = queries.round_views(found.items)
    scope = viewer().scope_of(Permission.POINTS_READ)
    counts = queries.progress(session, views, now=now, scope=scope)
    return render_template(
        "rounds/index.html", listing=found, in_city=scope is None,
        rows=[(one, one.phase(now), counts[one.id]) for one in views],
        plan=opening.active_plan(session), may_manage=viewer().may(Permission.ROUND_MANAGE),
    )  # fmt: skip


@bp.get("/rounds/plan")
@requires(Permission.POINTS_READ)
def plan() -> Page:
    """The plan in force and what follows from it; without one, the form for a new one."""
    return _plan_page(None, 200)


@bp.post("/rounds/plan")
@requires(Permission.ROUND_MANAGE)
def create_plan() -> Page:
    """Make a plan."""
    form = _plan_form()
    if not form.ask():
        return _plan_page(form, REFUSED)
    try:
        with transaction() as session:
            services.create_plan(
                session, title=form.title.data or "", first_month=form.month,
                every_months=form.every_months.data or 0, topic_ids=form.topics.data or (),
                by=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        form.refuse(error.extra["field"], error.detail)
        return _plan_page(form, REFUSED)
    except Conflict as error:
        flash(error.detail, "error")
        return _plan_page(form, STALE)
    flash(_("答题计划已建好，到开放日会自己开放。"), "success")
    return redirect(url_for("rounds.plan"))


def _plan_form() -> PlanForm:
    form = PlanForm()
    form.offer(topics(reading()), clock.today())
    return form


def _plan_page(form: PlanForm | None, status: int) -> Page:
    now, session = clock.now(), reading()
    found = opening.active_plan(session)
    coming = opening.coming(session, found, now) if found else []
    day = coming[0].opens_on if coming else clock.today()
    html = render_template(
        "rounds/plan.html", plan=found, form=form or _plan_form(), coming=coming,
        supply=opening.supply(session, found.topic_ids if found else (), day),
        rules=values_on(session, day), may_manage=viewer().may(Permission.ROUND_MANAGE),
        may_read_rules=viewer().may(Permission.RULE_READ),
    )  # fmt: skip
    return html, status


@bp.route("/rounds/plan/end", methods=["GET", "POST"])
@requires(Permission.ROUND_MANAGE)
def end_plan() -> Page:
    """End the plan, after saying what follows."""
    found = opening.active_plan(reading())
    if found is None:
        raise NotFound(_("现在没有在用的答题计划"))
    if request.method == "GET":
        return render_template("rounds/end_plan.html", plan=found)
    with transaction() as session:
        plan_id = request.form.get("plan", found.id, int)  # the one that the page showed
        services.end_plan(session, plan_id=plan_id, now=clock.now())
    flash(_("答题计划已结束，不再开放新的一轮。"), "success")
    return redirect(url_for("rounds.plan"))
