"""One statement that says who asks and what they hold, and locks it: the hot path of a sitting.

Core statements, built once. On PostgreSQL the attempt's row is locked; a statement that had to
wait for that lock saw the answers of before, so whoever refuses or closes reads them again with
``answers_of``. On SQLite the writing transaction holds the only lock from its start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.roles.models import RoleGrant
from accounts.signin.models import Account, LoginSession
from core.db import table_of
from core.errors import NotFound
from core.permissions import Permission, Role, permissions_of
from quiz.attempts.models import Answer, Attempt, AttemptState, Opening
from quiz.attempts.rules import GRACE, Stored
from quiz.occasions.models import Occasion, ReleaseRule
from quiz.papers.models import Paper


@dataclass(frozen=True)
class Bearer:
    """Who asks, by an unverified session token: the statement itself checks that it counts."""

    token_digest: str
    idle_since: datetime  # last sign of life needed
    address: str = ""
    request_id: str = ""


Who = int | Bearer  # a person already known to the caller, or the bearer of a token

_SITTERS = [role for role in Role if Permission.EXAM_SIT in permissions_of(frozenset({role}))]
_attempt, _answer, _occasion = table_of(Attempt), table_of(Answer), table_of(Occasion)
_login, _account, _grant = table_of(LoginSession), table_of(Account), table_of(RoleGrant)
_paper, _person = table_of(Paper), table_of(Person)
_NOW = bindparam("now", type_=LoginSession.expires_at.type)


def _fenced(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """EXISTS that PostgreSQL plans by itself: OFFSET 0 keeps it out of the search for join orders,
    which would cost more than the whole save."""
    found: Select[Any] = select(literal_column("1")).where(*conditions).offset(literal_column("0"))
    return found.correlate(_login).exists()


def _from_token(attempt: FromClause) -> tuple[FromClause, ColumnElement[bool]]:
    """Joins and conditions under which the bearer may work on the attempt."""
    return _login.join(attempt, attempt.c.person_id == _login.c.person_id), and_(
        _login.c.token_digest == bindparam("token_digest"),
        _login.c.revoked_at.is_(None),
        _login.c.expires_at > _NOW,
        _login.c.last_seen_at > bindparam("idle_since", type_=LoginSession.last_seen_at.type),
        _fenced(
            _account.c.person_id == _login.c.person_id,
            _account.c.disabled_at.is_(None),
            _account.c.must_change.is_(False),
        ),
        _fenced(
            _grant.c.person_id == _login.c.person_id,
            _grant.c.role.in_(_SITTERS),
            _grant.c.revoked_at.is_(None),
            or_(_grant.c.expires_at.is_(None), _grant.c.expires_at > _NOW),
        ),
    )


def _held(*columns: Any, joined: bool, answers: ColumnElement[bool] | None = None) -> Select[Any]:
    source: FromClause = _attempt
    condition: ColumnElement[bool] = _attempt.c.person_id == bindparam("person_id")
    if joined:
        source, condition = _from_token(_attempt)
    if answers is not None:
        source = source.outerjoin(_answer, and_(_answer.c.attempt_id == _attempt.c.id, answers))
    return (
        select(*columns)
        .select_from(source)
        .where(_attempt.c.id == bindparam("attempt_id"), condition)
        .with_for_update(of=_attempt)
    )


_FOR_SAVE = (
    _attempt.c.state, _attempt.c.epoch, _attempt.c.deadline_at, _attempt.c.paper_id,
    _attempt.c.started_at, _answer.c.position, _answer.c.value,
    _answer.c.epoch.label("held_epoch"), _answer.c.seq,
)  # fmt: skip
_ONE = _answer.c.position == bindparam("position")
_MANY = _answer.c.position.in_(bindparam("positions", expanding=True))
_SAVE = {
    (joined, many): _held(*_FOR_SAVE, joined=joined, answers=_MANY if many else _ONE)
    for joined in (True, False)
    for many in (True, False)
}

_ANSWERS = select(
    _answer.c.attempt_id, _answer.c.position, _answer.c.value, _answer.c.epoch, _answer.c.seq
).where(_answer.c.attempt_id.in_(bindparam("ids", expanding=True)))
_OPENING = select(table_of(Opening).c.epoch).where(
    table_of(Opening).c.attempt_id == bindparam("attempt_id"),
    table_of(Opening).c.open_id == bindparam("open_id"),
)


def _asks(who: Who, now: datetime) -> dict[str, Any]:
    if isinstance(who, int):
        return {"person_id": who}
    return {"token_digest": who.token_digest, "idle_since": who.idle_since, "now": now}


@dataclass(frozen=True)
class Held:
    """An attempt as a save sees it, with the answers at the positions asked for."""

    state: AttemptState
    epoch: int
    deadline_at: datetime
    paper_id: int
    started_at: datetime
    stored: dict[int, Stored]


def held_for_save(
    session: Session, attempt_id: int, who: Who, positions: Sequence[int], now: datetime
) -> Held:
    """The attempt, locked; NotFound where there is none, or none of this person's."""
    asked = {"attempt_id": attempt_id, **_asks(who, now)}
    many = len(positions) != 1
    asked |= {"positions": list(positions)} if many else {"position": positions[0]}
    rows = session.connection().execute(_SAVE[isinstance(who, Bearer), many], asked).all()
    if not rows:
        raise NotFound()
    state, epoch, deadline_at, paper_id, started_at = rows[0][:5]
    stored = {row[5]: Stored(row[6], row[7], row[8]) for row in rows if row[5] is not None}
    return Held(state, epoch, deadline_at, paper_id, started_at, stored)


