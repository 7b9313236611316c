"""Parts that the verbs of transfers share: tests, sentences, the claim, the note in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.people.queries import PersonView, people, person_view
from accounts.roster import services as roster
from accounts.units.queries import tree
from certification.registrations.rules import free_from, is_inside_hold
from certification.registry.services import enter, event
from certification.staffing.queries import is_certified, left_after
from certification.staffing.rules import Left
from certification.transfers.models import Transfer
from certification.transfers.queries import TransferView
from certification.transfers.rules import Case, Lack, TransferState, days_early, lacks
from core import clock
from core.audit.services import record
from core.db import rows_of
from core.errors import Conflict, Invalid
from core.formats import civil_date_text

RULE = "hold.months"


def lack_words(lack: Lack) -> str:
    """What to do about something that an exception still needs."""
    return {
        Lack.GROUNDS: _("锁定期内调岗要写明理由"),
        Lack.DOCUMENT_NO: _("锁定期内调岗要有批准文件号"),
        Lack.SUCCESSOR: _(
            "请选定生效那天证书有效的接替人，或者写明最晚哪一天有人接替（不早于生效日）"
        ),
    }[lack]


def person_of(session: Session, person_id: int, now: datetime) -> PersonView:
    """Anybody with the latest post."""
    row = session.execute(people(None, clock.civil_date(now)).where(Person.id == person_id)).one()
    return person_view(row)


def check_day(
    session: Session, person_id: int, effective_on: date, recorded_on: date, now: datetime
) -> None:
    """A move follows the recording and the beginning of the present post."""
    person = person_of(session, person_id, now)
    earliest = recorded_on
    if person.is_on_post and person.posted_from is not None:
        earliest = max(earliest, person.posted_from)
    if effective_on <= earliest:
        raise Invalid(
            _("生效日应在 %(day)s之后，那天才备案或到岗。", day=civil_date_text(earliest)),
            field="effective_on",
        )


def missing_for(session: Session, case: Case, held_through: date) -> dict[str, str]:
    """Field → sentence for all that an exception on this day would still need; empty outside."""
    if not is_inside_hold(case.effective_on, held_through):
        return {}
    certified = is_certified(session, case.successor_id, case.effective_on)
    whole = Case(case.effective_on, case.grounds, case.document_no, case.successor_id, certified,
                 case.gap_until)  # fmt: skip
    return {lack.value: lack_words(lack) for lack in lacks(whole)}


def incomplete(fields: Mapping[str, str]) -> Invalid:
    """A refusal that names several fields; ``fields`` in its extra: field → sentence."""
    first = next(iter(fields))
    return Invalid("".join(f"{words}。" for words in fields.values()), field=first, fields=fields)


def check_in_force(transfer: TransferView) -> None:
    """Revoked or departed meanwhile: there is nothing left to move."""
    if transfer.is_ended:
        raise Conflict(
            _("%(name)s的备案已在 %(day)s终止，这份调岗不再需要办理，请联络员撤回。",
              name=transfer.name, day=civil_date_text(transfer.ended_on))
        )  # fmt: skip


def left_of(
    session: Session, unit_id: int, person_id: int, successor_id: int | None, day: date,
    now: datetime,
) -> Left:  # fmt: skip
    """What the unit is left with, counted now."""
    return left_after(
        session, unit_id=unit_id, person_id=person_id, successor_id=successor_id,
        effective_on=day, today=clock.civil_date(now),
    )  # fmt: skip


def left_facts(left: Left) -> dict[str, Any]:
    """The same as JSON, for the decision."""
    return {"left": {"now": left.now, "without": left.without, "filled": left.filled}}


def hold_facts(
    effective_on: date, held: date, rule_version_id: int | None, months: int | None
) -> dict[str, Any]:
    """What every decision states: inside or outside, the rule and its version, the free day."""
    return {
        "day": effective_on.isoformat(), "inside": is_inside_hold(effective_on, held),
        "rule": RULE, "rule_version": rule_version_id, "months": months,
        "held_through": held.isoformat(), "free_from": free_from(held).isoformat(),
        "days_early": days_early(effective_on, held),
    }  # fmt: skip


def claim(
    session: Session, transfer: TransferView, revision: int, states: tuple[TransferState, ...],
    **values: Any,
) -> None:  # fmt: skip
    """Change a transfer that is still as it was seen; of several who try, the first does."""
    claimed = session.execute(
        update(Transfer)
        .where(
            Transfer.id == transfer.id, Transfer.state.in_(states), Transfer.revision == revision
        )
        .values(revision=Transfer.revision + 1, **values)
        .execution_options(synchronize_session=False)
    )
    if not rows_of(claimed):
        raise changed_meanwhile()


def changed_meanwhile() -> Conflict:
    """Somebody else was first."""
    return Conflict(_("这份调岗刚刚被别人办理或改过，这次没有生效。下面是现在的情况。"))


def note(
    session: Session, subject: tuple[int, int], kind: str, action: str, day: date, now: datetime, *,
    by: int | None, reason: str = "", facts: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """A step in the registry's ledger and, as ``action``, in the audit trail."""
    transfer_id, person_id = subject
    enter(session, event(person_id, ("transfer", transfer_id), kind, day, now, by=by,
                         reason=reason, **(facts or {})))  # fmt: skip
    record(session, action, ("transfer", transfer_id),
           facts={"person": person_id, **(facts or {})}, reason=reason)  # fmt: skip


def move_posting(
    session: Session, transfer: TransferView, *, by: int | None, now: datetime
) -> None:
    """The next post from the effective day on; to a place outside, the present one ends before."""
    person = person_of(session, transfer.person_id, now)
    if transfer.to_unit_id is None:
        if person.is_on_post and person.unit_id == transfer.from_unit_id:
            roster.leave(session, person, last_day=transfer.effective_on - timedelta(days=1),
                         reason=_("调往%(place)s", place=transfer.to_place), now=now)  # fmt: skip
        return
    if person.is_on_post and person.unit_id == transfer.to_unit_id:
        return
    units = {node.id: node for node in tree(session, clock.civil_date(now))}
    unit = units.get(transfer.to_unit_id)
    if unit is None:
        raise Conflict(_("调入单位已经不在，请撤回这份调岗，改填去向后重新提出。"))
    roster.post(session, person, unit=unit, position=transfer.to_position,
                since=transfer.effective_on, by=by, now=now)  # fmt: skip
