"""The hold, and what a registration is worth on a day, as pure decisions."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

MONTHS = 12


class RegistrationState(StrEnum):
    """draft → submitted → (returned → submitted)* → recorded → ended; withdrawn before recorded."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    RECORDED = "recorded"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class EndKind(StrEnum):
    """What ended a registration."""

    TRANSFER = "transfer"
    RETIREMENT = "retirement"
    RESIGNATION = "resignation"
    DISMISSAL = "dismissal"
    DEATH = "death"
    DISCIPLINE = "discipline"
    REVOCATION = "revocation"


# Departures that need grounds, and no decision on a transfer.
DEPARTURES = (
    EndKind.RETIREMENT, EndKind.RESIGNATION, EndKind.DISMISSAL, EndKind.DEATH, EndKind.DISCIPLINE,
)  # fmt: skip


def held_through(recorded_on: date, *, months: int = MONTHS) -> date:
    """Last day on which a registered person is held on post.

    The day of recording is not counted; the period ends on the day of the same number, or on the
    month's last day where there is none. Source: Civil Code, art. 201-202; notice 2018-142, 二（二）.
    """
    year, month = divmod(recorded_on.year * MONTHS + recorded_on.month - 1 + months, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(recorded_on.day, last))


def free_from(held_through: date) -> date:
    """First day on which the person may be moved."""
    return held_through + timedelta(days=1)


def is_inside_hold(effective_on: date, held_through: date) -> bool:
    """Whether a move on this day falls into the hold."""
    return effective_on <= held_through


@dataclass(frozen=True)
class Fact:
    """A dated fact of a registration as the registry's ledger has it; ``facts`` as entered."""

    kind: str
    effective_on: date
    facts: dict[str, object]


@dataclass(frozen=True)
class Course:
    """How a registration stands once its facts are known."""

    state: RegistrationState = RegistrationState.DRAFT
    filed_on: date | None = None
    number: str | None = None
    recorded_on: date | None = None
    held_through: date | None = None
    ended_on: date | None = None
    end_kind: EndKind | None = None


def replay(facts: Iterable[Fact]) -> Course:
    """The state that dated facts lead to, in the order in which they were entered.

    ValueError for one that cannot follow the others.
    """
    course = Course()
    for fact in facts:
        course = _after(course, fact)
    return course


_MAY_FOLLOW = {
    "submitted": (RegistrationState.DRAFT, RegistrationState.RETURNED),
    "returned": (RegistrationState.SUBMITTED,),
    "withdrawn": (
        RegistrationState.DRAFT, RegistrationState.SUBMITTED, RegistrationState.RETURNED,
    ),
    "recorded": (RegistrationState.SUBMITTED,),
    "ended": (RegistrationState.RECORDED,),
}  # fmt: skip


def _after(course: Course, fact: Fact) -> Course:
    if course.state not in _MAY_FOLLOW[fact.kind]:
        raise ValueError(f"{fact.kind} after {course.state}")
    state, day = RegistrationState(fact.kind), fact.effective_on
    if fact.kind == "submitted":
        return replace(course, state=state, filed_on=day)
    if fact.kind == "recorded":
        return replace(
            course, state=state, recorded_on=day, number=str(fact.facts["number"]),
            held_through=date.fromisoformat(str(fact.facts["held_through"])),
        )  # fmt: skip
    if fact.kind == "ended":
        kind = EndKind(str(fact.facts["end_kind"]))
        return replace(course, state=state, ended_on=day, end_kind=kind)
    return replace(course, state=state)


# The form of the notice, as its annex prints it: an official paper, always in Chinese.
FORM_TITLE = "政务公开政府信息公开工作人员报备表"
FORM_UNIT = "单位："
FORM_COLUMNS = ("序号", "姓名", "单位", "职务", "联系电话", "备注")
FORM_LEAST_ROWS = 5  # a shorter list is filled up with empty rows, as printed


@dataclass(frozen=True)
class FormRow:
    """One person on the form."""

    name: str
    unit: str
    position: str
    phone: str
    remark: str


# what XML, and with it a document, cannot hold
_NO_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def form_cells(rows: Sequence[FormRow]) -> list[tuple[str, ...]]:
    """The body of the form's table: numbered from 1, and empty rows up to the least number."""
    cells = [
        (str(number), *(_NO_TEXT.sub("", text) for text in
                        (row.name, row.unit, row.position, row.phone, row.remark)))
        for number, row in enumerate(rows, start=1)
    ]  # fmt: skip
    empty = ("",) * len(FORM_COLUMNS)
    return cells + [empty] * (FORM_LEAST_ROWS - len(cells))
