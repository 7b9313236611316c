"""Stored blueprints, and what the bank has for them."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.blueprints.rules import Row, Shortage, Stock, overlaps, shortages
from certification.exams.models import BlueprintRow
from question_bank.questions.queries import availability, topics

TYPE_WORDS = {
    "single": _l("单选"),
    "multiple": _l("多选"),
    "true_false": _l("判断"),
    "fill_in": _l("填空"),
    "short_answer": _l("简答"),
}
LEVEL_WORDS = {None: _l("不限"), "easy": _l("易"), "medium": _l("中"), "hard": _l("难")}


def rows_of(session: Session, exam_id: int) -> tuple[Row, ...]:
    """The blueprint of an exam, in order."""
    found = session.execute(
        select(BlueprintRow).where(BlueprintRow.exam_id == exam_id).order_by(BlueprintRow.ordinal)
    ).scalars()
    return tuple(
        Row(
            row.topic_id, row.type.value, row.difficulty.value if row.difficulty else None,
            row.count, row.marks,
        )
        for row in found
    )  # fmt: skip


def stock(session: Session) -> Stock:
    """What an exam may draw from the bank now; one statement."""
    return {
        (topic_id, type_.value, difficulty.value): number
        for (topic_id, type_, difficulty), number in availability(session).items()
    }


def topic_list(session: Session) -> list[tuple[int, str]]:
    """(id, name) of all topics, in order."""
    return [(topic.id, topic.name) for topic in topics(session)]


def label(row: Row, names: dict[int, str]) -> str:
    """What a row is called: 依申请公开，多选，难."""
    topic = _("任何知识点") if row.topic_id is None else names.get(row.topic_id, "?")
    level = _("难度不限") if row.difficulty is None else str(LEVEL_WORDS[row.difficulty])
    return _("%(topic)s，%(type)s，%(level)s", topic=topic, type=TYPE_WORDS[row.type], level=level)


def shortage_sentences(short: Sequence[Shortage], names: dict[int, str]) -> list[str]:
    """One sentence for every row that cannot be filled."""
    return [
        _("“%(row)s”要 %(count)s 题，可用只有 %(available)s 题。",
          row=label(item.row, names), count=item.row.count, available=item.available)
        for item in short
    ]  # fmt: skip


def overlap_sentences(rows: Sequence[Row], names: dict[int, str]) -> list[str]:
    """One sentence for every pair of rows that could draw the same question."""
    return [
        _("“%(one)s”和“%(other)s”重叠，同一道题可能被抽两次。请留一行。",
          one=label(one, names), other=label(other, names))
        for one, other in overlaps(rows)
    ]  # fmt: skip


def problems(session: Session, rows: Sequence[Row], names: dict[int, str]) -> list[str]:
    """Everything that keeps a blueprint from being filled, as sentences."""
    return [
        *overlap_sentences(rows, names),
        *shortage_sentences(shortages(rows, stock(session)), names),
    ]
