"""Rounds as managers see them: what there is, who has begun, handed in, and reached the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, distinct, func, literal, select, union_all
from sqlalchemy.orm import Session

from accounts.people.queries import posted_in
from accounts.units.queries import subtree
from core import clock
from core.errors import NotFound
from points.ledger.models import PointsTotal
from points.periods.models import PointsPeriod, PointsSnapshot
from points.periods.rules import counted_days
from points.standing.queries import participants
from points.standing.rules import Standing, share_of
from quiz.attempts.models import Attempt, AttemptState
from quiz.occasions.models import MultipleRule, Occasion, PoolItem, PoolRow
from quiz.rounds.models import QuizRound
from quiz.rounds.rules import Phase

# --- rounds ---------------------------------------------------------------------------


@dataclass(frozen=True)
class RoundView:
    """One round with its occasion and its period. ``target``: points; ``needed``: right answers."""

    id: int
    plan_id: int
    number: int
    title: str
    opens_at: datetime
    closes_at: datetime
    opened_at: datetime
    questions: int
    tries: int
    needed: int
    multiple_rule: MultipleRule
    occasion_id: int
    period_id: int
    period_label: str
    target: int
    max_points: int
    is_closed: bool  # its period is

    def phase(self, now: datetime) -> Phase:
        """Whether one can begin now."""
        return Phase.OPEN if now < self.closes_at else Phase.PAST


def rounds() -> Select[*tuple[Any, ...]]:
    """Rows for ``round_views``."""
    return (
        select(QuizRound, Occasion, PointsPeriod)
        .join(Occasion, Occasion.id == QuizRound.occasion_id)
        .join(PointsPeriod, PointsPeriod.id == QuizRound.period_id)
    )


SORTS: dict[str, Any] = {"opens": QuizRound.opens_at, "closes": QuizRound.closes_at}


def round_views(rows: Sequence[Any]) -> list[RoundView]:
    """Rows of ``rounds`` as values."""
    return [
        RoundView(
            one.id, one.plan_id, one.number, occasion.title, one.opens_at, one.closes_at,
            one.opened_at, one.questions, occasion.tries, occasion.pass_mark,
            occasion.multiple_rule, occasion.id, period.id, period.label, period.target,
            period.max_points, period.closed_at is not None,
        )
        for one, occasion, period in rows
    ]  # fmt: skip


def round_by_id(session: Session, round_id: int) -> RoundView:
    """One round; NotFound where there is none."""
    found = round_views(session.execute(rounds().where(QuizRound.id == round_id)).all())
    if not found:
        raise NotFound(_("找不到这一轮答题"))
    return found[0]


def participation(
    session: Session,
    round_id: int,
    *,
    scope: frozenset[int] | None = None,
    now: datetime | None = None,
) -> RoundProgress:
    """How far people have come with a round, in these units and below (None: the whole city)."""
    one = round_by_id(session, round_id)
    return progress(session, [one], now=now or clock.now(), scope=scope)[one.id]


def composition(session: Session, occasion_id: int) -> list[tuple[str, int, int]]:
    """What a round's papers are drawn from: (label, how many, out of how many)."""
    out_of = (
        select(func.count())
        .where(PoolItem.occasion_id == PoolRow.occasion_id, PoolItem.row == PoolRow.row)
        .scalar_subquery()
    )
    rows = session.execute(
        select(PoolRow.label, PoolRow.count, out_of)
        .where(PoolRow.occasion_id == occasion_id)
        .order_by(PoolRow.row)
    )
    return [(row[0], row[1], row[2]) for row in rows]


# --- how far people have come ---------------------------------------------------------


@dataclass(frozen=True)
class RoundProgress:
    """People, not tries. ``counted``: who is measured by the target; ``on_target``: of these."""

    started: int = 0
    submitted: int = 0
    on_target: int = 0
    counted: int = 0

    @property
    def share(self) -> int | None:
        """Whole percent on target; None where nobody counts."""
        return share_of(self.on_target, self.counted)


def progress(
    session: Session,
    rounds: Sequence[RoundView],
    *,
    now: datetime,
    scope: frozenset[int] | None = None,
) -> dict[int, RoundProgress]:
    """By round id; three statements at most, however many rounds.

    ``scope``: only people of these units and below; None: the whole city. Of a closed period its
    snapshot is told, which stays; of others how things stand now.
    """
    if not rounds:
        return {}
    tries = _tries(session, rounds, now, scope)
    closed = [one for one in rounds if one.is_closed]
    live = [one for one in rounds if not one.is_closed]
    standing = {**_snapshots(session, closed, now, scope), **_standing(session, live, now, scope)}
    return {
        one.id: RoundProgress(*tries.get(one.occasion_id, (0, 0)),
                              *standing.get(one.period_id, (0, 0)))
        for one in rounds
    }  # fmt: skip


def _tries(
    session: Session, rounds: Sequence[RoundView], now: datetime, scope: frozenset[int] | None
) -> dict[int, tuple[int, int]]:
    ended = Attempt.state.in_((AttemptState.SCORED, AttemptState.RELEASED))
    query = (
        select(
            Attempt.occasion_id,
            func.count(distinct(Attempt.person_id)),
            func.count(distinct(Attempt.person_id)).filter(ended),
        )
        .where(
            Attempt.occasion_id.in_([one.occasion_id for one in rounds]),
            Attempt.state != AttemptState.VOIDED,
        )
        .group_by(Attempt.occasion_id)
    )
    if scope is not None:
        query = query.where(Attempt.person_id.in_(posted_in(scope, clock.civil_date(now))))
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def _snapshots(
    session: Session, rounds: Sequence[RoundView], now: datetime, scope: frozenset[int] | None
) -> dict[int, tuple[int, int]]:
    if not rounds:
        return {}
    query = (
        select(
            PointsSnapshot.period_id,
            func.count().filter(PointsSnapshot.standing == Standing.ON_TARGET),
            func.count(),
        )
        .where(
            PointsSnapshot.period_id.in_([one.period_id for one in rounds]),
            PointsSnapshot.standing != Standing.NOT_COUNTED,
        )
        .group_by(PointsSnapshot.period_id)
    )
    if scope is not None:
        query = query.where(PointsSnapshot.unit_id.in_(subtree(scope, clock.civil_date(now))))
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def _standing(
    session: Session, rounds: Sequence[RoundView], now: datetime, scope: frozenset[int] | None
) -> dict[int, tuple[int, int]]:
    if not rounds:
        return {}
    counts = union_all(*(_count(one, now, scope) for one in rounds))
    return {row[0]: (row[1], row[2]) for row in session.execute(counts)}


def _count(one: RoundView, now: datetime, scope: frozenset[int] | None) -> Select[*tuple[Any, ...]]:
    first, last = counted_days(one.opens_at, one.closes_at)
    last = max(first, min(last, clock.civil_date(now)))
    query = participants(first, last)
    if scope is not None:
        query = query.where(query.selected_columns[0].in_(posted_in(scope, last)))
    people = query.distinct().subquery()
    total = PointsTotal
    return (
        select(
            literal(one.period_id),
            func.count().filter(func.coalesce(total.earned, 0) >= one.target),
            func.count(),
        )
        .select_from(people)
        .outerjoin(total, (total.person_id == people.c[0]) & (total.period_id == one.period_id))
    )
