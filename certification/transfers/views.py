"""Transfers: the list, its workbook, and asking for one."""

from __future__ import annotations

from datetime import date
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
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse

from accounts.units.queries import tree
from certification.registrations.queries import RegistrationView, registration_of
from certification.registrations.rules import RegistrationState, free_from
from certification.staffing.queries import candidates, left_after
from certification.staffing.rules import Left
from certification.steps.services import missing_for
from certification.transfers import queries, services
from certification.transfers.forms import TransferForm
from certification.transfers.rules import TransferState, days_early
from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Invalid, NotFound
from core.guards import requires, viewer
from core.listing import listing, search_text
from core.permissions import Permission
from core.rulebook.queries import values_on, version_number
from core.workbooks import XLSX_TYPE, write_table

bp = Blueprint("transfers", __name__)

REFUSED = 422
ID_DIGITS = 9
EXPORT_LIMIT = 20_000
State = TransferState
STATE_WORDS = {
    State.REQUESTED: _l("待决"),
    State.APPROVED: _l("已批准"),
    State.CARRIED_OUT: _l("已办理"),
    State.REFUSED: _l("未批准"),
    State.WITHDRAWN: _l("已撤回"),
}
HOLD_WORDS = {"inside": _l("锁定期内"), "outside": _l("锁定期外")}


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= ID_DIGITS else None


def _filters() -> dict[str, Any]:
    """What the address asks for; what nobody can mean is left out."""
    hold = request.args.get("hold", "")
    return {
        "text": search_text(), "unit_id": _number("unit"),
        "hold": hold if hold in HOLD_WORDS else "",
    }  # fmt: skip


def _state() -> TransferState:
    wanted = request.args.get("state", "")
    return State(wanted) if wanted in list(State) else State.REQUESTED


@bp.get("/transfers")
@requires(Permission.TRANSFER_READ)
def index() -> str:
    """The transfers that the viewer may read, by state."""
    session, day, filters, state = reading(), clock.today(), _filters(), _state()
    is_waiting = state in (State.REQUESTED, State.APPROVED)
    found = listing(
        session, queries.transfers(viewer(), day, state=state, **filters), sorts=queries.SORTS,
        default="effective" if is_waiting else "-effective", scalars=False,
    )  # fmt: skip
    return render_template(
        "transfers/index.html", listing=found, state=state, filters=filters, today=day,
        rows=[queries.transfer_view(row) for row in found.items], state_words=STATE_WORDS,
        hold_words=HOLD_WORDS,
        counts=queries.counts_by_state(session, queries.transfers(viewer(), day, **filters)),
        units=tree(session, day, viewer().scope_of(Permission.TRANSFER_READ)),
    )  # fmt: skip


@bp.get("/transfers.xlsx")
@requires(Permission.TRANSFER_READ)
def export() -> Response:
    """All transfers that the page lists, as a workbook."""
    query = queries.transfers(viewer(), clock.today(), state=_state(), **_filters())
    found = reading().execute(query.order_by(queries.SORTS["effective"]).limit(EXPORT_LIMIT))
    data = write_table(
        _("调岗"),
        [_("工号"), _("姓名"), _("备案号"), _("调出单位"), _("去向"), _("调入后的职务"), _("生效日"),
         _("锁定至"), _("锁定期"), _("理由"), _("批准文件号"), _("接替人"), _("状态"), _("提出人"),
         _("决定人"), _("决定说明")],
        [
            (one.staff_no, one.name, one.registration_number, one.from_unit_name, one.destination,
             one.to_position, one.effective_on.isoformat(), one.held_through.isoformat(),
             str(HOLD_WORDS["inside" if one.is_inside else "outside"]), one.grounds,
             one.document_no, one.successor_name, str(STATE_WORDS[one.state]), one.asked_by_name,
             one.decided_by_name, one.decision_reason)
            for one in map(queries.transfer_view, found)
        ],
        widths=(12, 12, 20, 28, 28, 20, 14, 14, 10, 36, 22, 12, 10, 12, 12, 36),
    )  # fmt: skip
    response = make_response(data)
    response.mimetype = XLSX_TYPE
    response.headers["Content-Disposition"] = 'attachment; filename="transfers.xlsx"'
    return response


