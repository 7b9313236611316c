"""Occasions and their frozen pools."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from core.db import table_of
from core.errors import NotFound
from core.richtext import plain
from question_bank.questions.models import Question, QuestionVersion, VersionState
from question_bank.questions.rules import PRACTICE_POOLS, QuestionType
from quiz.occasions.models import Occasion, PoolExclusion, PoolItem, PoolRow
from quiz.occasions.rules import PoolState
from quiz.papers.cache import Remembered
from quiz.papers.rules import Candidate, Row


@dataclass(frozen=True)
class SuspendedVersion:
    """A version in a frozen pool that is not approved any more, or that papers leave out.

    ``excluded_at``: since when papers leave it out; ``by_name`` of who said so, '' where it followed
    by itself. ``is_kept``: the office keeps it in the draw. ``spare``: questions that its row has to
    spare now, 0 where it cannot do without one.
    """

    version_id: int
    question_id: int
    code: str
    stem: str
    row: int
    state: VersionState
    excluded_at: datetime | None
    by_name: str
    is_kept: bool
    spare: int

    @property
    def is_out(self) -> bool:
        return self.excluded_at is not None and not self.is_kept


_pools: Remembered[tuple[int, str, int], tuple[Row, ...]] = Remembered(32)

_row, _item, _version, _excluded = (
    table_of(PoolRow).c, table_of(PoolItem).c, table_of(QuestionVersion).c,
    table_of(PoolExclusion).c,
)  # fmt: skip
_POOL = (
    select(
        _row.row, _row.count, _row.marks, _version.id, _version.type, _version.options,
        _version.key, _version.may_shuffle, _version.passage,
    )
    .select_from(table_of(PoolRow))
    .join(table_of(PoolItem), (_item.occasion_id == _row.occasion_id) & (_item.row == _row.row))
    .join(table_of(QuestionVersion), _version.id == _item.version_id)
    .where(
        _row.occasion_id == bindparam("occasion_id"),
        ~exists().where(
            _excluded.occasion_id == _item.occasion_id,
            _excluded.version_id == _item.version_id,
            _excluded.lifted_at.is_(None),
        ),
    )
    .order_by(_row.row, _item.ordinal)
)  # fmt: skip


def occasion_by_id(session: Session, occasion_id: int) -> Occasion:
    """The occasion, or NotFound. Whoever calls has decided that the viewer may see it."""
    found = session.get(Occasion, occasion_id)
    if found is None:
        raise NotFound()
    return found


def pool_of(session: Session, occasion_id: int, digest: str, revision: int) -> tuple[Row, ...]:
    """The frozen pool without what is excluded; one statement, none where it is remembered.

    ``digest`` and ``revision``: the occasion's ``pool_digest`` and ``pool_revision``, so that a pool
    is never taken for another, nor for what it was before something was excluded.
    """
    key = (occasion_id, digest, revision)
    known = _pools.get(key)
    if known is not None:
        return known
    found = session.connection().execute(_POOL, {"occasion_id": occasion_id})
    pool = []
    passages: dict[str, int] = {"": 0}
    for (_number, count, marks), members in groupby(found, key=lambda row: row[:3]):
        items = tuple(
            Candidate(
                member.id, member.type, len(member.options), member.may_shuffle,
                len(member.key) if member.type is QuestionType.FILL_IN else 0,
                passages.setdefault(member.passage, len(passages)),
            )
            for member in members
        )  # fmt: skip
        pool.append(Row(count, marks, items))
    return _pools.put(key, tuple(pool))


def has_reserved(session: Session, occasion_id: int) -> bool:
    """Whether a pool holds questions that are reserved for exams."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    PoolItem.occasion_id == occasion_id,
                    QuestionVersion.id == PoolItem.version_id,
                    QuestionVersion.pool.not_in(PRACTICE_POOLS),
                )
            )
        )
    )


