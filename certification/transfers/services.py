"""Asking for transfers, deciding, moving, withdrawing, and carrying them out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from accounts.approvals import services as approvals
from accounts.approvals.queries import open_acts
from accounts.units.queries import UnitNode
from certification.registrations.queries import RegistrationView
from certification.registrations.rules import EndKind, RegistrationState, is_inside_hold
from certification.registrations.services import end
from certification.staffing.queries import is_certified
from certification.staffing.rules import Left, must_acknowledge
from certification.steps.services import (
    changed_meanwhile,
    check_day,
    check_in_force,
    claim,
    hold_facts,
    incomplete,
    lack_words,
    left_facts,
    left_of,
    missing_for,
    move_posting,
    note,
)
from certification.transfers.models import Transfer
from certification.transfers.queries import TransferView
from certification.transfers.rules import (
    OPEN_STATES,
    Case,
    Decision,
    Lack,
    TransferState,
    lacks,
    state_for,
)
from core import clock
from core.db import upsert
from core.errors import Conflict, Forbidden, Invalid
from core.formats import civil_date_text
from core.rulebook.queries import values_on

ACT = "transfer.decide"
State = TransferState


@dataclass(frozen=True)
class Request:
    """What is asked for. One of ``to_unit`` and ``to_place`` says where to."""

    effective_on: date
    to_unit: UnitNode | None = None
    to_place: str = ""
    to_position: str = ""
    grounds: str = ""
    document_no: str = ""
    successor_id: int | None = None
    gap_until: date | None = None

    @property
    def case(self) -> Case:
        """What is put forward, should it need an exception."""
        return Case(self.effective_on, self.grounds, self.document_no, self.successor_id, False,
                    self.gap_until)  # fmt: skip


def ask(
    session: Session, *, registration: RegistrationView, request: Request, by: int, now: datetime
) -> int:
    """Ask to move a registered person; the transfer's id.

    Outside the hold on the effective day it is a report and approved at once, unless it is one's
    own; else it waits for the office. ``registration`` was fetched for the asker. Invalid (with
    ``fields``: field → sentence, for what an exception lacks), Conflict (one is under way).
    """
    recorded_on, held = _held(registration)
    _check_request(session, registration, request, recorded_on, now)
    missing = missing_for(session, request.case, held)
    if missing:
        raise incomplete(missing)
    state = state_for(request.effective_on, held, None, is_own=by == registration.person_id)
    is_report = state is State.APPROVED
    facts = {
        **hold_facts(request.effective_on, held, registration.rule_version_id,
                     registration.rule_months),
        **left_facts(left_of(session, registration.unit_id, registration.person_id,
                             request.successor_id, request.effective_on, now)),
    }  # fmt: skip
    decided: dict[str, Any] = {"decided_at": now, "decision": facts} if is_report else {}
    added = session.execute(
        upsert(session, Transfer)
        .values(
            person_id=registration.person_id, registration_id=registration.id,
            from_unit_id=registration.unit_id,
            to_unit_id=request.to_unit.id if request.to_unit else None,
            to_place=request.to_place, to_position=request.to_position,
            effective_on=request.effective_on, held_through=held, grounds=request.grounds,
            document_no=request.document_no, successor_id=request.successor_id,
            gap_until=request.gap_until, state=state, revision=1, asked_by=by, asked_at=now,
            decision_reason="", **decided,
        )
        .on_conflict_do_nothing()
        .returning(Transfer.id)
    ).scalar_one_or_none()  # fmt: skip
    if added is None:
        raise Conflict(_("%(name)s已经有一份调岗在办理，没有再提一份。", name=registration.name))
    if state is State.REQUESTED:
        approvals.ask(session, kind=ACT, subject_id=added, reason=request.grounds, by=by, now=now)
    note(session, (added, registration.person_id), "approved" if is_report else "requested",
         "transfer.report" if is_report else "transfer.ask", request.effective_on, now, by=by,
         reason=request.grounds, facts=facts)  # fmt: skip
    return int(added)


def decide(
    session: Session, *, transfer: TransferView, revision: int, decision: Decision, by: int,
    now: datetime,
) -> None:  # fmt: skip
    """The office's decision on what someone else asked for; of two decisions the first counts.

    ``revision``: of the transfer as the decider saw it. The test on the hold is made again. Invalid
    with ``fields`` for what is missing, Forbidden for one's own or what one asked for, Conflict
    where things have changed.
    """
    if by in (transfer.person_id, transfer.asked_by):
        raise Forbidden(
            _("不能决定本人的调岗，也不能决定自己提出的调岗，请由办公室的另一位同事决定。")
        )
    if transfer.state is not State.REQUESTED or transfer.revision != revision:
        raise changed_meanwhile()
    check_in_force(transfer)
    case = Case(
        transfer.effective_on, transfer.grounds or decision.reason, decision.document_no,
        decision.successor_id,
        is_certified(session, decision.successor_id, transfer.effective_on), decision.gap_until,
    )  # fmt: skip
    left = left_of(session, transfer.from_unit_id, transfer.person_id, decision.successor_id,
                   transfer.effective_on, now)  # fmt: skip
    warn_below = int(values_on(session, clock.civil_date(now))["coverage.warn_below"])
    _check_decision(transfer, case, left, warn_below, decision)
    approve = decision.approve
    facts = {
        **hold_facts(transfer.effective_on, transfer.held_through, transfer.rule_version_id,
                     transfer.rule_months),
        **left_facts(left), "warn_below": warn_below, "approved": approve,
        "acknowledged": decision.is_acknowledged, "document_no": decision.document_no,
        "successor": decision.successor_id,
        "gap_until": decision.gap_until.isoformat() if decision.gap_until else None,
    }  # fmt: skip
    values: dict[str, Any] = {
        "state": State.APPROVED if approve else State.REFUSED, "decided_by": by,
        "decided_at": now, "decision": facts, "decision_reason": decision.reason,
    }  # fmt: skip
    if approve:
        values |= {"grounds": case.grounds, "document_no": decision.document_no,
                   "successor_id": decision.successor_id,
                   "gap_until": decision.gap_until}  # fmt: skip
        if transfer.is_inside:
            values["excepted_from"] = transfer.effective_on
    claim(session, transfer, revision, (State.REQUESTED,), **values)
    for act in open_acts(session, ACT, subject_id=transfer.id):
        approvals.decide(session, act_id=act.id, approved=approve, reason=decision.reason, by=by,
                         now=now)  # fmt: skip
    note(session, (transfer.id, transfer.person_id), "approved" if approve else "refused",
         "transfer.approve" if approve else "transfer.refuse", transfer.effective_on, now, by=by,
         reason=decision.reason, facts=facts)  # fmt: skip


def move(
    session: Session, *, transfer: TransferView, revision: int, effective_on: date, reason: str,
    by: int, now: datetime,
) -> State:  # fmt: skip
    """Another effective day, before it is carried out; the state after it.

    Outside the hold, or covered by the exception that was granted, it is (or stays) approved;
    else it waits for a decision (again).
    """
    if not transfer.is_open:
        raise changed_meanwhile()
    check_in_force(transfer)
    check_day(session, transfer.person_id, effective_on, transfer.recorded_on, now)
    if effective_on == transfer.effective_on:
        raise Invalid(_("日期没有变。"), field="effective_on")
    state = state_for(effective_on, transfer.held_through, transfer.excepted_from,
                      is_own=by == transfer.person_id)  # fmt: skip
    if state is State.REQUESTED and not (reason or transfer.grounds):
        raise Invalid(lack_words(Lack.GROUNDS), field="reason")
    facts = {
        **hold_facts(effective_on, transfer.held_through, transfer.rule_version_id,
                     transfer.rule_months),
        "from": transfer.effective_on.isoformat(), "state": state.value,
    }  # fmt: skip
    values: dict[str, Any] = {"effective_on": effective_on, "state": state}
    if not transfer.grounds and reason:
        values["grounds"] = reason
    is_report = state is State.APPROVED and transfer.state is State.REQUESTED
    if is_report and not is_inside_hold(effective_on, transfer.held_through):
        left = left_of(session, transfer.from_unit_id, transfer.person_id, transfer.successor_id,
                       effective_on, now)  # fmt: skip
        values |= {"decided_by": None, "decided_at": now, "decision": facts | left_facts(left),
                   "decision_reason": ""}  # fmt: skip
    claim(session, transfer, revision, OPEN_STATES, **values)
    approvals.take_back(session, kind=ACT, subject_id=transfer.id, by=by, now=now)
    if state is State.REQUESTED:
        approvals.ask(session, kind=ACT, subject_id=transfer.id, by=by, now=now,
                      reason=reason or transfer.grounds)  # fmt: skip
    note(session, (transfer.id, transfer.person_id), "moved", "transfer.move", effective_on, now,
         by=by, reason=reason, facts=facts)  # fmt: skip
    return state


def withdraw(
    session: Session, *, transfer: TransferView, revision: int, reason: str, by: int, now: datetime
) -> None:
    """Take a transfer back before it is carried out; the registration stays as it is."""
    claim(session, transfer, revision, OPEN_STATES, state=State.WITHDRAWN)
    approvals.take_back(session, kind=ACT, subject_id=transfer.id, by=by, now=now)
    note(session, (transfer.id, transfer.person_id), "withdrawn", "transfer.withdraw",
         clock.civil_date(now), now, by=by, reason=reason)  # fmt: skip


def carry_out(
    session: Session, *, transfer: TransferView, revision: int, by: int | None, now: datetime
) -> None:
    """On or after the effective day: end the registration, then move the posting.

    The test on the hold is made once more; the table's own check is the last net. Conflict where it
    is too early, not covered, changed, or the registration has ended by something else.
    """
    today = clock.civil_date(now)
    if transfer.state is not State.APPROVED:
        raise changed_meanwhile()
    check_in_force(transfer)
    if not transfer.is_covered:
        raise Conflict(_("生效日在锁定期内，没有批准的例外，不能办理。请先由办公室决定。"))
    if transfer.effective_on > today:
        raise Conflict(
            _("%(day)s才生效，到那一天再办理。", day=civil_date_text(transfer.effective_on))
        )
    claim(session, transfer, revision, (State.APPROVED,), state=State.CARRIED_OUT,
          carried_out_at=now)  # fmt: skip
    end(
        session, registration_id=transfer.registration_id, kind=EndKind.TRANSFER,
        ended_on=transfer.effective_on,
        grounds=transfer.grounds or _("调往%(place)s", place=transfer.destination), by=by, now=now,
    )  # fmt: skip
    move_posting(session, transfer, by=by, now=now)
    note(session, (transfer.id, transfer.person_id), "carried_out", "transfer.carry_out",
         transfer.effective_on, now, by=by,
         facts={"to_unit": transfer.to_unit_id, "to_place": transfer.to_place})  # fmt: skip


def _held(registration: RegistrationView) -> tuple[date, date]:
    """The days from and through which a registration in force holds its person."""
    recorded_on, held = registration.recorded_on, registration.held_through
    if registration.state is not RegistrationState.RECORDED or recorded_on is None or held is None:
        raise Conflict(_("%(name)s没有在册的备案，不需要办调岗。", name=registration.name))
    return recorded_on, held


def _check_request(
    session: Session, registration: RegistrationView, request: Request, recorded_on: date,
    now: datetime,
) -> None:  # fmt: skip
    check_day(session, registration.person_id, request.effective_on, recorded_on, now)
    if request.to_unit is None and not request.to_place:
        raise Invalid(_("请选定调入单位，或者写明去向"), field="to_unit")
    if request.to_unit is not None and request.to_unit.id == registration.unit_id:
        raise Invalid(_("调入单位和现在的单位相同，不需要办调岗"), field="to_unit")
    if request.to_unit is not None and not request.to_position:
        raise Invalid(_("请填写调入后的职务"), field="to_position")
    if request.successor_id == registration.person_id:
        raise Invalid(_("接替人不能是本人"), field="successor")


def _check_decision(
    transfer: TransferView, case: Case, left: Left, warn_below: int, decision: Decision
) -> None:
    if not decision.approve:
        if not decision.reason:
            raise incomplete({"reason": _("不批准要写明理由，申请单位会看到")})
        return
    missing = {lack.value: lack_words(lack) for lack in lacks(case)} if transfer.is_inside else {}
    if must_acknowledge(left, warn_below) and not decision.is_acknowledged:
        missing["acknowledged"] = _("请确认已知道调出后只剩 %(n)s 人持证备案", n=left.after)
    if missing:
        raise incomplete(missing)
