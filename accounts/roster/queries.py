"""The roster: lists of people, and what is known of one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person, Posting
from accounts.people.queries import PersonView, people, person_view
from accounts.signin.models import Account, LoginSession
from accounts.units.models import UnitVersion
from accounts.units.queries import is_valid_on, subtree
from core.errors import Invalid
from core.followers import Followers

EXPORT_LIMIT = 20_000


@dataclass(frozen=True)
class Held:
    """Why a person may not simply be moved or leave, as a sentence, and by which registration."""

    registration_id: int
    sentence: str


# Those who hold people on their posts fill in whom: (session, person ids, day, person → why).
holders: Followers[Session, Collection[int], date, dict[int, Held]] = Followers()


def held(session: Session, people: Collection[int], day: date) -> dict[int, Held]:
    """Who of these people may not simply be moved or leave on a civil day."""
    found: dict[int, Held] = {}
    if people:
        holders(session, people, day, found)
    return found


# what a list may be sorted by: key in the address → column
SORTS: dict[str, Any] = {
    "staff_no": Person.staff_no,
    "name": Person.name,
    "unit": UnitVersion.name,
    "position": Posting.position,
    "since": Posting.valid_from,
}


@dataclass(frozen=True)
class PostingRow:
    """One posting with what its unit was called on its last day, or is called now."""

    id: int
    unit_id: int
    unit_name: str
    position: str
    valid_from: date
    valid_to: date | None
    entered_at: datetime
    entered_by: str

    @property
    def is_void(self) -> bool:
        """Corrected on the day it began: it never held."""
        return self.valid_to is not None and self.valid_to < self.valid_from


@dataclass(frozen=True)
class AccountView:
    """How a person can sign in."""

    has_password: bool
    must_change: bool
    changed_at: datetime | None
    disabled_at: datetime | None
    last_seen_at: datetime | None


def roster(
    scope: frozenset[int] | None,
    day: date,
    *,
    search: str = "",
    unit_id: int | None = None,
    state: str = "",
) -> Select[*tuple[Any, ...]]:
    """Rows for PersonView inside the scope, narrowed down.

    ``search``: part of a name, or the beginning of a staff number. ``unit_id``: in this unit or
    below it. ``state``: on (holds a post), left (held one), none (never held one), '' all.
    """
    query = people(scope, day, posted_only=unit_id is not None or state in {"on", "left"})
    if search:
        query = query.where(
            or_(
                Person.name.contains(search, autoescape=True),
                Person.staff_no.startswith(search.upper(), autoescape=True),
            )
        )
    if unit_id is not None:
        query = query.where(Posting.unit_id.in_(subtree({unit_id}, day)))
    if state == "on":
        query = query.where(Posting.id.is_not(None), Posting.valid_to.is_(None))
    elif state == "left":
        query = query.where(Posting.valid_to.is_not(None))
    elif state == "none":
        query = query.where(Posting.id.is_(None))
    return query


def counts(session: Session, query: Select[*tuple[Any, ...]]) -> dict[str, int]:
    """How many of a roster are on post, have left, or never held a post; one statement."""
    rows = query.order_by(None).subquery()
    state = case(
        (rows.c.posted_from.is_(None), "none"), (rows.c.posted_to.is_(None), "on"), else_="left"
    )
    found = session.execute(select(state.label("state"), func.count().label("n")).group_by(state))
    numbers = {row.state: row.n for row in found}
    return {key: numbers.get(key, 0) for key in ("on", "left", "none")}


def exported(session: Session, query: Select[*tuple[Any, ...]]) -> list[PersonView]:
    """All rows of a roster, by unit and staff number; Invalid where they are too many for a file."""
    ordered = query.order_by(None).order_by(UnitVersion.name, Person.staff_no)
    rows = session.execute(ordered.limit(EXPORT_LIMIT + 1)).all()
    if len(rows) > EXPORT_LIMIT:
        raise Invalid(
            _("名册超过 %(limit)s 人，一个文件放不下。请先按单位筛选，再分次导出。",
              limit=f"{EXPORT_LIMIT:,}")
        )  # fmt: skip
    return [person_view(row) for row in rows]


def postings_of(session: Session, person_id: int, day: date) -> list[PostingRow]:
    """All postings of a person, the newest first; ``day``: today."""
    giver = aliased(Person)
    last_day = func.coalesce(Posting.valid_to, day)
    rows = session.execute(
        select(
            Posting.id, Posting.unit_id, UnitVersion.name.label("unit_name"), Posting.position,
            Posting.valid_from, Posting.valid_to, Posting.entered_at, giver.name.label("entered_by"),
        )
        .outerjoin(
            UnitVersion, and_(UnitVersion.unit_id == Posting.unit_id, is_valid_on(last_day))
        )
        .outerjoin(giver, giver.id == Posting.entered_by)
        .where(Posting.person_id == person_id)
        .order_by(Posting.valid_from.desc(), Posting.id.desc())
    )  # fmt: skip
    return [
        PostingRow(
            **{**row._mapping, "unit_name": row.unit_name or "", "entered_by": row.entered_by or ""}
        )
        for row in rows
    ]


def account_of(session: Session, person_id: int) -> AccountView:
    """How a person can sign in, and when they were last here."""
    row = session.execute(
        select(
            Account.password_hash != "", Account.must_change, Account.changed_at,
            Account.disabled_at,
            select(func.max(LoginSession.last_seen_at))
            .where(LoginSession.person_id == person_id)
            .scalar_subquery(),
        ).where(Account.person_id == person_id)
    ).first()  # fmt: skip
    return AccountView(*row) if row else AccountView(False, True, None, None, None)


def by_staff_no(session: Session, numbers: Collection[str], day: date) -> dict[str, PersonView]:
    """People with these staff numbers, in whatever unit: the caller checks the scope."""
    if not numbers:
        return {}
    rows = session.execute(people(None, day).where(Person.staff_no.in_(numbers)))
    return {row.staff_no: person_view(row) for row in rows}
