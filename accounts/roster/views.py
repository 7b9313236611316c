"""Pages of the roster: the list, a person, and what a coordinator changes there."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from accounts.people.queries import PersonView, person_in_scope, person_view
from accounts.roles.forms import ROLE_LABELS
from accounts.roles.queries import grants_of
from accounts.roster import queries, services
from accounts.roster.forms import FactsForm, LeaveForm, PersonForm, PostingForm
from accounts.roster.imports.views import bp as imports_bp
from accounts.roster.rules import FirstPassword
from accounts.signin.services import hash_password
from accounts.units.queries import UnitNode, tree, unit_in_scope
from core import clock, formats
from core.db import reading, transaction
from core.errors import AppError
from core.guards import requires, viewer
from core.listing import listing, search_text
from core.passwords import readable_password
from core.permissions import Permission
from core.workbooks import XLSX_TYPE, write_table

bp = Blueprint("roster", __name__, url_prefix="/people")
bp.register_blueprint(imports_bp)

ID_DIGITS = 9
STATES = ("on", "left", "none", "all")


def _filters() -> dict[str, Any]:
    """What the address asks for; what nobody can mean is left out."""
    unit = request.args.get("unit", "")
    state = request.args.get("state", "on")
    return {
        "search": search_text(),
        "unit_id": int(unit) if unit.isdecimal() and len(unit) <= ID_DIGITS else None,
        "state": state if state in STATES else "on",
    }


def _units(permission: Permission) -> list[UnitNode]:
    return tree(reading(), clock.today(), viewer().scope_of(permission))


@bp.get("")
@requires(Permission.PEOPLE_READ)
def index() -> str:
    """The people of the viewer's units, with search, filters, sort and pages in the address."""
    session, today, filters = reading(), clock.today(), _filters()
    scope = viewer().scope_of(Permission.PEOPLE_READ)
    found = listing(
        session, queries.roster(scope, today, **filters), sorts=queries.SORTS, default="staff_no",
        scalars=False,
    )  # fmt: skip
    everyone = queries.roster(scope, today, **{**filters, "state": ""})
    return render_template(
        "roster/index.html", listing=found, people=[person_view(row) for row in found.items],
        units=_units(Permission.PEOPLE_READ), filters=filters, today=today,
        counts=queries.counts(session, everyone),
    )  # fmt: skip


@bp.get("/export.xlsx")
@requires(Permission.PEOPLE_READ)
def export() -> Response:
    """The list as filtered, as a workbook; phones masked, nothing is a formula."""
    scope = viewer().scope_of(Permission.PEOPLE_READ)
    query = queries.roster(scope, clock.today(), **_filters())
    heads = [
        _("工号"),
        _("姓名"),
        _("单位"),
        _("职务"),
        _("联系电话"),
        _("备注"),
        _("到岗日期"),
        _("离岗日期"),
    ]
    rows = (
        (p.staff_no, p.name, p.unit_name, p.position, formats.masked_phone(p.phone), p.remark,
         p.posted_from or "", p.posted_to or "")
        for p in queries.exported(reading(), query)
    )  # fmt: skip
    data = write_table(_("人员名册"), heads, rows, widths=(14, 12, 30, 20, 16, 24, 14, 14))
    response = Response(data, mimetype=XLSX_TYPE)
    response.headers.set("Content-Disposition", "attachment", filename="roster.xlsx")
    return response


@bp.get("/<int:person_id>")
@requires(Permission.PEOPLE_READ)
def show(person_id: int) -> str:
    """One person: facts, posts, roles, sign-in."""
    return _page(person_in_scope(reading(), person_id, viewer(), Permission.PEOPLE_READ))


def _page(person: PersonView, phone: str = "") -> str:
    session, now = reading(), clock.now()
    return render_template(
        "roster/show.html", person=person, phone=phone, role_labels=ROLE_LABELS,
        postings=queries.postings_of(session, person.id, clock.civil_date(now)),
        grants=grants_of(session, person.id, now), account=queries.account_of(session, person.id),
        is_self=person.id == viewer().person_id, held=_held(person.id),
    )  # fmt: skip


def _held(person_id: int) -> queries.Held | None:
    """Why the person may not simply be moved or leave."""
    return queries.held(reading(), [person_id], clock.today()).get(person_id)


