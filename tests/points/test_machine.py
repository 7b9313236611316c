"""Any order of periods, tries, corrections, reversals and closings, against a model of the ledger."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.db import db, reading, transaction
from core.errors import Conflict
from points.ledger import queries, services
from points.ledger.models import PointsEntry, PointsTotal
from points.ledger.rules import proof_of
from points.periods import services as periods
from points.periods.models import PointsPeriod, PointsSnapshot
from points.periods.rules import SnapshotRow, snapshot_digest
from tests.databases import both_databases
from tests.factories import make_person, make_unit
from tests.points.books import MONTH, ROUND, START

AMOUNTS = st.integers(0, 20)
WHO = st.integers(0, 1)
PHASES = (Phase.explicit, Phase.generate)  # shrinking takes minutes; add it when something is found
_append, _numbers = services._append, queries.numbers_of
_later = itertools.count(1)  # where examples share one database, each goes on after the last


class Books(RuleBasedStateMachine):
    """Two people and a clock; the model holds each entry, each closed snapshot."""

    app: Flask
    template: Path | None = None  # an empty ledger for each example, where there is one to copy

    def __init__(self) -> None:
        super().__init__()
        if self.template is not None:
            with self.app.app_context():
                db.engine.dispose()
            file = Path(self.app.extensions["settings"].instance_dir) / "shanggang.db"
            for name in ("-wal", "-shm"):
                file.with_name(file.name + name).unlink(missing_ok=True)
            shutil.copy(self.template, file)
        self.entries: dict[int, tuple[int, int, int, int, str, int | None]] = {}
        self.closed: dict[int, tuple[str, list[Any]]] = {}
        self.periods: list[int] = []
        self.now = START
        with self.app.app_context(), transaction() as session:
            unit = make_unit(session)
            self.people = [make_person(session, unit=unit).id for _ in range(2)]
        self.a_period_opens()

    # --- the model ---

    def is_reversed(self, entry_id: int) -> bool:
        return any(row[5] == entry_id for row in self.entries.values())

    def standing(self, person: int, stem: str) -> list[int]:
        """Ids of a stem's numbers that are not reversed."""
        return [
            entry_id for entry_id, row in self.entries.items()
            if row[0] == person and row[4].startswith(f"{stem}#") and not self.is_reversed(entry_id)
        ]  # fmt: skip

    def goes_to(self, origin: int) -> int:
        return self.periods[-1] if origin in self.closed else origin

    def expect(self, entry_id: int | None, *row: Any) -> None:
        assert entry_id is not None
        person, origin, amount, source, reverses = row
        self.entries[entry_id] = (person, self.goes_to(origin), origin, amount, source, reverses)

    # --- what happens ---

    @rule()
    def a_period_opens(self) -> None:
        number = next(_later)
        starts_at = START + number * MONTH
        with self.app.app_context(), transaction() as session:
            opened = periods.open_period(
                session, label=f"第 {number} 期", starts_at=starts_at, now=starts_at,
                settles_at=starts_at + ROUND, max_points=20,
            )  # fmt: skip
        self.periods.append(opened.id)
        self.now = starts_at

    @rule(who=WHO, amount=AMOUNTS, data=st.data())
    def a_first_try_is_posted(self, who: int, amount: int, data: st.DataObject) -> None:
        origin = data.draw(st.sampled_from(self.periods[-3:]))
        self.post_first(self.people[who], origin, amount)

    def post_first(self, person: int, origin: int, amount: int) -> None:
        stem = f"round:{origin}/first"
        stands = self.standing(person, stem)
        number = 1 + sum(row[0] == person and row[4].startswith(f"{stem}#")
                         for row in self.entries.values())  # fmt: skip
        with self.app.app_context(), transaction() as session:
            posted = services.post_first(
                session, person_id=person, origin_period_id=origin, stem=stem, amount=amount,
                rule_version_id=None, facts={"right": amount}, now=self.now,
            )  # fmt: skip
        if stands:
            assert posted is None
            return
        self.expect(posted, person, origin, amount, f"{stem}#{number}", None)

    @rule(who=WHO, amount=st.integers(-9, 9), key=st.sampled_from("abc"), data=st.data())
    def the_office_adjusts(self, who: int, amount: int, key: str, data: st.DataObject) -> None:
        person, origin = self.people[who], data.draw(st.sampled_from(self.periods))
        source = f"adjust:{key}"
        stands = any(row[0] == person and row[4] == source for row in self.entries.values())
        with self.app.app_context(), transaction() as session:
            posted = services.post(
                session, person_id=person, origin_period_id=origin, amount=amount, source=source,
                rule_version_id=None, facts={"reason": "更正"}, now=self.now,
            )  # fmt: skip
        if stands:
            assert posted is None
            return
        self.expect(posted, person, origin, amount, source, None)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def an_entry_is_reversed(self, data: st.DataObject) -> None:
        self.reverse(data.draw(st.sampled_from(sorted(self.entries))))

    def reverse(self, entry_id: int) -> None:
        person, _period, origin, amount, _source, reverses = self.entries[entry_id]
        already = self.is_reversed(entry_id)
        with self.app.app_context(), transaction() as session:
            try:
                posted = services.reverse(session, entry_id=entry_id, facts={}, now=self.now)
            except Conflict:
                assert reverses is not None
                return
        assert reverses is None
        if already:
            assert posted is None
            return
        self.expect(posted, person, origin, -amount, f"reverse:{entry_id}", entry_id)

    @rule(who=WHO, amount=AMOUNTS, data=st.data())
    def a_first_try_is_corrected(self, who: int, amount: int, data: st.DataObject) -> None:
        person, origin = self.people[who], data.draw(st.sampled_from(self.periods[-3:]))
        stem = f"round:{origin}/first"
        with self.app.app_context():
            found = queries.unreversed(reading(), person, stem)
            db.session.remove()
        assert self.standing(person, stem) == ([found.id] if found else [])
        if found is not None:
            self.reverse(found.id)
        self.post_first(person, origin, amount)

    @rule(data=st.data())
    def a_period_closes(self, data: st.DataObject) -> None:
        period = data.draw(st.sampled_from(self.periods))
        with self.app.app_context(), transaction() as session:
            try:
                done = periods.close_period(session, period_id=period, now=self.now)
            except Conflict:
                assert period == self.periods[-1]
                return
        assert done is (period not in self.closed)
        self.closed.setdefault(period, self.snapshot_of(period))

    @rule()
    def the_totals_are_rebuilt(self) -> None:
        with self.app.app_context(), transaction() as session:
            before, after = services.rebuild(session)
        assert before == after  # the digest is over every byte
        assert before.wrong is None

    # --- what always holds ---

    def snapshot_of(self, period: int) -> tuple[str, list[Any]]:
        with self.app.app_context():
            session = reading()
            digest = session.scalars(
                select(PointsPeriod.digest).where(PointsPeriod.id == period)
            ).one()
            rows = session.execute(
                select(
                    PointsSnapshot.person_id, PointsSnapshot.unit_id, PointsSnapshot.earned,
                    PointsSnapshot.standing,
                )
                .where(PointsSnapshot.period_id == period)
                .order_by(PointsSnapshot.person_id)
            ).all()  # fmt: skip
            db.session.remove()
        return digest, [tuple(row) for row in rows]

    @invariant()
    def the_ledger_is_the_model(self) -> None:
        with self.app.app_context():
            session = reading()
            rows = session.execute(
                select(
                    PointsEntry.id, PointsEntry.person_id, PointsEntry.period_id,
                    PointsEntry.origin_period_id, PointsEntry.amount, PointsEntry.source,
                    PointsEntry.reverses_id,
                ).where(PointsEntry.person_id.in_(self.people))
            ).all()  # fmt: skip
            kept = session.execute(
                select(
                    PointsTotal.person_id, PointsTotal.period_id, PointsTotal.earned,
                    PointsTotal.posted,
                ).where(PointsTotal.person_id.in_(self.people))
            ).all()  # fmt: skip
            proof = proof_of(queries.totals_beside_entries(session))
            db.session.remove()
        assert {row[0]: tuple(row[1:]) for row in rows} == self.entries
        assert proof.wrong is None
        earned: Counter[tuple[int, int]] = Counter()
        posted: Counter[tuple[int, int]] = Counter()
        for person, period, origin, amount, _source, _reverses in self.entries.values():
            earned[person, origin] += amount
            posted[person, period] += amount
        for person, period, sum_earned, sum_posted in kept:
            assert sum_earned == earned.pop((person, period), 0)
            assert sum_posted == posted.pop((person, period), 0)
        assert not any(earned.values())
        assert not any(posted.values())

    @invariant()
    def each_stem_stands_once_and_each_entry_is_reversed_once(self) -> None:
        stems: dict[tuple[int, str], int] = defaultdict(int)
        for entry_id, row in self.entries.items():
            if "#" in row[4] and not self.is_reversed(entry_id):
                stems[row[0], row[4].partition("#")[0]] += 1
        assert max(stems.values(), default=0) <= 1
        reversed_ = [row[5] for row in self.entries.values() if row[5] is not None]
        assert len(reversed_) == len(set(reversed_))
        assert all(self.entries[entry_id][5] is None for entry_id in reversed_)

    @invariant()
    def closed_snapshots_stay_as_they_are(self) -> None:
        for period, kept in self.closed.items():
            assert self.snapshot_of(period) == kept
            digest, rows = kept
            assert digest == snapshot_digest(SnapshotRow(*row) for row in rows)
            sums = Counter(dict.fromkeys(self.people, 0))
            for person, posted, origin, amount, *_rest in self.entries.values():
                if posted == origin == period:  # it belongs there, and came before the closing
                    sums[person] += amount
            assert {row[0]: row[2] for row in rows if row[0] in sums} == dict(sums)


