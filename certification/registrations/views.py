"""One registration: filing it, deciding on it, ending it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from accounts.people.queries import PersonView, person_in_scope, person_view
from accounts.units.queries import unit_in_scope
from certification.certificates.queries import certificates_of
from certification.registrations import services
from certification.registrations.forms import (
    END_WORDS,
    FilingForm,
    ReturnForm,
    SeenForm,
)
from certification.registrations.leaving import views as leaving_views  # noqa: F401 (its routes)
from certification.registrations.queries import (
    RegistrationView,
    course_of,
    registration_of,
)
from certification.registrations.register.queries import FILEABLE_SORTS, fileable
from certification.registrations.register.services import reveal_phone
from certification.registrations.register.views import ID_DIGITS, bp
from certification.registrations.rules import RegistrationState, free_from, held_through
from core import clock
from core.db import reading, transaction
from core.errors import AppError, Conflict
from core.guards import requires, viewer
from core.listing import listing, search_text
from core.permissions import Permission
from core.rulebook.queries import rule_on, version_number
from points.standing.queries import person_periods
from quiz.opening.queries import are_points_on

REFUSED = 422
PERIODS = 3  # of points, on the page
CONFLICT = 409
Page = str | tuple[str, int] | BaseResponse


def _to(registration_id: int) -> BaseResponse:
    return redirect(url_for("registrations.show", registration_id=registration_id))


def _found(registration_id: int, permission: Permission) -> RegistrationView:
    return registration_of(reading(), registration_id, viewer(), permission)


@bp.get("/<int:registration_id>")
@requires(Permission.REGISTRATION_READ)
def show(registration_id: int) -> str:
    """One registration: hold, contents, qualification, what happened, what can be done."""
    return _page(_found(registration_id, Permission.REGISTRATION_READ))


def _page(one: RegistrationView, phone: str = "") -> str:
    session, today, person = reading(), clock.today(), viewer()
    certificates = certificates_of(session, one.person_id, today)
    periods = (
        person_periods(session, one.person_id, clock.now(), PERIODS) if are_points_on() else []
    )
    preview = None
    if one.state is RegistrationState.SUBMITTED:
        rule = rule_on(session, "hold.months", today)
        preview = held_through(today, months=int(rule.value))
    return render_template(
        "registrations/show.html", one=one, phone=phone, today=today, preview=preview,
        certificate=next((c for c in certificates if c.id == one.standing_id), None),
        free=free_from(one.held_through) if one.held_through else None,
        version=version_number(session, one.rule_version_id) if one.rule_version_id else None,
        course=course_of(session, one.id), end_words=END_WORDS, form=SeenForm(),
        is_self=one.person_id == person.person_id, is_filer=one.filed_by == person.person_id, periods=periods,
    )  # fmt: skip


@bp.post("/<int:registration_id>/phone")
@requires(Permission.PHONE_REVEAL)
def phone(registration_id: int) -> str:
    """The whole phone number as filed, on this one answer only; written into the audit trail."""
    with transaction() as session:
        one = registration_of(session, registration_id, viewer(), Permission.PHONE_REVEAL)
        number = reveal_phone(session, one)
    return _page(one, phone=number)


# --- filing -------------------------------------------------------------------------


def _person_id() -> int | None:
    text = request.args.get("person", "")
    return int(text) if text.isdecimal() and len(text) <= ID_DIGITS else None


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.REGISTRATION_FILE)
def create() -> Page:
    """Choose a person, then file them; what the roster knows is filled in."""
    person_id = _person_id()
    if person_id is None:
        return _choose()
    person = person_in_scope(reading(), person_id, viewer(), Permission.REGISTRATION_FILE)
    form = FilingForm(data={"position": person.position, "remark": person.remark})
    if not _is_sound(form, person.phone):
        return _filing(form, person)
    try:
        with transaction() as session:
            person = person_in_scope(session, person_id, viewer(), Permission.REGISTRATION_FILE)
            registration_id = services.file(
                session, person=person, **_contents(session, form, person, person.phone),
                by=viewer().person_id, now=clock.now(),
            )  # fmt: skip
            if form.is_sent:
                services.submit(
                    session, registration_id=registration_id, by=viewer().person_id,
                    now=clock.now(),
                )  # fmt: skip
    except AppError as refusal:
        return _filing(form, person, refusal=refusal)
    return _filed(registration_id, person.name, is_sent=form.is_sent)


def _choose() -> str:
    session, today = reading(), clock.today()
    scope = viewer().scope_of(Permission.REGISTRATION_FILE)
    found = listing(
        session, fileable(scope, today, text=search_text()), sorts=FILEABLE_SORTS,
        default="staff_no", scalars=False,
    )  # fmt: skip
    return render_template(
        "registrations/choose.html", listing=found, people=[person_view(row) for row in found.items]
    )


def _is_sound(form: FilingForm, known_phone: str) -> bool:
    """Sent, sound, and with a phone number, be it the one already known."""
    if not form.ask():
        return False
    if not form.phone.data and not known_phone:
        form.refuse("phone", _("请填写联系电话"))
        return False
    return True


def _contents(session: Any, form: FilingForm, person: PersonView, phone: str) -> dict[str, Any]:
    unit = unit_in_scope(session, person.unit_id or 0, viewer(), Permission.REGISTRATION_FILE)
    return {
        "unit": unit, "position": form.position.data or "", "phone": form.phone.data or phone,
        "remark": form.remark.data or "",
    }  # fmt: skip


def _filing(
    form: FilingForm, person: PersonView, *, one: RegistrationView | None = None,
    refusal: AppError | None = None,
) -> Page:  # fmt: skip
    """The form; refused, it keeps what was typed and says why."""
    html = render_template(
        "registrations/edit.html", form=form, person=person, one=one,
        refusal=refusal.detail if refusal else "",
        other=refusal.extra.get("registration") if refusal else None,
        known_phone=one.phone if one else person.phone,
    )  # fmt: skip
    if refusal is not None:
        return html, refusal.status
    return html, REFUSED if form.errors else 200


def _filed(registration_id: int, name: str, *, is_sent: bool) -> BaseResponse:
    if is_sent:
        flash(_("已提交%(name)s的备案，等办公室审核", name=name), "success")
    else:
        flash(_("已存为草稿，还没有提交"), "success")
    return _to(registration_id)


@bp.route("/<int:registration_id>/edit", methods=["GET", "POST"])
@requires(Permission.REGISTRATION_FILE)
def edit(registration_id: int) -> Page:
    """Correct a draft or a returned filing, and send it."""
    one = _found(registration_id, Permission.REGISTRATION_FILE)
    if one.state not in (RegistrationState.DRAFT, RegistrationState.RETURNED):
        flash(_("这份备案已经提交或办结，不能再改。"), "warning")
        return _to(registration_id)
    person = person_in_scope(reading(), one.person_id, viewer(), Permission.REGISTRATION_FILE)
    form = FilingForm(
        data={"position": one.position, "remark": one.remark, "revision": one.revision}
    )
    if not _is_sound(form, one.phone):
        return _filing(form, person, one=one)
    try:
        with transaction() as session:
            now = registration_of(session, one.id, viewer(), Permission.REGISTRATION_FILE)
            person = person_in_scope(session, one.person_id, viewer(), Permission.REGISTRATION_FILE)
            services.change(
                session, registration=now, seen=form.seen, person=person,
                **_contents(session, form, person, now.phone),
            )  # fmt: skip
            if form.is_sent:
                services.submit(
                    session, registration_id=one.id, by=viewer().person_id, now=clock.now()
                )
    except AppError as refusal:
        return _filing(form, person, one=one, refusal=refusal)
    return _filed(one.id, person.name, is_sent=form.is_sent)


@bp.post("/<int:registration_id>/submit")
@requires(Permission.REGISTRATION_FILE)
def submit(registration_id: int) -> BaseResponse:
    """Send a draft or a returned filing as it stands."""
    one = _found(registration_id, Permission.REGISTRATION_FILE)
    with transaction() as session:
        services.submit(session, registration_id=one.id, by=viewer().person_id, now=clock.now())
    return _filed(one.id, one.name, is_sent=True)


@bp.route("/<int:registration_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.REGISTRATION_FILE)
def withdraw(registration_id: int) -> Page:
    """Ask, then take a filing back."""
    one = _found(registration_id, Permission.REGISTRATION_FILE)
    if request.method == "GET":
        return render_template("registrations/withdraw.html", one=one)
    with transaction() as session:
        services.withdraw(session, registration_id=one.id, by=viewer().person_id, now=clock.now())
    flash(_("已撤回%(name)s的备案", name=one.name), "success")
    return _to(one.id)


# --- the office decides -------------------------------------------------------------


@bp.post("/<int:registration_id>/record")
@requires(Permission.REGISTRATION_DECIDE)
def record(registration_id: int) -> BaseResponse:
    """Record a filing; the answer names its number."""
    one, form = _found(registration_id, Permission.REGISTRATION_DECIDE), SeenForm()
    try:
        with transaction() as session:
            number = services.record_(
                session, registration_id=one.id, by=viewer().person_id, now=clock.now(),
                revision=form.seen,
            )  # fmt: skip
    except Conflict as refusal:
        flash(refusal.detail, "error")
    else:
        flash(_("已准予备案，编号 %(number)s", number=number), "success")
    return _to(one.id)


@bp.route("/<int:registration_id>/return", methods=["GET", "POST"])
@requires(Permission.REGISTRATION_DECIDE)
def return_(registration_id: int) -> Page:
    """Ask why, then send a filing back to its unit."""
    one, form = _found(registration_id, Permission.REGISTRATION_DECIDE), ReturnForm()
    if not form.ask():
        form.revision.data = form.revision.data or str(one.revision)
        html = render_template("registrations/return.html", one=one, form=form)
        return html, REFUSED if form.errors else 200
    try:
        with transaction() as session:
            services.return_(
                session, registration_id=one.id, reason=form.reason.data or "",
                by=viewer().person_id, now=clock.now(), revision=form.seen,
            )  # fmt: skip
    except Conflict as refusal:
        form.refuse("reason", refusal.detail)
        return render_template("registrations/return.html", one=one, form=form), CONFLICT
    flash(_("已退回%(name)s的备案", name=one.name), "success")
    return _to(one.id)
