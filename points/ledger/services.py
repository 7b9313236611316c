"""Posting to the ledger: once for each source, reversed once, with totals kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import upsert
from core.errors import Conflict
from points.ledger import queries
from points.ledger.models import PointsEntry, PointsTotal
from points.ledger.rules import REVERSAL, Proof, number_of, numbered, proof_of, reversal_of

_KEY = (PointsTotal.person_id, PointsTotal.period_id)


def post(
    session: Session,
    *,
    person_id: int,
    origin_period_id: int,
    amount: int,
    source: str,
    rule_version_id: int | None,
    facts: Mapping[str, Any],
    now: datetime,
) -> int | None:
    """Post an entry: its id; None where one of this person and source stands already.

    It goes into its own period while that is not closed, else into the newest. ``facts``: JSON
    values, all that the line says to its person. Raises NotFound for an unknown period.
    """
    if source.startswith(REVERSAL):
        raise ValueError("only reverse() takes an entry back")
    period_id = queries.posting_period(session, origin_period_id)
    _lock(session, person_id, origin_period_id)
    return _enter(
        session, person_id=person_id, period_id=period_id, origin_period_id=origin_period_id,
        amount=amount, source=source, rule_version_id=rule_version_id, facts=dict(facts),
        posted_at=now,
    )  # fmt: skip


def post_first(
    session: Session,
    *,
    person_id: int,
    origin_period_id: int,
    stem: str,
    amount: int,
    rule_version_id: int | None,
    facts: Mapping[str, Any],
    now: datetime,
) -> int | None:
    """Post the next number of a stem, e.g. ``round:12/first#1``: its id; None where one stands.

    After the one that stood was reversed, the correction is the next number. A stem belongs to one
    period; under the lock of its total at most one number is unreversed.
    """
    period_id = queries.posting_period(session, origin_period_id)
    _lock(session, person_id, origin_period_id)
    known = queries.numbers_of(session, person_id, stem)
    if not all(is_reversed for _source, is_reversed in known):
        return None
    last = max((number_of(source) for source, _reversed in known), default=0)
    return _enter(
        session, person_id=person_id, period_id=period_id, origin_period_id=origin_period_id,
        amount=amount, source=numbered(stem, last + 1), rule_version_id=rule_version_id,
        facts=dict(facts), posted_at=now,
    )  # fmt: skip


def reverse(
    session: Session, *, entry_id: int, facts: Mapping[str, Any], now: datetime
) -> int | None:
    """Take an entry back by an opposite one of the same origin: its id; None where it was already.

    Raises NotFound, and Conflict for an entry that itself takes one back.
    """
    entry = queries.entry_of(session, entry_id)
    if entry.reverses_id is not None:
        raise Conflict(_("冲回的积分不能再冲回，请另记一笔。"))
    period_id = queries.posting_period(session, entry.origin_period_id)
    _lock(session, entry.person_id, entry.origin_period_id)
    return _enter(
        session, person_id=entry.person_id, period_id=period_id,
        origin_period_id=entry.origin_period_id, amount=-entry.amount,
        source=reversal_of(entry.id), rule_version_id=entry.rule_version_id,
        reverses_id=entry.id, facts=dict(facts), posted_at=now,
    )  # fmt: skip


def _lock(session: Session, person_id: int, period_id: int) -> None:
    """Lock the total of a person and period, made where it is missing, until the end.

    All that belongs to the period is posted under it. The total of the period where an entry is
    posted instead is locked later and has a later id: who comes from both sides does not deadlock.
    """
    session.execute(
        upsert(session, PointsTotal)
        .values(person_id=person_id, period_id=period_id, earned=0, posted=0)
        .on_conflict_do_update(index_elements=_KEY, set_={"earned": PointsTotal.earned})
    )


def _enter(session: Session, **entry: Any) -> int | None:
    """Append an entry and add it to the totals; None where its source stands."""
    entry_id = _append(session, entry)
    if entry_id is None:
        return None
    _add(session, entry)
    record(
        session, "points.reverse" if "reverses_id" in entry else "points.post",
        ("points_entry", entry_id),
        facts={name: entry[name] for name in ("person_id", "amount", "source", "origin_period_id",
                                              "period_id", "rule_version_id")},
    )  # fmt: skip
    return entry_id


def _append(session: Session, entry: Mapping[str, Any]) -> int | None:
    """Insert an entry; the unique constraint decides whether it is the first of its source."""
    return session.execute(
        upsert(session, PointsEntry)
        .values(**entry)
        .on_conflict_do_nothing(index_elements=[PointsEntry.person_id, PointsEntry.source])
        .returning(PointsEntry.id)
    ).scalar_one_or_none()


def _add(session: Session, entry: Mapping[str, Any]) -> None:
    person_id, origin, period = (
        entry[name] for name in ("person_id", "origin_period_id", "period_id")
    )
    amount = entry["amount"]
    rows = [{"person_id": person_id, "period_id": origin, "earned": amount, "posted": 0}]
    if origin == period:
        rows[0]["posted"] = amount
    else:
        rows.append({"person_id": person_id, "period_id": period, "earned": 0, "posted": amount})
    added = upsert(session, PointsTotal).values(rows)
    session.execute(
        added.on_conflict_do_update(
            index_elements=_KEY,
            set_={
                "earned": PointsTotal.earned + added.excluded.earned,
                "posted": PointsTotal.posted + added.excluded.posted,
            },
        )
    )


def prove(session: Session) -> Proof:
    """Compare every total with the sum of its entries."""
    return proof_of(queries.totals_beside_entries(session))


def rebuild(session: Session) -> tuple[Proof, Proof]:
    """Make all totals anew from the entries, while nobody posts; what they were, what they are."""
    queries.lock_periods(session)
    before = prove(session)
    session.execute(delete(PointsTotal).execution_options(synchronize_session=False))
    session.execute(
        insert(PointsTotal).from_select(
            ["person_id", "period_id", "earned", "posted"], queries.summed()
        )
    )
    after = prove(session)
    record(
        session, "points.rebuild", ("points_total", "all"),
        facts={"entries": after.entries, "totals": after.totals, "digest": after.digest,
               "corrected": before.wrong_count},
    )  # fmt: skip
    return before, after
