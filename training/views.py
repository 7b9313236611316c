"""Pages of trainings: the list, one training with its attendance, and one's own."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.units.queries import tree, unit_in_scope
from core import clock
from core.db import reading, transaction
from core.errors import AppError, Invalid
from core.guards import requires, viewer
from core.listing import listing, search_text
from core.permissions import Permission
from core.rulebook.queries import value_on
from training import queries, services
from training.forms import KIND_LABELS, ListForm, SessionForm, WithdrawForm
from training.models import TrainingKind
from training.rules import counts_since, counts_through

bp = Blueprint("training", __name__, url_prefix="/training")

YEAR_DIGITS = 4
ID_DIGITS = 9
FIRST_YEAR = 2018
PER_PAGE = 50


def _number(name: str, digits: int) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= digits else None


@bp.get("")
@requires(Permission.TRAINING_READ)
def index() -> str:
    """The trainings that concern the viewer's units, by kind and year."""
    today = clock.today()
    wanted = request.args.get("kind", "")
    kind = TrainingKind(wanted) if wanted in set(TrainingKind) else None
    year = _number("year", YEAR_DIGITS)
    years = list(range(today.year + 1, FIRST_YEAR - 1, -1))
    year = year if year in years else None
    found = listing(
        reading(), queries.sessions(viewer(), today, kind=kind, year=year), sorts=queries.SORTS,
        default="-starts", scalars=False,
    )  # fmt: skip
    return render_template(
        "training/index.html", listing=found, kind=kind, year=year, years=years, kinds=KIND_LABELS,
        now=clock.now(),
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.TRAINING_RECORD)
def create() -> str | Response:
    """Enter a training."""
    form = SessionForm()
    scope = viewer().scope_of(Permission.TRAINING_RECORD)
    form.offer(tree(reading(), clock.today(), scope), may_be_office=scope is None)
    if form.ask():
        starts_at, ends_at = form.starts_at.instant, form.ends_at.instant
        try:
            with transaction() as session:
                if form.unit_id is not None:
                    unit_in_scope(session, form.unit_id, viewer(), Permission.TRAINING_RECORD)
                elif scope is not None:
                    raise Invalid(_("请选定举办单位。"), field="unit")
                session_id = services.create_session(
                    session, kind=TrainingKind(form.kind.data), title=form.title.data or "",
                    starts_at=starts_at or clock.now(), ends_at=ends_at or clock.now(),
                    place=form.place.data or "", unit_id=form.unit_id, by=viewer().person_id,
                    now=clock.now(),
                )  # fmt: skip
        except AppError as refusal:
            form.refuse(refusal.extra.get("field", "unit"), refusal.detail)
        else:
            flash(_("已登记“%(title)s”", title=form.title.data), "success")
            return redirect(url_for("training.show", session_id=session_id))
    return render_template("training/create.html", form=form)


@bp.get("/<int:session_id>")
@requires(Permission.TRAINING_READ)
def show(session_id: int) -> str:
    """One training and who of the viewer's people attended."""
    session = reading()
    training = queries.session_of(session, session_id, viewer(), Permission.TRAINING_READ)
    search = search_text()
    scope = viewer().scope_of(Permission.TRAINING_READ)
    found = listing(
        session, queries.attendees(session_id, scope, search), sorts=queries.PEOPLE_SORTS,
        default="staff_no", per_page=PER_PAGE, scalars=False,
    )  # fmt: skip
    return render_template(
        "training/show.html", training=training, listing=found, kinds=KIND_LABELS, search=search,
        people=[queries.attendee(row) for row in found.items],
        may_record=viewer().may(Permission.TRAINING_RECORD) and training.has_begun(clock.now()),
        has_begun=training.has_begun(clock.now()),
        is_city=scope is None,
    )  # fmt: skip


