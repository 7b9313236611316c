"""The register as a page, and the form of the notice as .docx and .xlsx."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import lazy_gettext as _l

from accounts.units.queries import tree
from certification.certificates.queries import remind_days
from certification.registrations.formats import xlsx as xlsx_form
from certification.registrations.queries import RegistrationView, registration_view
from certification.registrations.register import queries
from certification.registrations.register.queries import (
    CertificateFilter,
    Filters,
    HoldFilter,
    Tab,
)
from certification.registrations.register.services import note_export
from certification.registrations.rules import FormRow
from core import clock
from core.db import reading, transaction
from core.formats import masked_phone
from core.guards import requires, viewer
from core.listing import listing, search_text
from core.permissions import Permission
from core.workbooks import XLSX_TYPE

bp = Blueprint("registrations", __name__, url_prefix="/registrations")

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ID_DIGITS = 9
TAB_WORDS = {
    Tab.RECORDED: _l("在册"), Tab.SUBMITTED: _l("待审"), Tab.RETURNED: _l("已退回"),
    Tab.ENDED: _l("已终止"), Tab.DRAFT: _l("草稿"),
}  # fmt: skip
HOLD_WORDS = {
    HoldFilter.SOON: _l("90 天内期满"), HoldFilter.HELD: _l("锁定中"), HoldFilter.FREE: _l("已满"),
}  # fmt: skip
CERTIFICATE_WORDS = {
    CertificateFilter.EXPIRING: _l("即将到期"), CertificateFilter.EXPIRED: _l("已过期或没有"),
}  # fmt: skip


def _filters() -> Filters:
    """What the address asks for; what nobody can mean is left out."""
    args = request.args
    unit, tab = args.get("unit", ""), args.get("tab", "")
    hold, certificate = args.get("hold", ""), args.get("certificate", "")
    return Filters(
        tab=Tab(tab) if tab in list(Tab) else Tab.RECORDED, text=search_text(),
        unit_id=int(unit) if unit.isdecimal() and len(unit) <= ID_DIGITS else None,
        hold=HoldFilter(hold) if hold in list(HoldFilter) else None,
        certificate=CertificateFilter(certificate)
        if certificate in list(CertificateFilter) else None,
    )  # fmt: skip


@bp.get("")
@requires(Permission.REGISTRATION_READ)
def index() -> str:
    """The registrations of the viewer's units, under tabs, with filters and sort in the address."""
    session, person, today, filters = reading(), viewer(), clock.today(), _filters()
    scope = person.scope_of(Permission.REGISTRATION_READ)
    remind = remind_days(session, today)
    found = listing(
        session, queries.register(scope, today, today + timedelta(days=remind), filters),
        sorts=queries.SORTS, default=queries.DEFAULT_SORTS[filters.tab], scalars=False,
    )  # fmt: skip
    return render_template(
        "registrations/index.html", listing=found, filters=filters, today=today, remind=remind,
        rows=[registration_view(row) for row in found.items],
        counts=queries.counts(session, scope, today), units=tree(session, today, scope),
        tabs=[tab for tab in Tab if tab is not Tab.DRAFT or person.may(Permission.REGISTRATION_FILE)],
        tab_words=TAB_WORDS, hold_words=HOLD_WORDS, certificate_words=CERTIFICATE_WORDS,
    )  # fmt: skip


def _form_rows(kind: str) -> tuple[str, list[FormRow]]:
    """What the form holds: the rows that the page lists, and what stands after 单位：.

    Whole phones only for who may reveal them; such an export is written into the audit trail.
    """
    session, filters, person, day = reading(), _filters(), viewer(), clock.today()
    sort = request.args.get("sort", "")
    if sort.lstrip("-") not in queries.SORTS:
        sort = queries.DEFAULT_SORTS[filters.tab]
    read = person.scope_of(Permission.REGISTRATION_READ)
    whole = person.may(Permission.PHONE_REVEAL) and (
        person.scope_of(Permission.PHONE_REVEAL) in (None, read)
    )
    until = day + timedelta(days=remind_days(session, day))
    rows = queries.exported(session, queries.register(read, day, until, filters), sort)
    if whole:
        with transaction() as session:
            note_export(session, filters, count=len(rows), kind=kind)
    units = {row.unit_name for row in rows}
    return units.pop() if len(units) == 1 else "", [_form_row(row, whole=whole) for row in rows]


def _form_row(one: RegistrationView, *, whole: bool) -> FormRow:
    phone = one.phone if whole else masked_phone(one.phone)
    return FormRow(one.name, one.unit_name, one.position, phone, one.remark)


def _file(data: bytes, mimetype: str, name: str) -> Response:
    response = make_response(data)
    response.mimetype = mimetype
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/form.docx")
@requires(Permission.REGISTRATION_READ)
def docx() -> Response:
    """The form of the notice for the list as filtered, for a word processor."""
    from certification.registrations.formats import docx as docx_form  # 0.1 s that few need

    unit, rows = _form_rows("docx")
    return _file(docx_form.write_form(unit, rows), DOCX_TYPE, "registrations.docx")


@bp.get("/form.xlsx")
@requires(Permission.REGISTRATION_READ)
def xlsx() -> Response:
    """The form of the notice for the list as filtered, for a spreadsheet."""
    unit, rows = _form_rows("xlsx")
    return _file(xlsx_form.write_form(unit, rows), XLSX_TYPE, "registrations.xlsx")