@bp.post("/<int:person_id>/phone")
@requires(Permission.PHONE_REVEAL)
def phone(person_id: int) -> str:
    """The whole phone number, on this one answer only; written into the audit trail."""
    with transaction() as session:
        person = person_in_scope(session, person_id, viewer(), Permission.PHONE_REVEAL)
        number = services.reveal_phone(session, person)
    return _page(person, phone=number)


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
def create() -> str | BaseResponse:
    """Enter a person; the answer shows the first password, once."""
    form = PersonForm(data={"since": clock.today()})
    form.offer(_units(Permission.PEOPLE_MANAGE))
    if form.ask():
        password = readable_password()
        digest = hash_password(password)  # before the transaction: it takes its time
        try:
            with transaction() as session:
                unit = unit_in_scope(session, form.unit_id, viewer(), Permission.PEOPLE_MANAGE)
                facts = services.NewPerson(
                    staff_no=form.staff_no.data or "", name=form.name.data or "",
                    phone=form.phone.data or "", remark=form.remark.data or "", unit_id=unit.id,
                    position=form.position.data or "", since=form.since.day,
                )  # fmt: skip
                person_id = services.add_person(
                    session, facts, password_hash=digest, by=viewer().person_id, now=clock.now()
                )
        except AppError as refusal:
            form.refuse(refusal.extra.get("field", "unit"), refusal.detail)
        else:
            return _password_once(person_id, password, is_new=True)
    return render_template("roster/create.html", form=form)


def _password_once(person_id: int, password: str, *, is_new: bool) -> BaseResponse:
    """The page with a first password; no copy of it is kept anywhere."""
    person = person_in_scope(reading(), person_id, viewer(), Permission.PEOPLE_READ)
    given = FirstPassword(person.staff_no, person.name, person.unit_name, password)
    html = render_template("roster/password.html", given=given, is_new=is_new, person=person)
    response = make_response(html)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.route("/<int:person_id>/edit", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
def edit(person_id: int) -> str | BaseResponse:
    """Correct name, phone and remark."""
    person = person_in_scope(reading(), person_id, viewer(), Permission.PEOPLE_MANAGE)
    form = FactsForm(data={"name": person.name, "remark": person.remark})
    if form.ask():
        with transaction() as session:
            person = person_in_scope(session, person_id, viewer(), Permission.PEOPLE_MANAGE)
            changed = services.change_facts(
                session, person, name=form.name.data or "", phone=form.phone.data or None,
                remark=form.remark.data or "",
            )  # fmt: skip
        flash(_("已保存") if changed else _("没有改动"), "success")
        return redirect(url_for("roster.show", person_id=person_id))
    return render_template("roster/edit.html", form=form, person=person)


@bp.route("/<int:person_id>/posting", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
def posting(person_id: int) -> str | BaseResponse:
    """A new post from a day on."""
    person = person_in_scope(reading(), person_id, viewer(), Permission.PEOPLE_MANAGE)
    form = PostingForm(
        data={
            "unit": str(person.unit_id or ""),
            "position": person.position,
            "since": clock.today(),
        }
    )
    form.offer(_units(Permission.PEOPLE_MANAGE))
    if form.ask():
        try:
            with transaction() as session:
                person = person_in_scope(session, person_id, viewer(), Permission.PEOPLE_MANAGE)
                unit = unit_in_scope(session, form.unit_id, viewer(), Permission.PEOPLE_MANAGE)
                services.post(
                    session, person, unit=unit, position=form.position.data or "",
                    since=form.since.day, by=viewer().person_id, now=clock.now(),
                )  # fmt: skip
        except AppError as refusal:
            form.refuse(refusal.extra.get("field", "unit"), refusal.detail)
        else:
            day = formats.civil_date_text(form.since.day)
            flash(_("%(name)s从 %(day)s起任新职", name=person.name, day=day), "success")
            return redirect(url_for("roster.show", person_id=person_id))
    return render_template("roster/posting.html", form=form, person=person, held=_held(person_id))


@bp.route("/<int:person_id>/leave", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
def leave(person_id: int) -> str | BaseResponse:
    """End the present post."""
    person = person_in_scope(reading(), person_id, viewer(), Permission.PEOPLE_MANAGE)
    form = LeaveForm(data={"last_day": clock.today()})
    if form.ask():
        try:
            with transaction() as session:
                person = person_in_scope(session, person_id, viewer(), Permission.PEOPLE_MANAGE)
                services.leave(
                    session, person, last_day=form.last_day.day, reason=form.reason.data or "",
                    now=clock.now(),
                )  # fmt: skip
        except AppError as refusal:
            form.refuse(refusal.extra.get("field", "last_day"), refusal.detail)
        else:
            day = formats.civil_date_text(form.last_day.day)
            flash(_("%(name)s已离岗，最后一天是 %(day)s", name=person.name, day=day), "success")
            return redirect(url_for("roster.show", person_id=person_id))
    return render_template("roster/leave.html", form=form, person=person, held=_held(person_id))


@bp.route("/<int:person_id>/password", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_RESET)
def password(person_id: int) -> str | BaseResponse:
    """Ask, then give a new first password and show it once."""
    person = person_in_scope(reading(), person_id, viewer(), Permission.ACCOUNT_RESET)
    if request.method == "GET":
        return render_template("roster/ask_password.html", person=person)
    fresh = readable_password()
    digest = hash_password(fresh)
    with transaction() as session:
        person = person_in_scope(session, person_id, viewer(), Permission.ACCOUNT_RESET)
        services.reset_password(
            session, person, password_hash=digest, viewer=viewer(), now=clock.now()
        )
    return _password_once(person_id, fresh, is_new=False)
