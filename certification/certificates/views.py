"""Certificates: the register, one's own, the sheet, its PDF, and revoking."""

from __future__ import annotations

from datetime import date, timedelta

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext

from certification.certificates import queries, services
from certification.certificates.formats.pdf import Sheet, qr_path, rendered
from certification.certificates.forms import RevokeForm, VerifyForm
from certification.certificates.queries import CertificateView
from certification.certificates.rules import (
    CertificateState,
    plain_code,
    same_number,
    spaced_code,
)
from core import clock
from core.db import reading, transaction
from core.errors import Invalid
from core.formats import marks_text
from core.guards import public, requires, viewer
from core.listing import listing, search_text
from core.permissions import Permission
from core.workbooks import XLSX_TYPE, write_table

bp = Blueprint("certificates", __name__)

REFUSED = 422
UNKNOWN = 404
STATE_WORDS = {
    CertificateState.VALID: _l("有效"),
    CertificateState.EXPIRING: _l("即将到期"),
    CertificateState.EXPIRED: _l("已过期"),
    CertificateState.SUPERSEDED: _l("已被接替"),
    CertificateState.REVOKED: _l("已撤销"),
}


def _chosen() -> CertificateState | None:
    wanted = request.args.get("state", "")
    return CertificateState(wanted) if wanted in list(CertificateState) else None


def _soon(day: date) -> tuple[int, date]:
    remind = queries.remind_days(reading(), day)
    return remind, day + timedelta(days=remind)


@bp.get("/certificates")
@requires(Permission.CERTIFICATE_READ)
def index() -> str:
    """The certificates that the viewer may read."""
    day = clock.today()
    remind, until = _soon(day)
    chosen = _chosen()
    found = listing(
        reading(),
        queries.certificates(
            viewer(), day, until, text=search_text(), state=chosen
        ),
        sorts=queries.SORTS, default="-number", scalars=False,
    )  # fmt: skip
    return render_template(
        "certificates/index.html", listing=found, chosen=chosen, state_words=STATE_WORDS,
        rows=[queries.view_of(row, day, remind) for row in found.items],
    )  # fmt: skip


@bp.get("/certificates.xlsx")
@requires(Permission.CERTIFICATE_READ)
def export() -> Response:
    """All certificates that the page lists, as a workbook."""
    day = clock.today()
    remind, until = _soon(day)
    query = queries.certificates(
        viewer(), day, until, text=search_text(), state=_chosen()
    ).order_by(queries.SORTS["number"])
    rows = [queries.view_of(row, day, remind) for row in reading().execute(query)]
    data = write_table(
        pgettext("全部", "证书"),
        [_("编号"), _("持证人"), _("工号"), _("单位"), pgettext("一场", "考试"), _("成绩"), _("发证日期"),
         _("有效期至"), _("状态")],
        [
            (one.number, one.holder, one.staff_no, one.unit_name, one.exam_title,
             marks_text(one.marks), one.issued_on.isoformat(), one.valid_through.isoformat(),
             str(STATE_WORDS[one.state]))
            for one in rows
        ],
        widths=(24, 12, 12, 28, 36, 8, 14, 14, 12),
    )  # fmt: skip
    response = make_response(data)
    response.mimetype = XLSX_TYPE
    response.headers["Content-Disposition"] = 'attachment; filename="certificates.xlsx"'
    return response


@bp.get("/my/certificates")
@requires(Permission.RESULT_OWN)
def mine() -> str:
    """The viewer's own certificates, newest first."""
    found = queries.certificates_of(reading(), viewer().person_id, clock.today())
    return render_template("certificates/mine.html", certificates=found)


@bp.get("/certificates/<int:certificate_id>")
@requires(Permission.ACCOUNT_OWN)
def show(certificate_id: int) -> str:
    """The sheet as it is printed, for its holder and readers in scope."""
    person = viewer()
    found = queries.certificate_of(reading(), certificate_id, person, clock.today())
    side, path = qr_path(_address(found))
    is_own = found.person_id == person.person_id
    return render_template(
        "certificates/show.html", certificate=found, sheet=_sheet(found), qr_side=side,
        qr_path=path,
        back_url=url_for("certificates.mine" if is_own else "certificates.index"),
        may_revoke=person.may(Permission.CERTIFICATE_REVOKE)
        and not is_own and found.revoked_on is None,
    )  # fmt: skip