def suspended_in_pool(session: Session, occasion_id: int) -> list[SuspendedVersion]:
    """Frozen versions that are in doubt or out of use, or left out; the office decides what follows."""
    mine = PoolExclusion.occasion_id == PoolItem.occasion_id
    other = aliased(PoolItem)
    spare = (
        select(func.count() - func.max(PoolRow.count))
        .select_from(other)
        .join(PoolRow, and_(PoolRow.occasion_id == other.occasion_id, PoolRow.row == other.row))
        .where(
            other.occasion_id == PoolItem.occasion_id, other.row == PoolItem.row,
            ~exists().where(
                _excluded.occasion_id == other.occasion_id,
                _excluded.version_id == other.version_id, _excluded.lifted_at.is_(None),
            ),
        )
        .correlate(PoolItem)
        .scalar_subquery()
    )  # fmt: skip
    rows = session.execute(
        select(
            QuestionVersion.id, Question.id, Question.code, QuestionVersion.stem,
            PoolItem.row, QuestionVersion.state, PoolExclusion.at,
            func.coalesce(Person.name, ""), PoolExclusion.lifted_at.is_not(None), spare,
            QuestionVersion.is_rich,
        )
        .join(QuestionVersion, QuestionVersion.id == PoolItem.version_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .outerjoin(PoolExclusion, and_(mine, PoolExclusion.version_id == PoolItem.version_id))
        .outerjoin(
            Person, Person.id == func.coalesce(PoolExclusion.lifted_by, PoolExclusion.by_id)
        )
        .where(
            PoolItem.occasion_id == occasion_id,
            or_(
                QuestionVersion.state != VersionState.APPROVED,
                PoolExclusion.version_id.is_not(None),
            ),
        )
        .order_by(PoolItem.row, PoolItem.ordinal)
    )  # fmt: skip
    return [SuspendedVersion(*_in_words(row)) for row in rows]


def _in_words(row: Any) -> list[Any]:
    """The columns of a SuspendedVersion, with the stem as it reads; the last says how it is written."""
    values: list[Any] = list(row)
    is_rich = values.pop()
    values[3] = plain(values[3], is_rich)
    return values


# --- what a suspension reaches --------------------------------------------------------


def touched(session: Session, now: datetime) -> dict[int, list[int]]:
    """Occasion id → versions in doubt that its pool may leave out: not over, nothing decided yet."""
    roomy = (
        select(PoolItem.occasion_id, PoolItem.row)
        .join(
            PoolRow,
            and_(PoolRow.occasion_id == PoolItem.occasion_id, PoolRow.row == PoolItem.row),
        )
        .join(Occasion, Occasion.id == PoolItem.occasion_id)
        .where(Occasion.closes_at > now)
        .group_by(PoolItem.occasion_id, PoolItem.row, PoolRow.count)
        .having(func.count() > PoolRow.count)
        .subquery()
    )
    rows = session.execute(
        select(PoolItem.occasion_id, PoolItem.version_id)
        .join(QuestionVersion, QuestionVersion.id == PoolItem.version_id)
        .join(
            roomy, and_(roomy.c.occasion_id == PoolItem.occasion_id, roomy.c.row == PoolItem.row)
        )
        .outerjoin(
            PoolExclusion,
            and_(
                PoolExclusion.occasion_id == PoolItem.occasion_id,
                PoolExclusion.version_id == PoolItem.version_id,
            ),
        )
        .where(
            QuestionVersion.state == VersionState.NEEDS_REVIEW, PoolExclusion.version_id.is_(None),
        )
        .distinct()
        .order_by(PoolItem.occasion_id, PoolItem.version_id)
    )  # fmt: skip
    found: dict[int, list[int]] = {}
    for occasion_id, version_id in rows:
        found.setdefault(occasion_id, []).append(version_id)
    return found


def is_in_pool(session: Session, occasion_id: int, version_id: int) -> bool:
    """Whether a frozen pool holds a version."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    PoolItem.occasion_id == occasion_id, PoolItem.version_id == version_id
                )
            )
        )
    )


def hold_occasions(session: Session, occasion_ids: Collection[int]) -> None:
    """Lock occasions until the transaction ends, in order of id."""
    session.execute(
        select(Occasion.id)
        .where(Occasion.id.in_(occasion_ids))
        .order_by(Occasion.id)
        .with_for_update()
    )


def pool_states(session: Session, occasion_ids: Collection[int]) -> dict[int, list[PoolState]]:
    """Occasion id → its rows without what is excluded, in one statement."""
    rows = session.execute(
        select(PoolRow.occasion_id, PoolRow.row, PoolRow.count, PoolItem.version_id)
        .join(
            PoolItem,
            and_(PoolItem.occasion_id == PoolRow.occasion_id, PoolItem.row == PoolRow.row),
        )
        .where(
            PoolRow.occasion_id.in_(occasion_ids),
            ~exists().where(
                _excluded.occasion_id == PoolItem.occasion_id,
                _excluded.version_id == PoolItem.version_id, _excluded.lifted_at.is_(None),
            ),
        )
        .order_by(PoolRow.occasion_id, PoolRow.row)
    )  # fmt: skip
    found: dict[int, list[PoolState]] = {}
    for (occasion_id, _row_number, count), members in groupby(rows, key=lambda row: row[:3]):
        found.setdefault(occasion_id, []).append(
            PoolState(count, frozenset(member.version_id for member in members))
        )
    return found
