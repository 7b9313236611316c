"""Any order of acts: the services agree with a model, and the ledger replays to the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.certificates.models import Certificate
from certification.certificates.services import revoke
from certification.registrations import services
from certification.registrations.models import Registration, RegistrationSeries
from certification.registrations.rules import (
    EndKind,
    Fact,
    RegistrationState,
    held_through,
    replay,
)
from certification.registry.models import RegistryEvent
from core import clock
from core.db import reading, transaction
from core.errors import AppError
from tests.certification.registry import Town, certify, file_for, make_town
from tests.databases import both_databases

State = RegistrationState
OPEN = (State.DRAFT, State.SUBMITTED, State.RETURNED)
PHASES = (Phase.explicit, Phase.generate)  # shrinking takes minutes; add it when something is found


class Office(RuleBasedStateMachine):
    """The registrations of one person, with any number of certificates.

    The model: the states in order of filing, and how many certificates hold.
    """

    app: Flask

    @initialize()
    def begin(self) -> None:
        self.states: list[State] = []
        self.ids: list[int] = []
        self.valid = 1
        with self.app.app_context(), transaction() as session:
            self.town: Town = make_town(session)

    @property
    def last(self) -> State | None:
        return self.states[-1] if self.states else None

    def act(self, act: Callable[[Session], Any], *, goes: bool) -> Any:
        """An act that must go through, or be refused; each in a transaction of its own."""
        with self.app.app_context():
            if goes:
                with transaction() as session:
                    return act(session)
            with pytest.raises(AppError), transaction() as session:
                act(session)
        return None

    @property
    def newest(self) -> int:
        return self.ids[-1] if self.ids else 0

    @rule()
    def file(self) -> None:
        goes = self.last not in (*OPEN, State.RECORDED) and self.valid > 0
        made = self.act(lambda s: file_for(s, self.town), goes=goes)
        if goes:
            self.ids.append(made)
            self.states.append(State.DRAFT)

    @rule()
    def submit(self) -> None:
        goes = self.last in (State.DRAFT, State.RETURNED)
        by = self.town.coordinator.id
        self.act(lambda s: services.submit(s, registration_id=self.newest, by=by, now=clock.now()),
                 goes=goes)  # fmt: skip
        if goes:
            self.states[-1] = State.SUBMITTED

    @rule()
    def withdraw(self) -> None:
        goes = self.last in OPEN
        by = self.town.colleague.id
        self.act(
            lambda s: services.withdraw(s, registration_id=self.newest, by=by, now=clock.now()),
            goes=goes,
        )
        if goes:
            self.states[-1] = State.WITHDRAWN

    @rule()
    def send_back(self) -> None:
        goes, by = self.last is State.SUBMITTED, self.town.office.id
        self.act(
            lambda s: services.return_(
                s, registration_id=self.newest, reason="改", by=by, now=clock.now()
            ),
            goes=goes,
        )
        if goes:
            self.states[-1] = State.RETURNED

    @rule()
    def record(self) -> None:
        goes, by = self.last is State.SUBMITTED and self.valid > 0, self.town.office.id
        self.act(
            lambda s: services.record_(s, registration_id=self.newest, by=by, now=clock.now()),
            goes=goes,
        )
        if goes:
            self.states[-1] = State.RECORDED

    @rule()
    def end(self) -> None:
        """By a transfer of today: the last day was yesterday, so another may follow at once."""
        goes = self.last is State.RECORDED
        self.act(
            lambda s: services.end(
                s, registration_id=self.newest, kind=EndKind.TRANSFER, ended_on=clock.today(),
                grounds="调任", by=self.town.office.id, now=clock.now(),
            ),
            goes=goes,
        )  # fmt: skip
        if goes:
            self.states[-1] = State.ENDED

    @precondition(lambda self: self.last not in (*OPEN, State.RECORDED) and self.valid > 0)
    @rule()
    def file_and_record(self) -> None:
        """The usual way in one go: chance alone rarely gets as far as a registration."""
        self.file()
        self.submit()
        self.record()

    @precondition(lambda self: self.valid < 2)
    @rule()
    def pass_an_exam(self) -> None:
        self.act(lambda s: certify(s, self.town.exam, self.town.staff), goes=True)
        self.valid += 1

    @rule()
    def revoke_one(self) -> None:
        with self.app.app_context():
            gone = select(RegistryEvent.subject_id).where(RegistryEvent.kind == "revoked")
            held = reading().scalar(
                select(func.min(Certificate.id)).where(
                    Certificate.person_id == self.town.staff.id, Certificate.id.not_in(gone)
                )
            )
        if held is None:
            return
        self.act(
            lambda s: revoke(
                s, certificate_id=held, reason="代考", by_id=self.town.office.id,
                effective_on=clock.today() - timedelta(days=1), now=clock.now(),
            ),
            goes=True,
        )  # fmt: skip
        self.valid -= 1
        if self.valid == 0 and self.last is State.RECORDED:
            self.states[-1] = State.ENDED

    @invariant()
    def rows_are_as_the_model_and_as_the_ledger_say(self) -> None:
        with self.app.app_context():
            rows = reading().scalars(
                select(Registration)
                .where(Registration.person_id == self.town.staff.id)
                .order_by(Registration.id)
            ).all()  # fmt: skip
            assert [row.state for row in rows] == self.states
            events = (
                reading()
                .scalars(
                    select(RegistryEvent)
                    .where(RegistryEvent.subject_kind == "registration")
                    .order_by(RegistryEvent.id)
                )
                .all()
            )
            for row in rows:
                facts = [
                    Fact(e.kind, e.effective_on, e.facts) for e in events if e.subject_id == row.id
                ]
                for name, value in vars(replay(facts)).items():
                    assert getattr(row, name) == value, name
                if row.recorded_on is not None:
                    assert row.held_through == held_through(row.recorded_on)
            recorded = sum(row.number is not None for row in rows)
            assert (reading().scalar(select(RegistrationSeries.last)) or 0) >= recorded

    @invariant()
    def at_most_one_holds(self) -> None:
        assert sum(state is State.RECORDED for state in self.states) <= 1


@both_databases
def test_any_order_of_acts_agrees_with_the_model(app: Flask) -> None:
    class Bound(Office):
        pass

    Bound.app = app
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=12, stateful_step_count=25, phases=PHASES,
            suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
