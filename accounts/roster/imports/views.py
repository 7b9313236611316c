"""Pages of the import: upload, preview, and the list of first passwords."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from accounts.roster.imports import queries, services
from accounts.roster.imports.forms import ConfirmForm, UploadForm
from accounts.roster.imports.rules import HEADINGS, MAX_ROWS, Outcome, Row
from accounts.roster.imports.sheet import read_upload
from accounts.roster.rules import FirstPassword
from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.guards import requires, viewer
from core.listing import Listing
from core.passwords import readable_password
from core.permissions import Permission
from core.workbooks import XLSX_TYPE, write_table

bp = Blueprint("imports", __name__, url_prefix="/import")

PER_PAGE = 50
PAGE_DIGITS = 4


@bp.route("", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
def create() -> str | BaseResponse:
    """Upload a roster; nothing is entered yet."""
    form = UploadForm()
    if form.ask():
        sent = form.file.data
        data = sent.read()
        try:
            rows = read_upload(sent.filename or "", data)
        except Invalid as refusal:
            form.refuse("file", refusal.detail)
        else:
            with transaction() as session:
                import_id = services.keep_upload(
                    session, filename=sent.filename or "", data=data, rows=rows,
                    by=viewer().person_id, now=clock.now(),
                )  # fmt: skip
            return redirect(url_for("roster.imports.preview", import_id=import_id))
    return render_template("roster/upload.html", form=form, limit=MAX_ROWS)


@bp.get("/template.xlsx")
@requires(Permission.PEOPLE_MANAGE)
def template() -> Response:
    """An empty workbook with the headings and a page of explanations."""
    notes = [
        _("工号：字母、数字和短横线，每人一个，登录时用。"),
        _("单位：写单位现在的全称，只能是您负责的单位。"),
        _("联系电话：11 位手机号，或带区号的固定电话。"),
        _("职务、备注可以不填。每次最多 %(n)s 人。", n=MAX_ROWS),
        _("已经登记的工号：职务、电话、备注有变化的会列为存疑，核对后更新。"),
    ]
    heads = [aliases[0] for aliases in HEADINGS.values()]
    data = write_table(_("人员名册"), heads, [], widths=(14, 12, 30, 20, 16, 24), notes=notes)
    response = Response(data, mimetype=XLSX_TYPE)
    response.headers.set("Content-Disposition", "attachment", filename="roster-template.xlsx")
    return response


@bp.get("/<int:import_id>")
@requires(Permission.PEOPLE_MANAGE)
def preview(import_id: int) -> str:
    """What each row of an upload comes to."""
    session = reading()
    upload = queries.import_of(session, import_id, viewer())
    judged = services.judge(session, [Row(**row) for row in upload.rows], viewer())
    counts = Counter(one.outcome for one in judged)
    only = request.args.get("only", "")
    shown = [one for one in judged if one.outcome == only] if only in set(Outcome) else judged
    form = ConfirmForm(formdata=None, data={"seen": services.digest(judged)})
    return render_template(
        "roster/preview.html", upload=upload, listing=_page(shown), counts=counts, only=only,
        total=len(judged), form=form, Outcome=Outcome,
    )  # fmt: skip


def _page(rows: list[services.Judged]) -> Listing:
    """One page of rows that are at hand already."""
    text = request.args.get("page", "1")
    wanted = int(text) if text.isdecimal() and len(text) <= PAGE_DIGITS else 1
    page = min(max(wanted, 1), max(1, -(-len(rows) // PER_PAGE)))
    items = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    args = {key: value for key, value in request.args.items() if value}
    return Listing(items, len(rows), page, PER_PAGE, "", request.path, args)


@bp.post("/<int:import_id>")
@requires(Permission.PEOPLE_MANAGE)
def confirm(import_id: int) -> BaseResponse:
    """Import; the answer shows the first passwords, once, and nothing keeps them in clear."""
    form = ConfirmForm()
    with_doubtful = bool(form.with_doubtful.data)
    session = reading()
    upload = queries.import_of(session, import_id, viewer())
    judged = services.judge(session, [Row(**row) for row in upload.rows], viewer())
    new = [one for one in services.chosen(judged, with_doubtful=with_doubtful) if one.is_new]
    passwords = {one.staff_no: readable_password() for one in new}
    hashes = services.hash_all(passwords)  # before the transaction: it takes its time
    with transaction() as session:
        upload = queries.import_of(session, import_id, viewer())
        taken = services.import_rows(
            session, upload, seen=form.seen.data or "", hashes=hashes,
            with_doubtful=with_doubtful, viewer=viewer(), now=clock.now(),
        )  # fmt: skip
    given = [
        FirstPassword(one.staff_no, one.name, one.row.unit, passwords[one.staff_no])
        for one in taken
        if one.is_new
    ]
    html = render_template("roster/imported.html", given=given, changed=len(taken) - len(given))
    response = make_response(html)
    response.headers["Cache-Control"] = "no-store"
    return response
