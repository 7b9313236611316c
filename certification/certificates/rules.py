"""Pure decisions on certificates: how long one is valid, what it is worth on a day, how its code reads."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MONTHS = 12
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that looks like another
CODE_LENGTH = 12
GROUP = 4


class CertificateState(StrEnum):
    """What a certificate is worth on a day."""

    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


def valid_through(issued_on: date, months: int) -> date:
    """Last day of validity: the day before the same day so many months on.

    Where that month has no such day, the month's last day. Source: registry rules; Civil Code,
    art. 202.
    """
    count = issued_on.year * MONTHS + issued_on.month - 1 + months
    year, month = divmod(count, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    if issued_on.day > last:
        return date(year, month + 1, last)
    return date(year, month + 1, issued_on.day) - timedelta(days=1)


def state_on(
    day: date,
    *,
    valid_through: date,
    superseded_on: date | None,
    revoked_on: date | None,
    remind_days: int,
) -> CertificateState:
    """State on a civil day. Revoked outranks superseded, superseded outranks expired."""
    if revoked_on is not None and revoked_on <= day:
        return CertificateState.REVOKED
    if superseded_on is not None and superseded_on <= day:
        return CertificateState.SUPERSEDED
    if valid_through < day:
        return CertificateState.EXPIRED
    if valid_through - day <= timedelta(days=remind_days):
        return CertificateState.EXPIRING
    return CertificateState.VALID


@dataclass(frozen=True)
class SignedFacts:
    """What the signature of a certificate covers."""

    number: str
    code: str
    person_id: int
    holder: str
    unit_name: str
    exam_id: int
    attempt_id: int
    marks: int
    issued_on: date
    valid_through: date
    kid: str

    def content(self) -> dict[str, object]:
        """JSON values in one spelling, for signing and for checking."""
        return {
            **vars(self),
            "issued_on": self.issued_on.isoformat(),
            "valid_through": self.valid_through.isoformat(),
        }


def spaced_code(code: str) -> str:
    """7F3A 90C2 41DE: as printed."""
    return " ".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def plain_code(text: str) -> str:
    """A code as stored, from whatever a person typed: blanks, hyphens and small letters do not count."""
    return "".join(letter for letter in text.upper() if letter.isalnum())[:32]


def same_number(typed: str, number: str) -> bool:
    """Whether what a person typed is the number, with or without the words before its figures."""
    short, whole = ("".join(text.split()).upper() for text in (typed, number))
    figures = whole.lstrip("".join(sign for sign in whole if not sign.isdecimal()))
    return bool(short) and short in (whole, figures)
