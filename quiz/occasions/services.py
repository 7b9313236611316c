"""Opening occasions: the pool is frozen with a digest; what is in doubt later is left out of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import table_of, upsert
from core.errors import Invalid, NotFound
from quiz.occasions import queries
from quiz.occasions.models import (
    MultipleRule,
    Occasion,
    PoolExclusion,
    PoolItem,
    PoolRow,
    ReleaseRule,
)
from quiz.occasions.rules import EXAM, RowSpec, left_out, pool_digest, too_small

__all__ = ["RowSpec", "open_occasion"]


def open_occasion(  # noqa: PLR0913 (an occasion is its rules)
    session: Session,
    *,
    kind: str,
    title: str,
    opens_at: datetime,
    closes_at: datetime,
    minutes: int,
    tries: int,
    pass_mark: int,
    multiple_rule: MultipleRule,
    release_rule: ReleaseRule,
    rows: Sequence[RowSpec],
    now: datetime,
) -> Occasion:
    """Fix what people will sit. Raises Invalid where the window or a row cannot work.

    ``minutes`` 0: no clock, only the window. Every draw goes through here, so here questions that
    are reserved for exams stay out of everything else, whoever chose the rows.
    """
    if closes_at <= opens_at:
        raise Invalid(_("结束时间要晚于开始时间"), field="closes_at")
    if minutes < 0 or tries < 1:
        raise Invalid(_("次数至少为 1，时长不能为负"), field="minutes")
    short = too_small(rows)
    if short or not rows:
        raise Invalid(
            _("题量不够：%(rows)s", rows=_("、").join(short) or _("没有组卷规则")), field="rows"
        )
    total = sum(row.count * row.marks for row in rows)
    if not 0 <= pass_mark <= total:
        raise Invalid(_("及格线要在 0 到 %(total)d 分之间", total=total), field="pass_mark")
    occasion = Occasion(
        kind=kind, title=title, opens_at=opens_at, closes_at=closes_at, minutes=minutes,
        tries=tries, pass_mark=pass_mark, multiple_rule=multiple_rule, release_rule=release_rule,
        pool_digest=pool_digest(rows), created_at=now,
    )  # fmt: skip
    session.add(occasion)
    session.flush()
    _freeze(session, occasion.id, rows)
    if kind != EXAM and queries.has_reserved(session, occasion.id):
        raise Invalid(_("只用于考试的题，不能用在考试以外"), field="rows")
    record(
        session, "occasion.open", ("occasion", occasion.id),
        facts={"kind": kind, "title": title, "pool_digest": occasion.pool_digest},
    )  # fmt: skip
    return occasion


def _freeze(session: Session, occasion_id: int, rows: Sequence[RowSpec]) -> None:
    connection = session.connection()
    connection.execute(
        insert(table_of(PoolRow)),
        [
            {"occasion_id": occasion_id, "row": number, "label": row.label, "count": row.count,
             "marks": row.marks}
            for number, row in enumerate(rows)
        ],
    )  # fmt: skip
    connection.execute(
        insert(table_of(PoolItem)),
        [
            {"occasion_id": occasion_id, "row": number, "ordinal": ordinal, "version_id": version}
            for number, row in enumerate(rows)
            for ordinal, version in enumerate(sorted(set(row.version_ids)))
        ],
    )  # fmt: skip


# --- what is left out later ---------------------------------------------------------


def exclude_suspended(session: Session, now: datetime) -> None:
    """Leave questions that are in doubt out of pools that are not over, as far as rows stay full.

    Follows every suspension. Papers that are drawn stay; where a row has nothing to spare, nothing
    happens, and the office is shown the version on the exam's page.
    """
    touched = queries.touched(session, now)
    if not touched:
        return
    queries.hold_occasions(session, touched)
    states = queries.pool_states(session, touched)
    for occasion_id, versions in touched.items():
        out = left_out(states[occasion_id], versions)
        _exclude(session, occasion_id, out, None, now)
        if out:
            record(
                session, "occasion.exclude", ("occasion", occasion_id),
                facts={"versions": out, "left": len(versions) - len(out)},
            )  # fmt: skip


def exclude(
    session: Session, *, occasion_id: int, version_id: int, by_id: int, now: datetime
) -> None:
    """Leave a version out of the papers drawn from now on.

    NotFound where the pool has none such; Invalid where a row could not be filled without it.
    """
    _in_pool(session, occasion_id, version_id)
    queries.hold_occasions(session, [occasion_id])
    states = queries.pool_states(session, [occasion_id])[occasion_id]
    if not left_out(states, [version_id]):
        raise Invalid(_("题池里这一类题不够，剔除以后组不成卷。没有改动。"), field="version")
    _exclude(session, occasion_id, [version_id], by_id, now)
    record(session, "occasion.exclude", ("occasion", occasion_id), facts={"versions": [version_id]})


def keep(session: Session, *, occasion_id: int, version_id: int, by_id: int, now: datetime) -> None:
    """Keep a version in the draw, or put it back; nothing leaves it out by itself again."""
    _in_pool(session, occasion_id, version_id)
    queries.hold_occasions(session, [occasion_id])
    kept = {"lifted_at": now, "lifted_by": by_id}
    session.execute(
        upsert(session, PoolExclusion)
        .values(occasion_id=occasion_id, version_id=version_id, at=now, by_id=by_id, **kept)
        .on_conflict_do_update(index_elements=["occasion_id", "version_id"], set_=kept)
    )
    _changed(session, occasion_id)
    record(session, "occasion.keep", ("occasion", occasion_id), facts={"versions": [version_id]})


def _in_pool(session: Session, occasion_id: int, version_id: int) -> None:
    if not queries.is_in_pool(session, occasion_id, version_id):
        raise NotFound


def _exclude(
    session: Session, occasion_id: int, versions: Sequence[int], by_id: int | None, now: datetime
) -> None:
    if not versions:
        return
    again = {"at": now, "by_id": by_id, "lifted_at": None, "lifted_by": None}
    statement = upsert(session, PoolExclusion)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["occasion_id", "version_id"],
            set_={name: statement.excluded[name] for name in again},
        ),
        [{"occasion_id": occasion_id, "version_id": id_, **again} for id_ in versions],
    )
    _changed(session, occasion_id)


def _changed(session: Session, occasion_id: int) -> None:
    """From now on no process takes the pool it remembers for the present one."""
    session.execute(
        update(Occasion)
        .where(Occasion.id == occasion_id)
        .values(pool_revision=Occasion.pool_revision + 1)
    )
