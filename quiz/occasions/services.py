"""Opening occasions: the pool is frozen with a digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import table_of
from core.errors import Invalid
from quiz.occasions.models import MultipleRule, Occasion, PoolItem, PoolRow, ReleaseRule
from quiz.occasions.queries import has_reserved
from quiz.occasions.rules import EXAM, RowSpec, pool_digest, too_small

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
    if kind != EXAM and has_reserved(session, occasion.id):
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
