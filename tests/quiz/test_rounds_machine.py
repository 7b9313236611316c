"""Rounds, tries, voids, corrected keys, corrections, closings and rebuilds in any order."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict, Forbidden
from core.rulebook.services import change_rule
from points.adjustments import services as adjustments
from points.ledger import queries as ledger_queries
from points.ledger.services import rebuild
from points.periods.models import PointsPeriod
from points.periods.queries import period_of
from points.periods.services import close_period
from quiz.attempts import services as attempts
from quiz.attempts.models import Attempt, AttemptState
from quiz.attempts.services import Outcome
from quiz.counting import queries as counting_queries
from quiz.counting import services as counting
from quiz.keys import services as keys
from quiz.keys.rules import Verdict
from quiz.opening.services import open_due
from quiz.rounds.jobs import keep_rounds
from quiz.rounds.models import QuizRound
from tests.databases import both_databases
from tests.quiz.rounds import at
from tests.quiz.rounds_checks import CheckedRounds
from tests.quiz.rounds_model import Is, Round, Try
from tests.quiz.rounds_stage import QUESTIONS, Stage, make_stage, operations_of

WHO = st.sampled_from([0, 0, 0, 1, 2])  # one person much more than the others: things must meet
RIGHT = st.sampled_from([2, 1, 3, 0, 5, 6])  # seldom a pass, after which nobody sits again
PHASES = (Phase.explicit, Phase.generate)  # shrinking takes minutes; add it when something is found
SAVED = st.integers(0, 2)
SITS = st.tuples(WHO, RIGHT)
JUMPS = st.sampled_from([timedelta(hours=5), timedelta(days=4), timedelta(days=20), None])
# around the end of a round: before, within the grace, after it
END = st.sampled_from([timedelta(seconds=10), None, timedelta(hours=-1), timedelta(seconds=31)])


class Rounds(CheckedRounds):
    """All that can happen to rounds and points, through the services that do it."""

    @initialize(sits=st.lists(SITS, min_size=2, max_size=6), who=WHO, saved=SAVED)
    def the_first_round_opens_and_people_sit(
        self, sits: list[tuple[int, int]], who: int, saved: int
    ) -> None:
        self.rounds_that_are_due_open()
        self.sit(self.model.rounds[-1], sits)
        self.go_away(self.people[who], self.model.rounds[-1], saved)

    def draw_try(self, data: st.DataObject, *states: Is) -> Try:
        found = [one for one in self.model.tries if one.state in states]
        return data.draw(st.sampled_from(found))

    def has(self, *states: Is) -> bool:
        return any(one.state in states for one in self.model.tries)

    def draw_round(self, data: st.DataObject) -> Round:
        newest = self.model.rounds[-1]
        return data.draw(st.sampled_from([newest, newest, *self.model.rounds[-2:-1]]))

    # --- the clock ---

    @rule(by=JUMPS)
    def time_passes(self, by: timedelta | None) -> None:
        if by is None:
            newest = self.model.rounds[-1]
            by = max(timedelta(), newest.closes_at - timedelta(hours=1) - self.now)
        self.now += by

    @rule(days=st.sampled_from([0, 1, 7]), by_job=st.booleans())
    def the_next_round_opens(self, days: int, by_job: bool) -> None:
        month = (self.today.replace(day=28) + timedelta(days=4)).replace(day=1)
        self.now = clock.start_of(month) + timedelta(days=days)
        if by_job:
            self.the_job_runs()
        else:
            self.rounds_that_are_due_open()

    def is_due(self) -> bool:
        month = clock.start_of(self.today.replace(day=1))
        return all(one.opens_at != month for one in self.model.rounds)

    def rounds_that_are_due_open(self) -> None:
        due = self.is_due()
        with self.door() as session:
            opened = open_due(session, self.now)
        assert len(opened) == due
        self.expect_round(due)

    def expect_round(self, is_due: bool) -> None:
        if not is_due:
            return
        with self.looking() as session:
            row, period = session.execute(
                select(QuizRound, PointsPeriod)
                .join(PointsPeriod, PointsPeriod.id == QuizRound.period_id)
                .order_by(QuizRound.id.desc())
                .limit(1)
            ).one()
        one = self.model.a_round_opens(
            row.id, row.occasion_id, period.id, self.today.replace(day=1)
        )
        assert (row.opens_at, row.closes_at) == (one.opens_at, one.closes_at)
        assert (period.starts_at, period.settles_at) == (one.opens_at, one.closes_at)
        assert (period.max_points, period.target) == (one.most, one.target)

    @rule(value=st.integers(1, 3), days=st.sampled_from([1, 2, 40]))
    def the_office_changes_what_an_answer_is_worth(self, value: int, days: int) -> None:
        since = self.today + timedelta(days=days)
        with self.door() as session:
            change_rule(session, rule="points.per_answer", value=value, effective_from=since,
                        why="试行", by_id=self.office, now=self.now)  # fmt: skip
        self.model.worth.append((since, value))

    # --- what people do ---

    def values(self, right: int) -> dict[int, Any]:
        """Answers to the whole paper, the first so many of them right by the keys of now."""
        return {
            version: key if place < right else _other(key)
            for place, (version, key) in enumerate(sorted(self.model.keys.items()))
        }

    def begin(self, person: int, one: Round) -> Try | None:
        """A try that is under way, new or not; None where none may begin."""
        live = [a for a in self.model.of(person, one) if a.state is Is.UNDER_WAY]
        refusal = self.model.refusal(person, one, self.now)
        if live and not self.model.is_overdue(live[0], self.now):
            refusal = ""
        if refusal:
            with pytest.raises(Conflict) as refused, self.door() as session:
                attempts.start(session, occasion_id=one.occasion, person_id=person, now=self.now)
            assert refused.value.code == refusal
            return None
        with self.door() as session:
            attempt, is_new = attempts.start(
                session, occasion_id=one.occasion, person_id=person, now=self.now
            )
            if is_new:
                attempts.open_paper(session, attempt_id=attempt.id, who=person,
                                    open_id="one-page", now=self.now)  # fmt: skip
        if live:
            assert (attempt.id, is_new) == (live[0].id, False)
            return live[0]
        assert is_new
        assert attempt.number == len(self.model.of(person, one)) + 1
        self.model.tries.append(Try(attempt.id, person, one, attempt.number))
        return self.model.tries[-1]

    @rule(who=WHO, saved=SAVED, data=st.data())
    def a_person_begins_and_goes_away(self, who: int, saved: int, data: st.DataObject) -> None:
        self.go_away(self.people[who], self.draw_round(data), saved)

    def go_away(self, person: int, one: Round, saved: int) -> None:
        attempt = self.begin(person, one)
        if attempt is None or attempt.values or self.now > attempt.round.closes_at:
            return
        values = dict(list(self.values(saved).items())[:saved])
        with self.door() as session:
            done = attempts.save(
                session, attempt_id=attempt.id, who=attempt.person, epoch=1, now=self.now,
                operations=operations_of(session, attempt.id, values, seq=1),
            )  # fmt: skip
        assert done.outcome is Outcome.DONE
        attempt.values = values

    @rule(sits=st.lists(SITS, min_size=1, max_size=4), data=st.data())
    def people_sit(self, sits: list[tuple[int, int]], data: st.DataObject) -> None:
        self.sit(self.draw_round(data), sits)

    def sit(self, one: Round, sits: list[tuple[int, int]]) -> None:
        for who, right in sits:
            attempt = self.begin(self.people[who], one)
            if attempt is not None:
                self.submit(attempt, right)

    @precondition(lambda self: self.has(Is.UNDER_WAY))
    @rule(right=RIGHT, end=END, data=st.data())
    def a_person_comes_back_and_submits(
        self, right: int, end: timedelta | None, data: st.DataObject
    ) -> None:
        attempt = self.draw_try(data, Is.UNDER_WAY)
        if end is not None:
            self.now = max(self.now, attempt.round.closes_at + end)
        self.submit(attempt, right)

    def submit(self, attempt: Try, right: int) -> None:
        values, late = self.values(right), self.model.is_overdue(attempt, self.now)
        with self.door() as session:
            operations = operations_of(session, attempt.id, values, seq=2)
            done = attempts.submit(
                session, attempt_id=attempt.id, who=attempt.person, epoch=1, now=self.now,
                operations=operations, seqs={position: 2 for position, _seq, _value in operations},
            )  # fmt: skip
        assert done.outcome is (Outcome.CLOSED if late else Outcome.DONE)
        if late:
            self.model.ends(attempt, attempt.round.closes_at)
            return
        attempt.values = values
        self.model.ends(attempt, self.now)

    @precondition(lambda self: self.has(Is.UNDER_WAY))
    @rule(data=st.data())
    def a_try_runs_out(self, data: st.DataObject) -> None:
        attempt = self.draw_try(data, Is.UNDER_WAY)
        self.now = max(self.now, attempt.round.closes_at + timedelta(seconds=31))
        with self.door() as session:
            closed = attempts.close_overdue(session, self.now)
        assert closed == self.model.time_is_up(self.now) > 0

    # --- what the office does ---

    @precondition(lambda self: self.has(Is.UNDER_WAY))
    @rule(data=st.data())
    def one_of_the_office_voids_a_try_without_a_score(self, data: st.DataObject) -> None:
        attempt = self.draw_try(data, Is.UNDER_WAY)
        with self.door() as session:
            attempts.void(session, attempt.id, reason="误操作", by=self.office, now=self.now)
        attempt.state = Is.VOID

    @precondition(lambda self: self.has(Is.MARKED))
    @rule(data=st.data(), approve=st.sampled_from([True, True, True, False]))
    def two_of_the_office_decide_on_voiding_a_try(self, data: st.DataObject, approve: bool) -> None:
        attempt = self.draw_try(data, Is.MARKED)
        with self.door() as session:
            act = attempts.ask_void(
                session, attempt.id, reason="替考", by=self.office, now=self.now
            )
        with pytest.raises(Forbidden), self.door() as session:
            attempts.decide_void(session, act, approve=approve, by=self.office, now=self.now)
        with self.door() as session:
            attempts.decide_void(session, act, approve=approve, by=self.second, now=self.now)
        if approve:
            attempt.state = Is.VOID
            self.model.follow(attempt)

    @precondition(lambda self: self.has(Is.MARKED))
    @rule(data=st.data(), place=st.integers(0, QUESTIONS - 1))
    def a_key_is_corrected_and_tries_are_marked_anew(self, data: st.DataObject, place: int) -> None:
        version = sorted(self.model.keys)[place]
        corrected = _other(self.model.keys[version])
        spelt = sorted(corrected) if isinstance(corrected, frozenset) else corrected
        with self.door() as session:
            asked = keys.ask(session, version_id=version, verdict=Verdict.KEY, key=spelt,
                             reason="答案更正", by=self.office, now=self.now)  # fmt: skip
        with self.door() as session:
            keys.decide(session, correction_id=asked, approve=True, reason="", by=self.second,
                        now=self.now)  # fmt: skip
        self.model.former.setdefault(version, []).append(self.model.keys[version])
        self.model.keys[version] = corrected
        marked = [one for one in self.model.tries if one.state is Is.MARKED]
        forgotten = data.draw(st.sampled_from([None, *marked]))
        for attempt in data.draw(st.permutations(marked)):
            if attempt is forgotten:
                continue
            with self.door() as session:
                attempts.rescore(session, attempt.id, reason="答案更正", now=self.now)
            attempt.right = self.model.rights(attempt)
            self.model.follow(attempt)

    @rule(who=WHO, amount=st.sampled_from([-2, 1, 5]), approve=st.booleans(), data=st.data())
    def the_office_adjusts(self, who: int, amount: int, approve: bool, data: st.DataObject) -> None:
        person, origin = self.people[who], data.draw(st.sampled_from(self.model.rounds)).period
        key = str(uuid.uuid4())
        with self.door() as session:
            asked = adjustments.ask(
                session, key=key, person_id=person, period=period_of(session, origin),
                amount=amount, reason="系统故障", by=self.office, now=self.now,
            )  # fmt: skip
        with self.door() as session:
            adjustments.decide(session, adjustment_id=asked, approve=approve, reason="",
                               by=self.second, now=self.now)  # fmt: skip
        if approve:
            self.model.post(person, origin, amount, f"adjust:{key}")

    # --- periods and totals ---

    @rule(data=st.data())
    def a_period_closes(self, data: st.DataObject) -> None:
        waiting = [one for one in self.model.rounds if one.period not in self.model.closed]
        one = data.draw(st.sampled_from([waiting[0], *self.model.rounds[-2:]]))
        if not self.model.is_over(one, self.now):
            with pytest.raises(Conflict), self.door() as session:
                close_period(session, period_id=one.period, now=self.now)
            return
        with self.door() as session:
            done = close_period(session, period_id=one.period, now=self.now)
        assert done is (one.period not in self.model.closed)
        if done:
            self.model.closes(one)

    @rule()
    def somebody_starts_the_job(self) -> None:
        self.the_job_runs()

    def the_job_runs(self) -> None:
        due = self.is_due()
        with at(self.now), self.app.app_context():
            told = keep_rounds(self.now)
        self.expect_round(due)
        waiting = [one for one in self.model.rounds
                   if one.period not in self.model.closed and self.model.is_over(one, self.now)]  # fmt: skip
        if waiting:
            self.model.time_is_up(self.now)
        over = [one for one in waiting if not any(
            a.round is one and a.state is Is.UNDER_WAY for a in self.model.tries
        )]  # fmt: skip
        for one in over:
            self.model.closes(one)
        assert told.startswith(f"opened {int(due)}")
        assert told.endswith(f"; closed {len(over)}")

    @rule()
    def the_totals_are_rebuilt(self) -> None:
        before = self.totals()
        with self.door() as session:
            was, is_ = rebuild(session)
        assert was == is_  # the digest is over every byte
        assert was.wrong is None
        assert self.totals() == before


def _other(key: Any) -> Any:
    """Another key of the same kind."""
    return not key if isinstance(key, bool) else frozenset((index + 1) % 4 for index in key)


def _run(stage: Stage, examples: int, *, steps: int = 25, derandomize: bool = False) -> None:
    machine = type("RoundsHere", (Rounds,), {"stage": stage})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, phases=PHASES,
            report_multiple_bugs=False, derandomize=derandomize,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip


def test_points_are_what_the_tries_that_count_earned(app: Flask, tmp_path: Path) -> None:
    _run(make_stage(app, tmp_path), 4)


@pytest.mark.slow
@both_databases
def test_points_are_that_for_long(app: Flask, tmp_path: Path) -> None:
    examples = 10 if app.extensions["settings"].is_sqlite else 4
    _run(make_stage(app, tmp_path), examples, steps=30)


# --- twins: with one guard off none of them gets past the machine ------------------------


def _keep(why: str) -> Callable[..., None]:
    """Taking back, but not for this reason."""
    real = counting._take_back

    def take_back(session: Session, entry: Any, given: str, now: datetime) -> None:
        if given != why:
            real(session, entry, given, now)

    return take_back


def _newest(session: Session, occasion_id: int, person_id: int) -> Any:
    """As if the last of the tries counted, not the first."""
    found = counting_queries.counting(session, occasion_id, person_id)
    newest = session.scalar(
        select(func.max(Attempt.id)).where(
            Attempt.occasion_id == occasion_id, Attempt.person_id == person_id,
            Attempt.state.in_(counting_queries.MARKED),
        )
    )  # fmt: skip
    return found and replace(found, attempt_id=newest)


@pytest.mark.slow
@pytest.mark.parametrize(
    "broken", ["void keeps", "rescoring keeps", "rescoring adds", "last counts", "void counts"]
)
def test_a_broken_rule_is_found(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    if broken == "void keeps":
        monkeypatch.setattr(counting, "_take_back", _keep("voided"))
    elif broken == "last counts":
        monkeypatch.setattr(counting, "counting", _newest)
    elif broken == "void counts":
        states = (*counting_queries.MARKED, AttemptState.VOIDED)
        monkeypatch.setattr(counting_queries, "MARKED", states)
    else:
        monkeypatch.setattr(counting, "_take_back", _keep("rescored"))
    if broken == "rescoring adds":
        numbers = ledger_queries.numbers_of
        monkeypatch.setattr(
            ledger_queries, "numbers_of",
            lambda *asked: [(source, True) for source, _reversed in numbers(*asked)],
        )  # fmt: skip
    with pytest.raises((AssertionError, IntegrityError, RuntimeError, ExceptionGroup)):
        _run(make_stage(app, tmp_path), 60, derandomize=True)