def _run(
    app: Flask, examples: int, *, template: Path | None = None, derandomize: bool = False
) -> None:
    machine = type("BooksHere", (Books,), {"app": app, "template": template})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=25, phases=PHASES,
            report_multiple_bugs=False, derandomize=derandomize,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip


def test_the_ledger_holds_in_any_order(app: Flask, sqlite_template: Path) -> None:
    _run(app, 8, template=sqlite_template)


@pytest.mark.slow
@both_databases
def test_the_ledger_holds_for_long(app: Flask) -> None:
    _run(app, 20 if app.extensions["settings"].is_sqlite else 8)


def _again_under_another_name(session: Any, entry: Any) -> int | None:
    """An insert for which no source stands already."""
    posted = _append(session, entry)
    if posted is None:
        other = {**entry, "source": f"{entry['source']}~{next(_later)}", "reverses_id": None}
        posted = _append(session, other)
    return posted


@pytest.mark.slow
@pytest.mark.parametrize(
    "broken", ["posts twice", "stands twice", "closed", "total", "snapshot", "origin"]
)
def test_a_broken_rule_is_found(
    app: Flask, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """The twin: a ledger with one guard off does not get past the machine."""
    add = services._add
    changes: dict[str, tuple[Any, str, Any]] = {
        "posts twice": (services, "_append", _again_under_another_name),
        "stands twice": (
            queries, "numbers_of",
            lambda *asked: [(source, True) for source, _reversed in _numbers(*asked)],
        ),
        "closed": (queries, "posting_period", lambda _session, origin: origin),
        "total": (services, "_add", lambda *_: None),
        "snapshot": (periods, "snapshot_digest", lambda rows: str(len(list(rows)))),
        "origin": (
            services, "_add",
            lambda session, entry: add(session, {**entry, "origin_period_id": entry["period_id"]}),
        ),
    }  # fmt: skip
    monkeypatch.setattr(*changes[broken])
    with pytest.raises((AssertionError, IntegrityError, ExceptionGroup)):
        _run(app, 100, template=sqlite_template, derandomize=True)
