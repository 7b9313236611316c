"""When a registered person may be moved, as pure decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from certification.registrations.rules import free_from, is_inside_hold


class TransferState(StrEnum):
    """requested → approved | refused | withdrawn → carried_out."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CARRIED_OUT = "carried_out"


OPEN_STATES = (TransferState.REQUESTED, TransferState.APPROVED)


class Lack(StrEnum):
    """What an exception still needs; the value is the form's field."""

    GROUNDS = "grounds"
    DOCUMENT_NO = "document_no"
    SUCCESSOR = "successor"


@dataclass(frozen=True)
class Case:
    """What is put forward for an exception. ``is_certified``: the successor, on the effective day."""

    effective_on: date
    grounds: str = ""
    document_no: str = ""
    successor_id: int | None = None
    is_certified: bool = False
    gap_until: date | None = None


def days_early(effective_on: date, held_through: date) -> int:
    """How many days before the first free day a move would be; 0 outside the hold."""
    return max(0, (free_from(held_through) - effective_on).days)


def is_covered(effective_on: date, held_through: date, excepted_from: date | None) -> bool:
    """Whether a move on this day needs no (further) decision.

    Outside the hold none is needed; inside it an exception covers the day for which it was granted
    and every later one: who may go on a day may go later. ``excepted_from``: that first day.
    """
    if not is_inside_hold(effective_on, held_through):
        return True
    return excepted_from is not None and effective_on >= excepted_from


def state_for(
    effective_on: date, held_through: date, excepted_from: date | None, *, is_own: bool
) -> TransferState:
    """What a transfer on this day is once it is asked for, or once its day is moved.

    Outside the hold it is recorded at once. ``is_own``: who asks is the one to be moved; that is
    always for someone else to decide.
    """
    if not is_own and is_covered(effective_on, held_through, excepted_from):
        return TransferState.APPROVED
    return TransferState.REQUESTED


def lacks(case: Case) -> tuple[Lack, ...]:
    """What an approval inside the hold still needs: grounds, the document's number, a successor.

    A successor must hold a valid certificate on the effective day; instead of one, a gap may be
    stated with the day, not before the move, by which there will be one. Source: registry rules.
    """
    has_gap = case.gap_until is not None and case.gap_until >= case.effective_on
    has_successor = case.successor_id is not None and case.is_certified
    found = (
        (Lack.GROUNDS, bool(case.grounds.strip())),
        (Lack.DOCUMENT_NO, bool(case.document_no.strip())),
        (Lack.SUCCESSOR, has_successor or has_gap),
    )
    return tuple(lack for lack, is_there in found if not is_there)


@dataclass(frozen=True)
class Decision:
    """What the office decides, with the papers as the decider has them."""

    approve: bool
    reason: str = ""
    document_no: str = ""
    successor_id: int | None = None
    gap_until: date | None = None
    is_acknowledged: bool = False