@bp.get("/certificates/<int:certificate_id>.pdf")
@requires(Permission.ACCOUNT_OWN)
def pdf(certificate_id: int) -> Response:
    """The sheet as PDF/A."""
    found = queries.certificate_of(reading(), certificate_id, viewer(), clock.today())
    response = make_response(rendered(_sheet(found)))
    response.mimetype = "application/pdf"
    name = "".join(letter for letter in found.number if letter.isdecimal() or letter == "-")
    response.headers["Content-Disposition"] = f'inline; filename="certificate-{name}.pdf"'
    return response


@bp.route("/certificates/<int:certificate_id>/revoke", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REVOKE)
def revoke(certificate_id: int) -> str | Response | tuple[str, int]:
    """Ask from when and why, then revoke."""
    found = queries.certificate_of(reading(), certificate_id, viewer(), clock.today())
    form = RevokeForm()
    if request.method == "GET":
        form.effective_on.data = clock.today()
    if form.ask() and form.effective_on.data is not None:
        try:
            with transaction() as session:
                services.revoke(
                    session, certificate_id=certificate_id, reason=str(form.reason.data),
                    effective_on=form.effective_on.data, by_id=viewer().person_id,
                    now=clock.now(),
                )  # fmt: skip
            flash(_("证书 %(number)s 已撤销。", number=found.number), "success")
            return redirect_to(found)
        except Invalid as error:
            form.refuse(error.extra["field"], error.detail)
    html = render_template("certificates/revoke.html", form=form, certificate=found)
    return html, REFUSED if form.errors else 200


def redirect_to(found: CertificateView) -> Response:
    """To the sheet of a certificate."""
    return make_response(redirect(url_for("certificates.show", certificate_id=found.id)))


# --- the public check -------------------------------------------------------------


@bp.get("/verify")
@public
def verify_form() -> Response:
    """The form; with number and code in the address, the answer."""
    form = VerifyForm(formdata=request.args or None)
    if not request.args:
        return _verification(form, None, is_asked=False)
    if not form.validate():
        return _verification(form, None, is_asked=False, status=REFUSED)
    found = queries.verification(reading(), plain_code(str(form.code.data)), clock.today())
    if found is not None and not same_number(str(form.number.data), found.number):
        found = None
    return _verification(form, found)


@bp.get("/verify/<code>")
@public
def verify(code: str) -> Response:
    """The answer for a code, as the QR on a certificate leads to it."""
    found = queries.verification(reading(), plain_code(code), clock.today())
    return _verification(VerifyForm(formdata=None), found)


def _verification(
    form: VerifyForm, found: CertificateView | None, *, is_asked: bool = True, status: int = 200
) -> Response:
    response = make_response(
        render_template(
            "certificates/verify.html", form=form, certificate=found, is_asked=is_asked,
            now=clock.now(),
        ),
        UNKNOWN if is_asked and found is None else status,
    )  # fmt: skip
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


# --- what is printed --------------------------------------------------------------


def _root() -> str:
    return (current_app.extensions["settings"].public_url or request.host_url).rstrip("/")


def _site() -> str:
    return _root().split("://", 1)[-1] + url_for("certificates.verify_form")


def _address(found: CertificateView) -> str:
    return _root() + url_for("certificates.verify", code=found.code)


def _day(day: date) -> str:
    """Always in Chinese: the sheet is an official paper."""
    return f"{day.year}年{day.month}月{day.day}日"  # untranslated


def _sheet(found: CertificateView) -> Sheet:
    """The words of the printed sheet; its language does not follow the viewer's."""
    words = {
        CertificateState.EXPIRED: "已过期",  # untranslated
        CertificateState.SUPERSEDED: "已被接替",  # untranslated
        CertificateState.REVOKED: "已撤销",  # untranslated
    }
    issued = found.issued_on
    return Sheet(
        title=f"合格证书 {found.number}",  # untranslated
        number=found.number, holder=found.holder,
        unit=found.unit_name, exam=found.exam_title, issued=_day(issued),
        through=_day(found.valid_through), code=spaced_code(found.code),
        office=current_app.extensions["settings"].org_name, site=_site(),
        address=_address(found), date=(issued.year, issued.month, issued.day),
        across=words.get(found.state, ""),
    )  # fmt: skip
