"""Pages on which the office lists and defines exams: the list, time and audience, terms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.units.queries import tree
from certification.exams import queries, services
from certification.exams.forms import (
    MULTIPLE_WORDS,
    RELEASE_WORDS,
    FrameForm,
    TermsForm,
    VersionForm,
)
from certification.exams.models import Exam
from certification.exams.rules import Phase, phase
from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.formats import civil_moment_text
from core.forms import ReasonForm
from core.guards import requires, viewer
from core.listing import listing, search_text
from core.permissions import Permission
from points.standing.queries import behind
from points.standing.rules import IN_A_ROW
from quiz.occasions.models import MultipleRule, ReleaseRule

bp = Blueprint("exams", __name__)

Page = str | Response | tuple[str, int]
STALE = 409
REFUSED = 422


def steps(exam: Exam | None) -> list[tuple[str, str | None]]:
    """The four steps of setting an exam, with their addresses once there is a draft."""
    words = (_("时间和对象"), _("组卷规则"), _("及格与次数"), _("核对并发布"))
    if exam is None:
        return [(word, None) for word in words]
    endpoints = ("exams.edit", "exams.blueprint", "exams.terms", "exams.publish")
    return [
        (word, url_for(endpoint, exam_id=exam.id))
        for word, endpoint in zip(words, endpoints, strict=True)
    ]


@bp.get("/exams")
@requires(Permission.EXAM_READ)
def index() -> str:
    """All exams, with what can be seen of them at a glance."""
    now = clock.now()
    session = reading()
    wanted = request.args.get("phase", "")
    chosen = Phase(wanted) if wanted in list(Phase) else None
    drafts = viewer().scope_of(Permission.EXAM_READ) is None
    found = listing(
        session,
        queries.exams(now, text=search_text(), phase=chosen, drafts=drafts),
        sorts=queries.SORTS, default="-opens", scalars=False,
    )  # fmt: skip
    rows = [
        (exam, phase(exam.state, exam.opens_at, exam.closes_at, now), started, passed)
        for exam, started, passed in found.items
    ]
    return render_template(
        "exams/index.html", listing=found, rows=rows, chosen=chosen,
        counts=queries.phase_counts(session, now, drafts=drafts),
        may_manage=viewer().may(Permission.EXAM_MANAGE),
    )  # fmt: skip


# --- step 1: time and audience ----------------------------------------------------


def _people_behind() -> list[str]:
    """Staff numbers of those short in the last periods in a row, as many as ``?behind=`` says."""
    wanted = [count for count in IN_A_ROW if str(count) == request.args.get("behind")]
    return [
        person.staff_no
        for count in wanted
        for person in behind(reading(), clock.now(), None, count)
    ]


@bp.route("/exams/new", methods=["GET", "POST"])
@requires(Permission.EXAM_MANAGE)
def create() -> Page:
    """A new draft."""
    form = _frame_form()
    if request.method == "GET":
        form.needs_training.data = True
        form.people.data = "\n".join(_people_behind())
    sound = form.ask()
    hits = queries.people_by_staff_no(reading(), form.staff_nos, clock.now())
    if request.method == "POST":
        form.judge_people(hits)
    if sound and not form.errors:
        try:
            with transaction() as session:
                exam = services.create(
                    session, form.frame(hits), by_id=viewer().person_id, now=clock.now()
                )
            flash(_("草稿已存。"), "success")
            return redirect(url_for("exams.blueprint", exam_id=exam.id))
        except Invalid as error:
            form.refuse(error.extra["field"], error.detail)
    return _frame_page(form, None)


@bp.route("/exams/<int:exam_id>/edit", methods=["GET", "POST"])
@requires(Permission.EXAM_MANAGE)
def edit(exam_id: int) -> Page:
    """Time and audience of a draft."""
    session = reading()
    exam = queries.draft(session, exam_id)
    form = _frame_form()
    if request.method == "GET":
        form.show(exam, queries.audience(session, exam_id, clock.today()))
        return _frame_page(form, exam)
    sound = form.ask()
    hits = queries.people_by_staff_no(session, form.staff_nos, clock.now())
    form.judge_people(hits)
    if not sound or form.errors:
        return _frame_page(form, exam)
    try:
        with transaction() as writing:
            services.save_frame(
                writing, form.frame(hits), exam_id=exam_id, version=form.known_version,
                by_id=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except Invalid as error:
        form.refuse(error.extra["field"], error.detail)
    except services.Stale:
        return _frame_page(form, *_stale(exam_id, form))
    else:
        flash(_("草稿已存。"), "success")
        return redirect(url_for("exams.blueprint", exam_id=exam_id))
    return _frame_page(form, exam)


def _frame_form() -> FrameForm:
    form = FrameForm()
    form.offer(tree(reading(), clock.today()))
    return form


def _frame_page(form: FrameForm, exam: Exam | None, stored: Exam | None = None) -> Page:
    differences = []
    if stored is not None:
        audience = queries.audience(reading(), stored.id, clock.today())
        differences = [
            (form.title.label.text, stored.title),
            (form.opens_at.label.text, civil_moment_text(stored.opens_at)),
            (form.closes_at.label.text, civil_moment_text(stored.closes_at)),
            (form.units.label.text, _("、").join(name for _id, name in audience.units) or "—"),
            (form.people.label.text, _("、").join(audience.staff_nos) or "—"),
            (form.needs_training.label.text, _("是") if stored.needs_training else _("否")),
        ]
    return _page("exams/frame.html", form, exam, differences)


# --- step 3: terms ----------------------------------------------------------------


@bp.route("/exams/<int:exam_id>/terms", methods=["GET", "POST"])
@requires(Permission.EXAM_MANAGE)
def terms(exam_id: int) -> Page:
    """Length, pass mark, tries, marking and release of a draft."""
    exam = queries.draft(reading(), exam_id)
    form = TermsForm()
    if request.method == "GET":
        form.show(exam)
    if not form.ask():
        return _terms_page(form, exam)
    try:
        with transaction() as session:
            services.save_terms(
                session, exam_id=exam_id, version=form.known_version,
                minutes=form.minutes.data or 0, pass_mark=form.pass_mark.data or 0,
                tries=form.tries.data or 0, multiple_rule=MultipleRule(form.multiple_rule.data),
                release_rule=ReleaseRule(form.release_rule.data),
            )  # fmt: skip
    except Invalid as error:
        form.refuse(error.extra["field"], error.detail)
    except services.Stale:
        return _terms_page(form, *_stale(exam_id, form))
    else:
        flash(_("草稿已存。"), "success")
        return redirect(url_for("exams.publish", exam_id=exam_id))
    return _terms_page(form, exam)


def _terms_page(form: TermsForm, exam: Exam, stored: Exam | None = None) -> Page:
    differences = []
    if stored is not None:
        differences = [
            (form.minutes.label.text, str(stored.minutes)),
            (form.pass_mark.label.text, str(stored.pass_mark)),
            (form.tries.label.text, str(stored.tries)),
            (form.multiple_rule.label.text, MULTIPLE_WORDS[stored.multiple_rule]),
            (form.release_rule.label.text, RELEASE_WORDS[stored.release_rule]),
        ]
    figures = queries.defaults(reading(), clock.today())
    return _page("exams/terms.html", form, exam, differences, figures=figures)


# --- shared by the steps ----------------------------------------------------------


def _stale(exam_id: int, form: VersionForm) -> tuple[Exam, Exam]:
    """The draft as someone else left it, twice; the form now knows that version."""
    stored = queries.draft(reading(), exam_id)
    form.version.data = str(stored.version)
    return stored, stored


def _page(
    template: str,
    form: VersionForm,
    exam: Exam | None,
    differences: list[tuple[str, str]],
    **more: Any,
) -> Page:
    """A step's page; 409 with what changed meanwhile, 422 with what is wrong."""
    status = STALE if differences else REFUSED if form.errors else 200
    change = queries.last_change(reading(), exam.id) if exam and differences else None
    html = render_template(
        template, form=form, exam=exam, steps=steps(exam), differences=differences, change=change,
        **more,
    )  # fmt: skip
    return html, status


@bp.route("/exams/<int:exam_id>/cancel", methods=["GET", "POST"])
@requires(Permission.EXAM_MANAGE)
def cancel(exam_id: int) -> Page:
    """Ask why, then take an exam back that nobody has started."""
    exam = queries.exam_by_id(reading(), exam_id)
    form = ReasonForm()
    if not form.ask():
        status = REFUSED if form.errors else 200
        return render_template("exams/cancel.html", form=form, exam=exam), status
    with transaction() as session:
        services.cancel(session, exam_id=exam_id, reason=str(form.reason.data))
    flash(_("考试已取消。"), "success")
    return redirect(url_for("exams.index"))