# --- whole attempts ---------------------------------------------------------------


@dataclass(frozen=True)
class Sitting:
    """An attempt with what its occasion says of its end. ``pass_mark`` in marks."""

    id: int
    occasion_id: int
    person_id: int
    number: int
    state: AttemptState
    paper_id: int
    epoch: int
    started_at: datetime
    deadline_at: datetime
    submitted_at: datetime | None
    receipt: dict[str, Any] | None
    marked: list[int]
    staff_no: str
    paper_digest: str
    kind: str
    closes_at: datetime
    pass_mark: int
    multiple_rule: str
    release_rule: ReleaseRule
    released_at: datetime | None

    @property
    def paper_key(self) -> tuple[int, datetime]:
        return self.paper_id, self.started_at


_WHOLE = (
    _attempt.c.id, _attempt.c.occasion_id, _attempt.c.person_id, _attempt.c.number,
    _attempt.c.state, _attempt.c.paper_id, _attempt.c.epoch, _attempt.c.started_at,
    _attempt.c.deadline_at, _attempt.c.submitted_at, _attempt.c.receipt, _attempt.c.marked,
    _person.c.staff_no, _paper.c.digest, _occasion.c.kind, _occasion.c.closes_at,
    _occasion.c.pass_mark, _occasion.c.multiple_rule, _occasion.c.release_rule,
    _occasion.c.released_at,
)  # fmt: skip


def _whole(source: FromClause) -> Select[Any]:
    return select(*_WHOLE).select_from(
        source.join(_person, _person.c.id == _attempt.c.person_id)
        .join(_paper, _paper.c.id == _attempt.c.paper_id)
        .join(_occasion, _occasion.c.id == _attempt.c.occasion_id)
    )


_token_source, _token_condition = _from_token(_attempt)
_SITTING = {
    True: _whole(_token_source)
    .where(_attempt.c.id == bindparam("attempt_id"), _token_condition)
    .with_for_update(of=_attempt),
    False: _whole(_attempt)
    .where(
        _attempt.c.id == bindparam("attempt_id"),
        _attempt.c.person_id == bindparam("person_id"),
    )
    .with_for_update(of=_attempt),
}
_ANY = _whole(_attempt).where(_attempt.c.id == bindparam("attempt_id")).with_for_update(of=_attempt)
_DUE = _whole(_attempt).limit(bindparam("limit")).with_for_update(of=_attempt, skip_locked=True)
_OVERDUE = _DUE.where(
    _attempt.c.state == AttemptState.IN_PROGRESS,
    _attempt.c.deadline_at < bindparam("before", type_=Attempt.deadline_at.type),
).order_by(_attempt.c.deadline_at, _attempt.c.id)
_RELEASABLE = _DUE.where(
    _attempt.c.state == AttemptState.SCORED,
    or_(
        _occasion.c.released_at.is_not(None),
        _occasion.c.release_rule == ReleaseRule.AT_ONCE,
        and_(
            _occasion.c.release_rule == ReleaseRule.AFTER_WINDOW,
            _occasion.c.closes_at < bindparam("before", type_=Attempt.deadline_at.type),
        ),
    ),
).order_by(_attempt.c.id)


def _sitting(row: Row[Any]) -> Sitting:
    values: Sequence[Any] = row
    return Sitting(*values)


def sitting_of(session: Session, attempt_id: int, who: Who, now: datetime) -> Sitting:
    """The person's own attempt, locked; NotFound for strangers."""
    asked = {"attempt_id": attempt_id, **_asks(who, now)}
    row = session.connection().execute(_SITTING[isinstance(who, Bearer)], asked).first()
    if row is None:
        raise NotFound()
    return _sitting(row)


def sitting_by_id(session: Session, attempt_id: int) -> Sitting:
    """Any attempt, locked. Whoever calls has decided that the actor may act on it."""
    row = session.connection().execute(_ANY, {"attempt_id": attempt_id}).first()
    if row is None:
        raise NotFound()
    return _sitting(row)


def overdue(session: Session, now: datetime, limit: int) -> list[Sitting]:
    """Attempts past deadline + grace that nobody else is just closing, oldest first, locked."""
    rows = session.connection().execute(_OVERDUE, {"before": now - GRACE, "limit": limit})
    return [_sitting(row) for row in rows]


def releasable(session: Session, now: datetime, limit: int) -> list[Sitting]:
    """Scored attempts whose occasion lets key and explanation be seen by now, locked."""
    rows = session.connection().execute(_RELEASABLE, {"before": now - GRACE, "limit": limit})
    return [_sitting(row) for row in rows]


def answers_of(session: Session, *attempt_ids: int) -> dict[int, dict[int, Stored]]:
    """All answers of these attempts by attempt and position, in one statement."""
    found: dict[int, dict[int, Stored]] = {attempt_id: {} for attempt_id in attempt_ids}
    if attempt_ids:
        for row in session.connection().execute(_ANSWERS, {"ids": list(attempt_ids)}):
            found[row[0]][row[1]] = Stored(row[2], row[3], row[4])
    return found


def opening_epoch(session: Session, attempt_id: int, open_id: str) -> int | None:
    """The epoch that this opening already has."""
    found: int | None = (
        session.connection()
        .execute(_OPENING, {"attempt_id": attempt_id, "open_id": open_id})
        .scalar_one_or_none()
    )
    return found