@bp.route("/transfers/new", methods=["GET", "POST"])
@requires(Permission.TRANSFER_ASK)
def create() -> str | tuple[str, int] | BaseResponse:
    """Ask to move a registered person; what is needed follows from the day."""
    found = _registration()
    if (there := _under_way(found)) is not None:
        return there
    session, today = reading(), clock.today()
    units = tree(session, today)
    form = TransferForm()
    form.offer(units, without=found.unit_id)
    form.offer_successors(candidates(session, found.unit_id, today, without=found.person_id))
    missing: dict[str, str] = {}
    wants_look = request.form.get("do") == "look"
    if form.ask() and not wants_look:
        try:
            with transaction() as door:
                added = services.ask(
                    door, registration=_registration_in(door), request=form.request(units),
                    by=viewer().person_id, now=clock.now(),
                )  # fmt: skip
            return _asked(added)
        except Invalid as refusal:
            missing = refusal.extra.get("fields", {})
            for field, words in (missing or {refusal.extra["field"]: refusal.detail}).items():
                form.refuse(field, words)
        except Conflict:
            if (there := _under_way(found)) is not None:  # someone was first
                return there
            raise
    return _form_page(form, found, missing, wants_look=wants_look)


def _under_way(found: RegistrationView) -> BaseResponse | None:
    """To the transfer that is under way for a person, where one is."""
    transfer_id = queries.open_transfer(reading(), found.person_id)
    if transfer_id is None:
        return None
    flash(_("%(name)s已经有一份调岗在办理，没有再提一份。", name=found.name), "info")
    return redirect(url_for("transfers.show", transfer_id=transfer_id))


def _registration() -> RegistrationView:
    found = _registration_in(reading())
    if found.state is not RegistrationState.RECORDED:
        raise Conflict(_("%(name)s没有在册的备案，不需要办调岗。", name=found.name))
    return found


def _registration_in(session: Any) -> RegistrationView:
    wanted = _number("registration")
    if wanted is None:
        raise NotFound(_("请从备案进入，再提出调岗。"))
    return registration_of(session, wanted, viewer(), Permission.TRANSFER_ASK)


def _asked(transfer_id: int) -> BaseResponse:
    found = queries.transfer_of(reading(), transfer_id, viewer(), Permission.TRANSFER_READ)
    if found.state is State.APPROVED:
        flash(_("锁定期外，已报备，到生效日办理。"), "success")
    else:
        flash(_("已提交，等领导小组办公室决定。"), "success")
    return redirect(url_for("transfers.show", transfer_id=transfer_id))


def _form_page(
    form: TransferForm, found: RegistrationView, missing: dict[str, str], *, wants_look: bool
) -> tuple[str, int]:
    """The form with the picture of the hold for the day that was typed, where one was."""
    session, today = reading(), clock.today()
    day: date | None = form.effective_on.data
    held = found.held_through or today
    if wants_look and day is not None:
        request_ = services.Request(
            day, grounds=form.grounds.data or "", document_no=form.document_no.data or "",
            successor_id=form.successor_id, gap_until=form.gap_until.data,
        )  # fmt: skip
        missing = missing_for(session, request_.case, held)
    left: Left = left_after(
        session, unit_id=found.unit_id, person_id=found.person_id,
        successor_id=form.successor_id if day else None, effective_on=day or today, today=today,
    )  # fmt: skip
    html = render_template(
        "transfers/create.html", form=form, registration=found, today=today, day=day,
        free_from=free_from(held), days_early=days_early(day, held) if day else 0,
        is_inside=day is not None and day <= held, missing=missing, left=left,
        rules=values_on(session, today),
        version=version_number(session, found.rule_version_id or 0),
        is_own=found.person_id == viewer().person_id,
    )  # fmt: skip
    is_refused = bool(form.errors) and not wants_look
    return html, REFUSED if is_refused else 200
