"""The invariants I1–I13 of a sitting, under any order of things, against a model."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
import time_machine
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

from core import clock
from core.db import db, reading, transaction
from question_bank.questions.rules import QuestionType
from quiz.attempts import jobs, services
from quiz.attempts.models import AttemptState, Evidence, Score
from quiz.attempts.rules import answers_digest
from quiz.sitting import services as protocol
from quiz.sitting.queries import answers_of, held_for_save
from tests.databases import both_databases
from tests.quiz.candidates import acts, attempts, count, document, sit

POSITIONS = st.integers(1, 3)  # three single-choice questions
OPERATION = st.tuples(POSITIONS, st.integers(1, 4), st.sampled_from(["A", "B", None]))
OPERATIONS = st.lists(OPERATION, min_size=1, max_size=3)
MINUTES = 10
PHASES = (Phase.explicit, Phase.generate)  # shrinking takes minutes; add it when something is found
Held = tuple[tuple[int, int], Any]  # (epoch, seq), value


class Sitting(RuleBasedStateMachine):
    """One candidate with several pages, a network that repeats and reorders, and a clock."""

    app: Flask
    counts: dict[QuestionType, int] | None = None  # of the paper; its first three take a letter

    def __init__(self) -> None:
        super().__init__()
        self.began = clock.now()
        self.offset = timedelta()
        self.frozen: time_machine.travel | None = None
        self.travel(timedelta())
        self.candidate = sit(self.app, opened=False, minutes=MINUTES, counts=self.counts)
        self.deadline = self.attempt.deadline_at
        self.epochs: dict[str, int] = {}
        self.held: dict[int, Held] = {}
        self.acked: list[tuple[int, tuple[int, int, Any]]] = []
        self.receipt: Any = None
        self.over = False

    # --- the world ---

    def travel(self, by: timedelta) -> None:
        """Move the clock; never to before the sign-in, whose cookie would come from the future."""
        if self.frozen is not None:
            self.frozen.stop()
        self.offset = max(timedelta(), self.offset + by)
        self.frozen = time_machine.travel(self.began + self.offset, tick=False)
        self.frozen.start()

    def teardown(self) -> None:
        if self.frozen is not None:
            self.frozen.stop()

    @property
    def attempt(self) -> Any:
        return next(a for a in attempts(self.app) if a.id == self.candidate.attempt_id)

    @property
    def late(self) -> bool:
        now = clock.now()
        limit: datetime = self.deadline + timedelta(seconds=30)
        return now > limit

    @property
    def epoch(self) -> int:
        return max(self.epochs.values(), default=0)

    # --- the model of operations ---

    def recorded(self, epoch: int, operation: tuple[int, int, Any]) -> bool:
        position, seq, value = operation
        pair, stored = self.held.get(position, ((0, 0), None))
        return pair > (epoch, seq) or (pair == (epoch, seq) and stored == value)

    def conflicts(self, epoch: int, operations: list[tuple[int, int, Any]]) -> bool:
        said: dict[tuple[int, int], Any] = {}
        newest = {p: max(s for q, s, _ in operations if q == p) for p, _, _ in operations}
        for position, seq, value in operations:
            if self.recorded(epoch, (position, seq, value)):
                continue
            if self.held.get(position, ((0, 0), None))[0] == (epoch, seq):
                return True
            if seq == newest[position] and said.setdefault((position, seq), value) != value:
                return True
        return False

    def apply(self, epoch: int, operations: list[tuple[int, int, Any]]) -> None:
        for position, seq, value in operations:
            if self.held.get(position, ((0, 0), None))[0] < (epoch, seq):
                self.held[position] = ((epoch, seq), value)
        self.acked += [(epoch, operation) for operation in operations]

    # --- what pages do ---

    @rule(page=st.sampled_from(["page-one-", "page-two-", "page-three"]))
    def open_or_repeat(self, page: str) -> None:
        answer = self.candidate.open(page)
        if self.over or self.late:
            assert document(answer).get("code") == "closed"
            self.over = True
            return
        expected = self.epochs.get(page, self.epoch + 1)
        assert document(answer).get("epoch") == expected  # I8: it never decreases
        self.epochs[page] = expected
        stored = {
            int(position): ((one["epoch"], one["seq"]), one["value"])
            for position, one in document(answer)["answers"].items()
        }
        assert stored == self.held  # I5, I7

    @precondition(lambda self: self.epochs)
    @rule(data=st.data(), operations=OPERATIONS)
    def save(self, data: st.DataObject, operations: list[tuple[int, int, Any]]) -> None:
        epoch = data.draw(st.sampled_from(sorted(set(self.epochs.values()))))
        self.expect(epoch, operations, self.candidate.save(*operations, epoch=epoch))

    @precondition(lambda self: self.epochs)
    @rule(operations=OPERATIONS)
    def save_when_time_is_up(self, operations: list[tuple[int, int, Any]]) -> None:
        self.travel(max(timedelta(), self.deadline + timedelta(seconds=31) - clock.now()))
        self.expect(self.epoch, operations, self.candidate.save(*operations, epoch=self.epoch))

    def expect(self, epoch: int, operations: list[tuple[int, int, Any]], answer: Any) -> None:
        body = document(answer)
        recorded = [one for one in operations if self.recorded(epoch, one)]
        self.over = self.over or self.late
        if len(recorded) == len(operations):
            assert answer.status_code == 200  # I9
            self.acked += [(epoch, one) for one in operations]
            return
        if self.over:
            expected = "closed"  # I4
        elif epoch != self.epoch:
            expected = "stale_epoch"
        else:
            expected = "conflict" if self.conflicts(epoch, operations) else ""
        if not expected:
            assert answer.status_code == 200, body
            self.apply(epoch, operations)
            return
        assert (answer.status_code, body.get("code")) == (409, expected)
        assert Counter((a["position"], a["seq"]) for a in body["acked"]) == Counter(
            (position, seq) for position, seq, _ in recorded
        )

    @precondition(lambda self: self.acked)
    @rule(data=st.data())
    def resend_what_was_acknowledged(self, data: st.DataObject) -> None:
        epoch, operation = data.draw(st.sampled_from(self.acked))
        if not self.recorded(epoch, operation):  # superseded within its own request
            return
        assert self.candidate.save(operation, epoch=epoch).status_code == 200  # I9
        self.over = self.over or self.late

    @precondition(lambda self: self.epochs)
    @rule(
        operations=st.lists(OPERATION, max_size=2),
        seqs=st.dictionaries(POSITIONS, st.integers(1, 4), max_size=2),
    )
    def submit(self, operations: list[tuple[int, int, Any]], seqs: dict[int, int]) -> None:
        was_over, epoch = self.over or self.late, self.epoch
        clash = self.conflicts(epoch, operations)
        fresh = [one for one in operations if not self.recorded(epoch, one)]
        answer = self.candidate.submit(*operations, seqs=seqs, epoch=epoch)
        body = document(answer)
        if not was_over and not clash:
            self.apply(epoch, operations)
        covers = all(self.held.get(p, ((0, 0), None))[0] >= (epoch, s) for p, s in seqs.items())
        if was_over:
            self.over = True
            expected = "" if covers and not fresh else "closed"
        elif clash:
            expected = "conflict"
        else:
            expected = "" if covers else "missing"
        if expected:
            assert (answer.status_code, body.get("code")) == (409, expected), body
            return
        assert answer.status_code == 200, body
        self.over = True
        assert self.receipt in (None, body["receipt"])  # I3
        self.receipt = body["receipt"]

    # --- what happens by itself ---

    @rule(seconds=st.sampled_from([1, 31, 300, 640, -100]))
    def time_passes(self, seconds: int) -> None:
        self.travel(timedelta(seconds=seconds))

    @rule()
    def the_job_runs(self) -> None:
        with self.app.app_context():
            jobs.close_attempts(clock.now())
        self.over = self.over or self.late

    @rule()
    def somebody_looks(self) -> None:
        seen = self.candidate.show()
        self.over = self.over or self.late
        assert (seen.get("state") == "in_progress") is not self.over  # I1
        if self.over:
            assert self.receipt in (None, seen["receipt"])
            self.receipt = seen["receipt"]
            assert not seen["result"] or seen["result"]["questions"] is None  # I13

    @precondition(lambda self: self.over and self.attempt.state is AttemptState.SCORED)
    @rule()
    def the_office_marks_anew(self) -> None:
        with self.app.app_context(), transaction() as session:
            services.rescore(session, self.candidate.attempt_id, reason="复核", now=clock.now())

    # --- what always holds ---

    def awaits_people(self) -> bool:
        """Whether an ended attempt has no score before people mark it; without short answers never."""
        return False

    @invariant()
    def invariants_hold(self) -> None:
        attempt = self.attempt
        with self.app.app_context():
            stored = answers_of(db.session(), attempt.id)[attempt.id]
            marks = set(
                reading().scalars(select(Score.marks).where(Score.attempt_id == attempt.id))
            )
            db.session.remove()
        import json

        found = {p: ((one.epoch, one.seq), json.loads(one.value)) for p, one in stored.items()}
        assert found == self.held  # I4, I5, I6, I7
        ended = attempt.state is not AttemptState.IN_PROGRESS
        scored = ended and not self.awaits_people()
        assert len(marks) == int(scored)  # I11
        assert (attempt.state is AttemptState.SUBMITTED) is (ended and not scored)
        done = Counter(acts(self.app, attempt.id))
        assert done["attempt.start"] == 1
        assert (done["attempt.submit"], done["attempt.score"]) == (ended, scored)  # I2, I12
        if ended:
            assert attempt.receipt["answers"] == answers_digest(stored)  # I6, I10
            assert attempt.submitted_at <= self.deadline + timedelta(seconds=30)
            self.over = True


def run(
    app: Flask, examples: int, *, steps: int = 25, derandomize: bool = False,
    kind: type[Sitting] = Sitting,
) -> None:  # fmt: skip
    """Drive the machine on this application."""
    machine = type("SittingHere", (kind,), {"app": app})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, phases=PHASES, report_multiple_bugs=False, derandomize=derandomize,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip
    assert count(app, Evidence) >= 0


def test_the_invariants_hold(app: Flask) -> None:
    run(app, 6)


@pytest.mark.slow
@both_databases
def test_the_invariants_hold_for_long(app: Flask) -> None:
    run(app, 25 if app.extensions["settings"].is_sqlite else 10)


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["late", "older page", "repeat"])
def test_a_broken_rule_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """The twin: a server with one guard off does not get past the machine."""
    if broken == "late":
        monkeypatch.setattr(protocol, "is_overdue", lambda *_: False)
    elif broken == "older page":
        held = held_for_save
        monkeypatch.setattr(
            protocol, "held_for_save",
            lambda session, attempt, who, positions, now: replace(
                held(session, attempt, who, positions, now), epoch=1
            ),
        )  # fmt: skip
    else:
        monkeypatch.setattr(protocol, "opening_epoch", lambda *_: None)
    with pytest.raises((AssertionError, IntegrityError, ExceptionGroup)):
        run(app, 400, steps=60, derandomize=True)
