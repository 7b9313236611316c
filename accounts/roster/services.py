"""Keeping the roster: people, their postings and their first passwords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.people.models import Person, Posting
from accounts.people.queries import PersonView
from accounts.people.rules import PostingFault, start_fault
from accounts.roles.models import RoleGrant
from accounts.roles.queries import live_roles
from accounts.roster.rules import may_reset
from accounts.signin.models import Account
from accounts.signin.services import set_password
from accounts.units.queries import UnitNode, subtree
from core import clock, formats
from core.audit.services import record
from core.db import rows_of, upsert
from core.errors import Conflict, Forbidden, Invalid
from core.followers import Followers
from core.permissions import Permission, Role
from core.viewer import Viewer


@dataclass(frozen=True)
class PostingChange:
    """A person leaves the unit from a civil day on; ``unit_id``: the next one, None for none."""

    person: PersonView
    from_day: date
    unit_id: int | None


# Who is held on a post may not be moved past those who hold: they raise.
before_leaving_unit: Followers[Session, PostingChange] = Followers()


@dataclass(frozen=True)
class NewPerson:
    """The facts of a person to be entered, already in their stored spelling."""

    staff_no: str
    name: str
    phone: str
    remark: str
    unit_id: int
    position: str
    since: date


def add_person(
    session: Session, facts: NewPerson, *, password_hash: str, by: int | None, now: datetime
) -> int:
    """A person with account, staff role and posting; the id.

    ``password_hash``: of a first password, which must be changed. The unit is one that the caller
    fetched for the viewer. Conflict where the staff number is taken.
    """
    return add_people(session, [(facts, password_hash)], by=by, now=now)[0]


def add_people(
    session: Session, people: Sequence[tuple[NewPerson, str]], *, by: int | None, now: datetime
) -> list[int]:
    """Many people with the hashes of their first passwords, all or none; a few statements."""
    if not people:
        return []
    for facts, _hash in people:
        _check_start(facts.since, latest=None, now=now)
    ids = _insert_people(session, [facts for facts, _hash in people], now)
    for facts, password_hash in people:
        person_id = ids[facts.staff_no]
        session.add_all([
            Account(
                person_id=person_id, password_hash=password_hash, must_change=True, changed_at=now
            ),
            RoleGrant(person_id=person_id, role=Role.STAFF, granted_at=now, granted_by=by),
            Posting(
                person_id=person_id, unit_id=facts.unit_id, position=facts.position,
                valid_from=facts.since, valid_to=None, entered_at=now, entered_by=by,
            ),
        ])  # fmt: skip
        record(
            session, "person.create", ("person", person_id),
            facts={"staff_no": facts.staff_no, "name": facts.name, "unit": facts.unit_id,
                   "position": facts.position, "phone": formats.masked_phone(facts.phone),
                   "from": facts.since.isoformat()},
        )  # fmt: skip
    session.flush()
    return [ids[facts.staff_no] for facts, _hash in people]


def _insert_people(session: Session, people: Sequence[NewPerson], now: datetime) -> dict[str, int]:
    """Staff number → id of the new rows; Conflict that names the first number that is taken."""
    rows = session.execute(
        upsert(session, Person)
        .values([
            {"staff_no": one.staff_no, "name": one.name, "phone": one.phone,
             "remark": one.remark, "created_at": now}
            for one in people
        ])
        .on_conflict_do_nothing(index_elements=["staff_no"])
        .returning(Person.staff_no, Person.id)
    )  # fmt: skip
    ids = {row.staff_no: row.id for row in rows}
    taken = next((one.staff_no for one in people if one.staff_no not in ids), None)
    if taken is not None:
        raise Conflict(_("工号 %(no)s 已经登记过。", no=taken), field="staff_no")
    return ids


def change_facts(
    session: Session, person: PersonView, *, name: str, phone: str | None, remark: str
) -> bool:
    """Correct name, phone (None: leave it) and remark; whether anything changed."""
    after = {"name": name, "phone": person.phone if phone is None else phone, "remark": remark}
    before = {"name": person.name, "phone": person.phone, "remark": person.remark}
    changed = {key for key in after if after[key] != before[key]}
    if not changed:
        return False
    session.execute(update(Person).where(Person.id == person.id).values(**after))

    def shown(values: dict[str, Any]) -> dict[str, Any]:
        return {
            key: formats.masked_phone(values[key]) if key == "phone" else values[key]
            for key in sorted(changed)
        }

    record(
        session, "person.change", ("person", person.id),
        facts={"before": shown(before), "after": shown(after)},
    )  # fmt: skip
    return True


def post(
    session: Session,
    person: PersonView,
    *,
    unit: UnitNode,
    position: str,
    since: date,
    by: int | None,
    now: datetime,
) -> None:
    """A new post from a civil day on; the present one ends the day before.

    On the very day the present post began this is a correction: the earlier entry covers no day.
    """
    if person.posted_from is None:
        latest = None
    elif person.posted_to is None:
        latest = person.posted_from
    else:
        latest = person.posted_to + timedelta(days=1)
    _check_start(since, latest=latest, now=now)
    if person.is_on_post:
        if (unit.id, position) == (person.unit_id, person.position):
            raise Invalid(_("单位和职务都没有变。"), field="unit")
        if unit.id != person.unit_id:
            before_leaving_unit(session, PostingChange(person, since, unit.id))
        _close(session, person, last_day=since - timedelta(days=1))
    added = session.execute(
        upsert(session, Posting)
        .values(person_id=person.id, unit_id=unit.id, position=position, valid_from=since,
                valid_to=None, entered_at=now, entered_by=by)
        .on_conflict_do_nothing()
    )  # fmt: skip
    if not rows_of(added):  # another open posting was entered meanwhile
        raise _changed_meanwhile()
    record(
        session, "posting.begin", ("person", person.id),
        facts={"unit": unit.id, "position": position, "from": since.isoformat(),
               "former_unit": person.unit_id if person.is_on_post else None},
    )  # fmt: skip


def leave(
    session: Session, person: PersonView, *, last_day: date, reason: str, now: datetime
) -> None:
    """End the present post; ``last_day`` is the last day on post."""
    if not person.is_on_post or person.posted_from is None:
        raise Conflict(_("%(name)s现在没有任职。", name=person.name))
    if last_day > clock.civil_date(now):
        raise Invalid(_("离岗要在最后一天或之后登记，不能填将来的日期。"), field="last_day")
    if last_day < person.posted_from:
        raise Invalid(
            _("这个职务从 %(day)s起，离岗不能早于这一天。",
              day=formats.civil_date_text(person.posted_from)),
            field="last_day",
        )  # fmt: skip
    before_leaving_unit(session, PostingChange(person, last_day + timedelta(days=1), None))
    _close(session, person, last_day=last_day)
    record(
        session, "posting.end", ("person", person.id),
        facts={"unit": person.unit_id, "last_day": last_day.isoformat()}, reason=reason,
    )  # fmt: skip


def reset_password(
    session: Session, person: PersonView, *, password_hash: str, viewer: Viewer, now: datetime
) -> None:
    """A new first password (already hashed); all sign-ins of the person end.

    Never one's own, and a coordinator only for people who hold no right beyond their own units:
    who could set an admin's password would be an admin.
    """
    if person.id == viewer.person_id:
        raise Forbidden(_("自己的密码请用“修改密码”来改"))
    today = clock.civil_date(now)
    scope = viewer.scope_of(Permission.ACCOUNT_RESET)
    units = None if scope is None else frozenset(session.scalars(subtree(scope, today)))
    if not may_reset(live_roles(session, person.id, now), units):
        raise Forbidden(_("这名人员还有其他角色，初始密码请系统管理员来发"))
    set_password(session, person.id, "", must_change=True, now=now, password_hash=password_hash)
    record(session, "account.reset", ("person", person.id))


def reveal_phone(session: Session, person: PersonView) -> str:
    """The whole phone number; who asked for it stays in the audit trail."""
    record(session, "phone.reveal", ("person", person.id))
    return person.phone


def _close(session: Session, person: PersonView, *, last_day: date) -> None:
    """End the open posting that the caller saw; Conflict where it is no longer the open one."""
    closed = session.execute(
        update(Posting)
        .where(
            Posting.person_id == person.id,
            Posting.unit_id == person.unit_id,
            Posting.valid_from == person.posted_from,
            Posting.valid_to.is_(None),
        )
        .values(valid_to=last_day)
    )
    if not rows_of(closed):
        raise _changed_meanwhile()


def _check_start(since: date, *, latest: date | None, now: datetime) -> None:
    fault = start_fault(since, today=clock.civil_date(now), latest=latest)
    if fault is PostingFault.FUTURE:
        raise Invalid(_("任职要在到岗当天或之后登记，不能填将来的日期。"), field="since")
    if fault is PostingFault.TOO_EARLY:
        raise Invalid(
            _("不能早于 %(day)s，之前的日子已经有任职记录。", day=formats.civil_date_text(latest)),
            field="since",
        )


def _changed_meanwhile() -> Conflict:
    return Conflict(_("这名人员的任职刚刚被别人改过，这次没有保存。请重新打开后再看。"))
