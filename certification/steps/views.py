"""One transfer: its page, the office's decision, and the steps of its unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from accounts.approvals.queries import open_acts
from accounts.people.queries import names
from certification.registry.queries import events_of
from certification.staffing.queries import candidates, deciders, left_after
from certification.staffing.rules import Left, must_acknowledge
from certification.steps.forms import DecideForm, MoveForm, SeenForm, WithdrawForm
from certification.steps.queries import last_failure, may_handle
from certification.transfers import services
from certification.transfers.queries import TransferView, transfer_of
from certification.transfers.rules import TransferState
from certification.transfers.views import REFUSED, STATE_WORDS, bp
from core import clock
from core.db import reading, transaction
from core.errors import AppError, Conflict, Invalid
from core.formats import civil_date_text
from core.guards import requires, viewer
from core.permissions import Permission
from core.rulebook.queries import values_on, version_number

Page = tuple[str, int] | BaseResponse
OVERTAKEN = 409


@bp.get("/transfers/<int:transfer_id>")
@requires(Permission.TRANSFER_READ)
def show(transfer_id: int) -> Page:
    """The transfer with its consequences; the office decides here."""
    found = transfer_of(reading(), transfer_id, viewer(), Permission.TRANSFER_READ)
    return _page(found, _decide_form(found), 200)


def _decide_form(found: TransferView, *, is_sent: bool = False) -> DecideForm:
    """With the papers of the request, or with what the decider sent."""
    papers = {
        "document_no": found.document_no, "successor": str(found.successor_id or ""),
        "gap_until": found.gap_until, "revision": str(found.revision),
    }  # fmt: skip
    form = DecideForm() if is_sent else DecideForm(formdata=None, data=papers)
    form.offer_successors(
        candidates(reading(), found.from_unit_id, clock.today(), without=found.person_id),
        found.successor_id,
    )
    return form


def _page(found: TransferView, form: DecideForm, status: int, said: str = "") -> Page:
    """``said``: what stopped the last try, above the transfer as it is now."""
    session, now = reading(), clock.now()
    today, person = clock.civil_date(now), viewer()
    acts = open_acts(session, services.ACT, subject_id=found.id)
    barred = {found.person_id, found.asked_by, *(act.asked_by for act in acts)}
    is_waiting = found.state is TransferState.REQUESTED
    is_office = person.may(Permission.TRANSFER_DECIDE)
    left = _left(found, form) if found.is_open else _left_then(found)
    rules = values_on(session, today)
    may_ask = found.is_open and may_handle(
        session, found.id, person, Permission.TRANSFER_ASK, today
    )
    html = render_template(
        "transfers/show.html", transfer=found, form=form, said=said, today=today,
        state_word=STATE_WORDS[found.state], left=left, rules=rules,
        must_acknowledge=left is not None
        and must_acknowledge(left, int(rules["coverage.warn_below"])),
        version=version_number(session, found.rule_version_id or 0),
        steps=events_of(session, "transfer", found.id), state_words=STATE_WORDS,
        deciders=deciders(session, now, without=barred) if is_waiting else [],
        may_decide=is_waiting and is_office and person.person_id not in barred
        and not found.is_ended,
        is_barred=is_waiting and is_office and person.person_id in barred,
        may_ask=may_ask,
        may_carry_out=found.is_due(today) and not found.is_ended and may_handle(
            session, found.id, person, Permission.TRANSFER_CARRY_OUT, today
        ),
        failure=last_failure(session, found.id) if found.is_due(today) else "",
        then_successor=names(session, [found.decision.get("successor")]),
    )  # fmt: skip
    return html, status


def _left(found: TransferView, form: DecideForm) -> Left:
    return left_after(
        reading(), unit_id=found.from_unit_id, person_id=found.person_id,
        successor_id=form.successor_id, effective_on=found.effective_on, today=clock.today(),
    )  # fmt: skip


def _left_then(found: TransferView) -> Left | None:
    """What was counted when it was decided."""
    left = found.decision.get("left")
    return Left(**left) if left else None


@bp.post("/transfers/<int:transfer_id>/decide")
@requires(Permission.TRANSFER_DECIDE)
def decide(transfer_id: int) -> Page:
    """Approve as an exception, or refuse; where it is decided already, that decision is shown."""
    found = transfer_of(reading(), transfer_id, viewer(), Permission.TRANSFER_DECIDE)
    form = _decide_form(found, is_sent=True)
    if not form.validate():
        return _page(found, form, REFUSED)
    answer = form.answer()
    try:
        with transaction() as session:
            found = transfer_of(session, transfer_id, viewer(), Permission.TRANSFER_DECIDE)
            services.decide(
                session, transfer=found, revision=form.seen, decision=answer,
                by=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except Invalid as refusal:
        for field, words in refusal.extra["fields"].items():
            form.refuse("reason" if field == "grounds" else field, words)
        return _page(found, form, REFUSED)
    except Conflict as refusal:
        return _overtaken(transfer_id, refusal)
    day = civil_date_text(found.effective_on)
    flash(
        _("已批准%(name)s调岗，%(day)s办理。", name=found.name, day=day) if answer.approve
        else _("没有批准%(name)s调岗，备案不变。", name=found.name),
        "success",
    )  # fmt: skip
    return redirect(url_for("transfers.show", transfer_id=transfer_id))


def _overtaken(transfer_id: int, refusal: AppError) -> Page:
    """The transfer as it is by now, with the sentence that says why nothing was done."""
    found = transfer_of(reading(), transfer_id, viewer(), Permission.TRANSFER_READ)
    return _page(found, _decide_form(found), OVERTAKEN, said=refusal.detail)


@bp.route("/transfers/<int:transfer_id>/move", methods=["GET", "POST"])
@requires(Permission.TRANSFER_ASK)
def move(transfer_id: int) -> Page:
    """Another effective day."""

    def act(session: Any, found: TransferView, form: MoveForm) -> str:
        state = services.move(
            session, transfer=found, revision=form.seen, effective_on=form.effective_on.day,
            reason=form.reason.data or "", by=viewer().person_id, now=clock.now(),
        )  # fmt: skip
        if state is TransferState.REQUESTED:
            return _("生效日已改，要由办公室重新决定。")
        return _("生效日已改，不需要重新决定。")

    return _step(transfer_id, MoveForm(), Permission.TRANSFER_ASK, "transfers/move.html", act)


@bp.route("/transfers/<int:transfer_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.TRANSFER_ASK)
def withdraw(transfer_id: int) -> Page:
    """Take it back before it is carried out."""

    def act(session: Any, found: TransferView, form: WithdrawForm) -> str:
        services.withdraw(
            session, transfer=found, revision=form.seen, reason=form.reason.data or "",
            by=viewer().person_id, now=clock.now(),
        )  # fmt: skip
        return _("调岗已撤回，备案不变。")

    return _step(
        transfer_id, WithdrawForm(), Permission.TRANSFER_ASK, "transfers/withdraw.html", act
    )


@bp.route("/transfers/<int:transfer_id>/carry-out", methods=["GET", "POST"])
@requires(Permission.TRANSFER_CARRY_OUT)
def carry_out(transfer_id: int) -> Page:
    """On or after the effective day: end the registration and move the posting."""

    def act(session: Any, found: TransferView, form: SeenForm) -> str:
        services.carry_out(
            session, transfer=found, revision=form.seen, by=viewer().person_id, now=clock.now()
        )
        return _("已办理，%(name)s的备案从 %(day)s起终止。", name=found.name,
                 day=civil_date_text(found.effective_on))  # fmt: skip

    return _step(
        transfer_id, SeenForm(), Permission.TRANSFER_CARRY_OUT, "transfers/carry_out.html", act
    )


def _step(
    transfer_id: int,
    form: SeenForm,
    permission: Permission,
    template: str,
    act: Callable[[Any, TransferView, Any], str],
) -> Page:
    """Ask, then act in one transaction; what was overtaken shows the transfer as it is."""
    found = transfer_of(reading(), transfer_id, viewer(), permission)
    if request.method == "GET":
        form.revision.data = str(found.revision)
    if form.ask():
        try:
            with transaction() as session:
                found = transfer_of(session, transfer_id, viewer(), permission)
                said = act(session, found, form)
            flash(said, "success")
            return redirect(url_for("transfers.show", transfer_id=transfer_id))
        except Conflict as refusal:
            return _overtaken(transfer_id, refusal)
        except Invalid as refusal:
            field = str(refusal.extra.get("field", ""))
            if field not in form:
                return _overtaken(transfer_id, refusal)
            form.refuse(field, refusal.detail)
    html = render_template(template, form=form, transfer=found, today=clock.today())
    return html, REFUSED if form.errors else 200
