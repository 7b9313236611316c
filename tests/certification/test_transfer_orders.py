"""In whatever order things happen, nobody is moved inside the hold without an exception."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from certification.registrations.models import Registration
from certification.registrations.rules import EndKind, RegistrationState
from certification.registry.models import RegistryEvent
from certification.transfers.models import Transfer
from certification.transfers.queries import transfers_of
from certification.transfers.rules import Decision
from certification.transfers.rules import TransferState as State
from certification.transfers.services import (
    Request,
    ask,
    carry_out,
    decide,
    move,
    withdraw,
)
from core import clock
from core.db import reading, transaction
from core.errors import AppError
from core.rulebook.models import RuleVersion
from tests.certification.posts import Posts, register, registration, settle
from tests.factories import make_person

DAYS = st.sampled_from([1, 30, 200, 363, 364, 365, 366, 367, 500])  # after the recording
WAITS = st.sampled_from([0, 1, 100, 365])
STEP = st.one_of(
    st.tuples(st.just("ask"), DAYS),
    st.tuples(st.just("move"), DAYS),
    st.tuples(st.just("decide"), st.sampled_from([True, True, False])),
    st.tuples(st.just("withdraw"), st.none()),
    st.tuples(st.just("carry_out"), WAITS),
    st.tuples(st.just("rule"), st.sampled_from([1, 24])),
)
# asked for at some time, then anything, then its day comes
STEPS = st.builds(
    lambda wait, first, then: [("wait", wait), ("ask", first), *then, ("carry_out", 500)],
    WAITS, DAYS, st.lists(STEP, max_size=6),
)  # fmt: skip


class Story:
    """One person's registration and what is done about it; time only goes on."""

    def __init__(self, session: Session, posts: Posts) -> None:
        self.posts = posts
        self.day = clock.today() - timedelta(days=1000)
        self.recorded_on = self.day
        self.person: Person = make_person(session, unit=posts.unit)
        register(session, self.person, posts.unit, self.day, by=posts.city.coordinator,
                 to=posts.city.office)  # fmt: skip

    @property
    def now(self) -> datetime:
        return clock.start_of(self.day) + timedelta(hours=9)

    def on(self, days: int) -> date:
        return self.recorded_on + timedelta(days=days)

    def wait(self, days: int) -> None:
        self.day = min(self.day + timedelta(days=days), clock.today())

    def do(self, session: Session, verb: str, value: Any) -> None:
        coordinator, office = self.posts.city.coordinator.id, self.posts.city.office.id
        if verb == "wait":
            self.wait(value)
        elif verb == "rule":
            session.add(RuleVersion(rule="hold.months", value=value, effective_from=self.day,
                                    by_id=office, why="试", entered_at=self.now))  # fmt: skip
        elif verb == "ask":
            ask(session, registration=registration(session, self.posts, self.person),
                request=Request(self.on(value), to_place="外地", grounds="交流",
                                document_no="文号", gap_until=self.on(value)),
                by=coordinator, now=self.now)  # fmt: skip
        else:
            self.step(session, verb, value, coordinator, office)

    def step(self, session: Session, verb: str, value: Any, coordinator: int, office: int) -> None:
        known = transfers_of(session, self.person.id)
        if not known:
            return
        common: dict[str, Any] = {
            "transfer": known[0], "revision": known[0].revision, "now": self.now,
        }  # fmt: skip
        if verb == "move":
            move(session, effective_on=self.on(value), reason="改期", by=coordinator, **common)
        elif verb == "decide":
            answer = Decision(value, "说明", "文号", None, known[0].effective_on, True)
            decide(session, decision=answer, by=office, **common)
        elif verb == "withdraw":
            withdraw(session, reason="不调了", by=coordinator, **common)
        else:
            self.wait(value)
            carry_out(session, by=None, **{**common, "now": self.now})

    def check(self, session: Session) -> None:
        """Against the ledger alone: not what the transfer's own columns say."""
        rows = session.scalars(select(Transfer).where(Transfer.person_id == self.person.id)).all()
        row = session.scalars(
            select(Registration).where(Registration.person_id == self.person.id)
        ).one()
        events = session.scalars(
            select(RegistryEvent).where(
                RegistryEvent.subject_kind == "transfer",
                RegistryEvent.person_id == self.person.id,
            )
        ).all()
        done = [one for one in rows if one.state is State.CARRIED_OUT]
        assert len(done) <= 1
        assert (row.state is RegistrationState.ENDED) is bool(done)
        assert sum(one.state in (State.REQUESTED, State.APPROVED) for one in rows) <= 1
        for one in done:
            assert one.effective_on <= self.day
            assert (row.end_kind, row.ended_on) == (EndKind.TRANSFER, one.effective_on)
            granted = [
                event
                for event in events
                if event.subject_id == one.id
                and event.kind == "approved"
                and event.facts["inside"]
                and event.by_id == self.posts.city.office.id
                and date.fromisoformat(event.facts["day"]) <= one.effective_on
            ]
            assert row.held_through is not None
            assert one.effective_on > row.held_through or granted


@pytest.fixture
def posts(app: Flask) -> Posts:
    """One city for all stories; each has a person of its own."""
    return settle(app)


@settings(
    max_examples=25, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=STEPS)
def test_no_order_of_steps_moves_anybody_inside_the_hold_without_an_exception(
    app: Flask, posts: Posts, steps: list[tuple[str, Any]]
) -> None:
    with app.app_context():
        with transaction() as session:
            story = Story(session, posts)
        for verb, value in steps:
            with contextlib.suppress(AppError), transaction() as session:
                story.do(session, verb, value)
            story.check(reading())
            reading().close()
