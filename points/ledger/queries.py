"""Reading the ledger: a person's lines, what stands unreversed, and the totals beside the entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session, aliased

from core.errors import NotFound
from points.ledger.models import PointsEntry, PointsTotal
from points.ledger.rules import TotalRow
from points.periods.models import PointsPeriod

PIECE = 5000  # rows read at a time


@dataclass(frozen=True)
class EntryView:
    """One line of the ledger. ``facts``: what it says to its person."""

    id: int
    person_id: int
    period_id: int
    period_label: str
    origin_period_id: int
    origin_label: str
    amount: int
    source: str
    rule_version_id: int | None
    reverses_id: int | None
    reversed_by_id: int | None
    posted_at: datetime
    facts: dict[str, Any]


def entries_of(person_id: int) -> Select[PointsEntry]:
    """A person's entries, newest first; ``entry_views`` makes lines of them."""
    return (
        select(PointsEntry)
        .where(PointsEntry.person_id == person_id)
        .order_by(PointsEntry.id.desc())
    )


def entry_views(session: Session, rows: Iterable[PointsEntry]) -> list[EntryView]:
    """Entries as lines, in the order given, in one statement."""
    entries = list(rows)
    if not entries:
        return []
    period, origin, reversal = aliased(PointsPeriod), aliased(PointsPeriod), aliased(PointsEntry)
    words = {
        row.id: row
        for row in session.execute(
            select(
                PointsEntry.id, period.label.label("period"), origin.label.label("origin"),
                reversal.id.label("reversal"),
            )
            .join(period, period.id == PointsEntry.period_id)
            .join(origin, origin.id == PointsEntry.origin_period_id)
            .outerjoin(reversal, reversal.reverses_id == PointsEntry.id)
            .where(PointsEntry.id.in_([entry.id for entry in entries]))
        )
    }  # fmt: skip
    return [_view(entry, words[entry.id]) for entry in entries]


def _view(entry: PointsEntry, words: Any) -> EntryView:
    return EntryView(
        id=entry.id, person_id=entry.person_id, period_id=entry.period_id,
        period_label=words.period, origin_period_id=entry.origin_period_id,
        origin_label=words.origin, amount=entry.amount, source=entry.source,
        rule_version_id=entry.rule_version_id, reverses_id=entry.reverses_id,
        reversed_by_id=words.reversal, posted_at=entry.posted_at, facts=entry.facts,
    )  # fmt: skip


def entry_of(session: Session, entry_id: int) -> PointsEntry:
    """One entry; NotFound where there is none."""
    found = session.scalar(select(PointsEntry).where(PointsEntry.id == entry_id))
    if found is None:
        raise NotFound(_("找不到这条积分明细"))
    return found


def _of_stem(person_id: int, stem: str) -> ColumnElement[bool]:
    numbered = PointsEntry.source.startswith(f"{stem}#", autoescape=True)
    return (PointsEntry.person_id == person_id) & numbered


def unreversed(session: Session, person_id: int, stem: str) -> EntryView | None:
    """The number of a stem (``round:12/first``) that stands; None where none was posted or all
    were reversed."""
    reversal = aliased(PointsEntry)
    row = session.scalar(
        select(PointsEntry)
        .where(
            _of_stem(person_id, stem),
            ~exists().where(reversal.reverses_id == PointsEntry.id),
        )
        .order_by(PointsEntry.id.desc())
        .limit(1)
    )
    return None if row is None else entry_views(session, [row])[0]


def numbers_of(session: Session, person_id: int, stem: str) -> list[tuple[str, bool]]:
    """Every source of a stem with whether it was reversed."""
    reversal = aliased(PointsEntry)
    rows = session.execute(
        select(PointsEntry.source, reversal.id.is_not(None).label("is_reversed"))
        .outerjoin(reversal, reversal.reverses_id == PointsEntry.id)
        .where(_of_stem(person_id, stem))
    )
    return [(row.source, row.is_reversed) for row in rows]


def posting_period(session: Session, origin_period_id: int) -> int:
    """Where an entry of this origin is posted now: there, or in the newest period once it closed.

    The periods stay locked against closing until the transaction ends. NotFound for no period.
    """
    rows = session.execute(
        select(PointsPeriod.id, PointsPeriod.closed_at)
        .where(or_(PointsPeriod.id == origin_period_id, PointsPeriod.closed_at.is_(None)))
        .order_by(PointsPeriod.id)
        .with_for_update(read=True)
    ).all()
    origin = next((row for row in rows if row.id == origin_period_id), None)
    if origin is None:
        raise NotFound(_("找不到这一期积分"))
    return int(origin.id if origin.closed_at is None else rows[-1].id)


def lock_periods(session: Session) -> None:
    """Let nobody post until the transaction ends.

    The whole table at once: row by row it could meet who posts for two periods in one transaction.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(text(f"LOCK TABLE {PointsPeriod.__tablename__} IN EXCLUSIVE MODE"))


def _sums() -> Select[*tuple[Any, ...]]:
    """Each entry twice: once where it belongs (earned), once where it was posted."""
    nought = literal(0, type_=BigInteger)
    belongs = select(
        PointsEntry.person_id, PointsEntry.origin_period_id.label("period_id"),
        nought.label("kept_earned"), nought.label("kept_posted"),
        PointsEntry.amount.label("earned"), nought.label("posted"), literal(1).label("entries"),
    )  # fmt: skip
    lies = select(
        PointsEntry.person_id, PointsEntry.period_id, nought, nought, nought, PointsEntry.amount,
        literal(0),
    )  # fmt: skip
    kept = select(
        PointsTotal.person_id, PointsTotal.period_id, PointsTotal.earned, PointsTotal.posted,
        nought, nought, literal(0),
    )  # fmt: skip
    every = belongs.union_all(lies, kept).subquery("every")

    def total(name: str) -> ColumnElement[int]:
        return cast(func.sum(every.c[name]), BigInteger).label(name)

    return (
        select(every.c.person_id, every.c.period_id, *map(total, TotalRow._fields[2:]))
        .group_by(every.c.person_id, every.c.period_id)
        .order_by(every.c.person_id, every.c.period_id)
    )


def totals_beside_entries(session: Session) -> Iterator[TotalRow]:
    """Every total with what the entries say, in order of person and period.

    One statement, so that what is posted meanwhile is in both or in neither; read in pieces.
    """
    for row in session.execute(_sums(), execution_options={"yield_per": PIECE}):
        yield TotalRow(*row)


def summed() -> Select[*tuple[Any, ...]]:
    """The totals as the entries say: (person_id, period_id, earned, posted)."""
    sums = _sums().order_by(None).subquery("sums")
    return select(sums.c.person_id, sums.c.period_id, sums.c.earned, sums.c.posted)
