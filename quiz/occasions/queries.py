"""Occasions and their frozen pools."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from core.db import table_of
from core.errors import NotFound
from question_bank.questions.models import Question, QuestionVersion, VersionState
from question_bank.questions.rules import PRACTICE_POOLS, QuestionType
from quiz.occasions.models import Occasion, PoolItem, PoolRow
from quiz.papers.cache import Remembered
from quiz.papers.rules import Candidate, Row


@dataclass(frozen=True)
class SuspendedVersion:
    """A version in a frozen pool that no longer counts as approved."""

    version_id: int
    question_id: int
    code: str
    stem: str
    row: int
    state: VersionState


_pools: Remembered[tuple[int, str], tuple[Row, ...]] = Remembered(32)

_row, _item, _version = (
    table_of(PoolRow).c, table_of(PoolItem).c, table_of(QuestionVersion).c,
)  # fmt: skip
_POOL = (
    select(
        _row.row, _row.count, _row.marks, _version.id, _version.type, _version.options,
        _version.key, _version.may_shuffle, _version.passage,
    )
    .select_from(table_of(PoolRow))
    .join(table_of(PoolItem), (_item.occasion_id == _row.occasion_id) & (_item.row == _row.row))
    .join(table_of(QuestionVersion), _version.id == _item.version_id)
    .where(_row.occasion_id == bindparam("occasion_id"))
    .order_by(_row.row, _item.ordinal)
)  # fmt: skip


def occasion_by_id(session: Session, occasion_id: int) -> Occasion:
    """The occasion, or NotFound. Whoever calls has decided that the viewer may see it."""
    found = session.get(Occasion, occasion_id)
    if found is None:
        raise NotFound()
    return found


def pool_of(session: Session, occasion_id: int, digest: str) -> tuple[Row, ...]:
    """The frozen pool, ready to draw from; one statement, none where it is remembered.

    ``digest``: the occasion's ``pool_digest``, so that a pool is never taken for another.
    """
    known = _pools.get((occasion_id, digest))
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
    return _pools.put((occasion_id, digest), tuple(pool))


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
    """Frozen versions that are no longer approved; the office decides what follows."""
    return [
        SuspendedVersion(*row)
        for row in session.execute(
            select(
                QuestionVersion.id, Question.id, Question.code, QuestionVersion.stem,
                PoolItem.row, QuestionVersion.state,
            )
            .join(QuestionVersion, QuestionVersion.id == PoolItem.version_id)
            .join(Question, Question.id == QuestionVersion.question_id)
            .where(
                PoolItem.occasion_id == occasion_id,
                QuestionVersion.state != VersionState.APPROVED,
            )
            .order_by(PoolItem.row, PoolItem.ordinal)
        )
    ]  # fmt: skip