@bp.route("/<int:session_id>/attend", methods=["GET", "POST"])
@requires(Permission.TRAINING_RECORD)
def attend(session_id: int) -> str | Response:
    """Tick people on post who attended; a page at a time."""
    session = reading()
    training = queries.session_of(session, session_id, viewer(), Permission.TRAINING_RECORD)
    if request.method == "POST":
        ids = [
            int(text)
            for text in request.form.getlist("person")
            if text.isdecimal() and len(text) <= ID_DIGITS
        ]
        with transaction() as session:
            training = queries.session_of(session, session_id, viewer(), Permission.TRAINING_RECORD)
            new = services.attend(session, training, ids, viewer=viewer(), now=clock.now())
        flash(_("已登记 %(n)s 人参训", n=new) if new else _("没有勾选新的人员"), "success")
        show = url_for("training.show", session_id=session_id)
        return redirect(request.full_path if "more" in request.form else show)
    scope = viewer().scope_of(Permission.TRAINING_RECORD)
    search, unit_id = search_text(), _number("unit", ID_DIGITS)
    found = listing(
        session, queries.absentees(session_id, scope, search=search, unit_id=unit_id),
        sorts=queries.PEOPLE_SORTS, default="staff_no", per_page=PER_PAGE, scalars=False,
    )  # fmt: skip
    return render_template(
        "training/attend.html", training=training, listing=found, search=search, unit_id=unit_id,
        units=tree(session, clock.today(), scope), has_begun=training.has_begun(clock.now()),
    )  # fmt: skip


@bp.route("/<int:session_id>/paste", methods=["GET", "POST"])
@requires(Permission.TRAINING_RECORD)
def paste(session_id: int) -> str | Response:
    """Paste staff numbers of those who attended."""
    training = queries.session_of(reading(), session_id, viewer(), Permission.TRAINING_RECORD)
    form = ListForm()
    if form.ask():
        try:
            with transaction() as session:
                training = queries.session_of(
                    session, session_id, viewer(), Permission.TRAINING_RECORD
                )
                ids = services.people_of_list(session, form.numbers.data or "", viewer())
                new = services.attend(session, training, ids, viewer=viewer(), now=clock.now())
        except AppError as refusal:
            form.refuse("numbers", refusal.detail)
            for fault in refusal.extra.get("faults", ()):
                form.refuse("numbers", fault)
        else:
            flash(
                _("已登记 %(n)s 人参训", n=new)
                + (_("，另有 %(m)s 人先前已登记", m=len(ids) - new) if len(ids) > new else ""),
                "success",
            )
            return redirect(url_for("training.show", session_id=session_id))
    return render_template("training/paste.html", training=training, form=form)


@bp.route("/<int:session_id>/attendance/<int:attendance_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.TRAINING_RECORD)
def withdraw(session_id: int, attendance_id: int) -> str | Response:
    """Take back a mistaken attendance."""
    session = reading()
    training = queries.session_of(session, session_id, viewer(), Permission.TRAINING_RECORD)
    row = queries.attendance_of(session, session_id, attendance_id, viewer())
    form = WithdrawForm()
    if form.ask():
        with transaction() as session:
            row = queries.attendance_of(session, session_id, attendance_id, viewer())
            services.withdraw(
                session, training, row, reason=form.reason.data or "", by=viewer().person_id,
                now=clock.now(),
            )  # fmt: skip
        flash(_("已撤销%(name)s的参训记录", name=row.name), "success")
        return redirect(url_for("training.show", session_id=session_id))
    return render_template("training/withdraw.html", training=training, row=row, form=form)


@bp.get("/mine")
@requires(Permission.RESULT_OWN)
def mine() -> str:
    """One's own trainings, and until when they count for an exam."""
    session, today = reading(), clock.today()
    months = int(value_on(session, "training.months", today))
    last = queries.last_attended(session, viewer().person_id, counts_since(today, months))
    return render_template(
        "training/mine.html", rows=queries.attended_by(session, viewer().person_id),
        kinds=KIND_LABELS, months=months, last=last,
        through=counts_through(last, months) if last else None,
    )  # fmt: skip
