"""What must hold after every step of the machine of rounds: the database is what the model says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.db import db, reading, table_of, transaction
from points.ledger.models import PointsEntry, PointsTotal
from points.periods.models import PointsPeriod, PointsSnapshot
from points.periods.rules import SnapshotRow, snapshot_digest
from points.standing.queries import person_periods, year_points
from question_bank.questions.models import QuestionVersion
from quiz.counting.queries import standing_entries
from tests.quiz.rounds import at
from tests.quiz.rounds_model import Entry, Model
from tests.quiz.rounds_stage import DEARER, JOINED, OPENS, Stage


class CheckedRounds(RuleBasedStateMachine):
    """Three people, two of the office, and a clock that never goes back; rules are added below."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.app = self.stage.fresh()
        self.people = [person.id for person in self.stage.people]
        self.office, self.second = self.stage.world.office.id, self.stage.world.second.id
        self.now = OPENS
        self.seen: dict[int, Any] = {}
        self.snapshots: dict[int, Any] = {}
        with self.looking() as session:
            keys = {
                version: _spelt(key)
                for version, key in session.execute(select(QuestionVersion.id, QuestionVersion.key))
            }
        on_post = dict.fromkeys(self.people, date(2020, 1, 1)) | {self.people[-1]: JOINED}
        self.model = Model(keys, on_post, [(date(2018, 8, 10), 1), (DEARER, 2)])

    def teardown(self) -> None:
        self.stage.done(self.app)

    @property
    def today(self) -> date:
        return clock.civil_date(self.now)

    @contextmanager
    def door(self) -> Iterator[Session]:
        with at(self.now), self.app.app_context(), transaction() as session:
            yield session

    @contextmanager
    def looking(self) -> Iterator[Session]:
        with self.app.app_context():
            yield reading()
            db.session.remove()

    # --- what always holds ---

    def totals(self) -> dict[tuple[int, int], tuple[int, int]]:
        """(person, period) → (earned, posted) without those of nothing."""
        with self.looking() as session:
            rows = session.execute(
                select(PointsTotal.person_id, PointsTotal.period_id, PointsTotal.earned,
                       PointsTotal.posted)
            ).all()  # fmt: skip
        return {(row[0], row[1]): (row[2], row[3]) for row in rows if row[2] or row[3]}

    @invariant()
    def the_ledger_says_what_it_must_and_keeps_what_it_said(self) -> None:
        with self.looking() as session:
            rows = {row[0]: tuple(row) for row in session.execute(
                select(*table_of(PointsEntry).c).order_by(PointsEntry.id)
            )}  # fmt: skip
        assert all(rows.get(entry_id) == kept for entry_id, kept in self.seen.items())
        columns = [column.name for column in table_of(PointsEntry).c]
        named = {key: dict(zip(columns, row, strict=True)) for key, row in rows.items()}
        for person in self.people:
            found = [row for row in named.values() if row["person_id"] == person]
            expected = [entry for entry in self.model.entries if entry.person == person]
            assert len(found) == len(expected), (found, expected)
            for row, entry in zip(found, expected, strict=True):
                entry.id = row["id"]
                self.check_entry(row, entry)
        assert sum(entry.id in named for entry in self.model.entries) == len(named)
        self.check_reversals(named)
        self.seen = rows

    def check_entry(self, row: dict[str, Any], entry: Entry) -> None:
        names = ("person_id", "period_id", "origin_period_id", "amount", "source", "reverses_id")
        found = tuple(row[name] for name in names)
        assert found == entry.row(), f"{found} is posted, {entry.row()} should be"
        if entry.attempt is not None:
            facts = row["facts"]
            assert (facts["attempt"], facts["right"]) == (entry.attempt.id, entry.right)
            assert facts["right"] * facts["per_answer"] == row["amount"]

    def check_reversals(self, rows: dict[int, dict[str, Any]]) -> None:
        """Nothing is taken back twice, no reversal is; what stands is the first try that counts."""
        taken = [row["reverses_id"] for row in rows.values() if row["reverses_id"] is not None]
        assert len(taken) == len(set(taken))
        assert all(rows[entry_id]["reverses_id"] is None for entry_id in taken)
        stands: dict[tuple[int, int], Any] = {}
        for row in rows.values():
            if row["source"].startswith("round:") and row["id"] not in taken:
                place = (row["person_id"], row["facts"]["round"])
                assert place not in stands, f"two stand for person and round {place}"
                stands[place] = (row["facts"]["attempt"], row["amount"])
        for person in self.people:
            for one in self.model.rounds:
                first = self.model.counts(person, one)
                expected = None if first is None else (first.id, self.model.amount(first))
                found = stands.pop((person, one.id), None)
                assert found == expected, f"{found} stands, {expected} counts"
        assert not stands

    @invariant()
    def totals_and_standings_follow_from_the_entries(self) -> None:
        model = self.model
        places = [(person, one.period) for person in self.people for one in model.rounds]
        sums = {place: (model.earned(*place), model.posted(*place)) for place in places}
        assert self.totals() == {place: both for place, both in sums.items() if any(both)}
        with self.looking() as session:
            found = {person: person_periods(session, person, self.now, limit=100)
                     for person in self.people}  # fmt: skip
            year = year_points(session, self.people[0], self.today.year)
            rows = session.execute(
                standing_entries(model.rounds[-1].id, model.rounds[-1].period)
            ).all()
        for person, views in found.items():
            assert [
                (view.period.id, view.earned, view.standing.value, view.closed_earned,
                 view.closed_standing and view.closed_standing.value, view.has_entries)
                for view in views
            ] == [
                (one.period, model.earned(person, one.period),
                 model.standing(person, one, self.now),
                 *model.closed.get(one.period, {}).get(person, (None, None)),
                 model.has_entries(person, one.period))
                for one in model.rounds
            ]  # fmt: skip
        assert year == sum(sums[self.people[0], one.period][1] for one in model.rounds
                           if clock.civil_date(one.opens_at).year == self.today.year)  # fmt: skip
        firsts = {person: model.counts(person, model.rounds[-1]) for person in self.people}
        assert {row[0]: row[1]["attempt"] for row in rows} == {
            person: first.id for person, first in firsts.items() if first is not None
        }

    @invariant()
    def closed_snapshots_stay_as_they_are(self) -> None:
        with self.looking() as session:
            digests = {row[0]: row[1] for row in session.execute(
                select(PointsPeriod.id, PointsPeriod.digest).where(
                    PointsPeriod.closed_at.is_not(None))
            )}  # fmt: skip
            rows = session.execute(
                select(PointsSnapshot.period_id, PointsSnapshot.person_id, PointsSnapshot.unit_id,
                       PointsSnapshot.earned, PointsSnapshot.standing)
                .order_by(PointsSnapshot.period_id, PointsSnapshot.person_id)
            ).all()  # fmt: skip
        kept = {
            period: (digest, [SnapshotRow(*row[1:]) for row in rows if row[0] == period])
            for period, digest in digests.items()
        }
        assert sum(len(found) for _digest, found in kept.values()) == len(rows)
        assert all(kept.get(period) == was for period, was in self.snapshots.items())
        assert {
            period: {row.person_id: (row.earned, row.standing.value) for row in found}
            for period, (_digest, found) in kept.items()
        } == self.model.closed
        assert all(snapshot_digest(found) == digest for digest, found in kept.values())
        self.snapshots = kept


def _spelt(key: Any) -> Any:
    """A key as the model spells it."""
    return key if isinstance(key, bool) else frozenset(key)
