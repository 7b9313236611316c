"""Two at the same moment: one wins. Each race has a twin that shows it with the guard off."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from accounts.approvals import services as approvals
from accounts.approvals.models import TwoPersonAct
from accounts.roster import services as roster
from certification.certificates.services import revoke
from certification.registrations import services
from certification.registrations.leaving import services as leaving
from certification.registrations.models import Registration, RegistrationSeries
from certification.registrations.queries import note_held
from certification.registrations.recording import services as recording
from certification.registrations.rules import EndKind, RegistrationState
from core import clock
from core.db import reading, transaction
from core.errors import Conflict
from tests.accounts.races import together
from tests.certification.registry import (
    Town,
    arrange,
    certify,
    file_for,
    newest,
    submit_for,
    view_of,
)
from tests.databases import both_databases
from tests.factories import make_person

on_postgres = pytest.mark.parametrize(
    "app", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def arranged(app: Flask) -> tuple[Town, int]:
    """The town with a filing that waits."""
    town = arrange(app)
    with app.app_context(), transaction() as session:
        return town, submit_for(session, town)


def attempt(act: Callable[[Session], Any]) -> Callable[[], Any]:
    """An act in a transaction of its own; what the database refuses is a result, too."""

    def run() -> Any:
        try:
            with transaction() as session:
                return act(session)
        except DBAPIError as error:
            return error

    return run


def record(filed: int, by: int) -> Callable[[], Any]:
    """Recording by someone of the office."""
    return attempt(lambda s: services.record_(s, registration_id=filed, by=by, now=clock.now()))


@both_databases
def test_of_two_approvals_at_once_one_wins(app: Flask) -> None:
    town, filed = arranged(app)
    results = together(app, record(filed, town.office.id), record(filed, town.second.id))
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    with app.app_context():
        assert reading().scalar(select(RegistrationSeries.last)) == 1
        assert newest(reading(), town.staff).state is RegistrationState.RECORDED


@both_databases
def test_without_the_claims_both_get_as_far_as_the_database(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: with the claims off, only the trigger stops the second."""
    town, filed = arranged(app)

    def decide(session: Session, *, act_id: int, by: int, **_rest: Any) -> None:
        time.sleep(0.1)

    def claim(session: Session, registration_id: int, _states: Any, **values: Any) -> Any:
        values.pop("revision", None)
        session.execute(
            update(Registration).where(Registration.id == registration_id).values(**values)
            .execution_options(synchronize_session=False)
        )  # fmt: skip

    monkeypatch.setattr(approvals, "decide", decide)
    monkeypatch.setattr(recording, "claim", claim)
    monkeypatch.setattr(recording, "_check_standing", lambda *_args: None)
    results = together(app, record(filed, town.office.id), record(filed, town.second.id))
    assert sorted(isinstance(result, DBAPIError) for result in results) == [False, True]


@both_databases
def test_approval_and_return_at_once_leave_one_decision(app: Flask) -> None:
    town, filed = arranged(app)
    results = together(
        app, record(filed, town.office.id),
        attempt(lambda s: services.return_(s, registration_id=filed, reason="改",
                                           by=town.second.id, now=clock.now())),
    )  # fmt: skip
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    with app.app_context():
        decisions = reading().scalar(
            select(func.count()).where(TwoPersonAct.decided_at.is_not(None))
        )
        assert decisions == 1


@both_databases
def test_approval_and_withdrawal_at_once_leave_one_of_them(app: Flask) -> None:
    town, filed = arranged(app)
    results = together(
        app, record(filed, town.office.id),
        attempt(lambda s: services.withdraw(s, registration_id=filed, by=town.coordinator.id,
                                            now=clock.now())),
    )  # fmt: skip
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    with app.app_context():
        won_by_office = isinstance(results[0], str)
        state = newest(reading(), town.staff).state
        assert state is (
            RegistrationState.RECORDED if won_by_office else RegistrationState.WITHDRAWN
        )


@both_databases
def test_a_person_filed_twice_at_once_is_filed_once(app: Flask) -> None:
    town = arrange(app)
    results = together(
        app, attempt(lambda s: file_for(s, town)),
        attempt(lambda s: file_for(s, town, by=town.colleague.id)),
    )  # fmt: skip
    refused = [result for result in results if isinstance(result, Conflict)]
    kept = [result for result in results if isinstance(result, int)]
    assert len(refused) == len(kept) == 1
    assert refused[0].extra["registration"] == kept[0]


@both_databases
def test_of_two_ends_at_once_one_wins(app: Flask) -> None:
    town, filed = arranged(app)
    with app.app_context():
        record(filed, town.office.id)()

    def depart(by: int) -> Callable[[], Any]:
        return attempt(lambda s: services.depart(
            s, registration=newest(s, town.staff), person=view_of(s, town.staff),
            kind=EndKind.RESIGNATION, last_day=clock.today(), grounds="批复", by=by,
            now=clock.now()))  # fmt: skip

    results = together(app, depart(town.coordinator.id), depart(town.office.id))
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]


@both_databases
def test_many_recordings_at_once_get_consecutive_numbers(app: Flask) -> None:
    town = arrange(app)
    with app.app_context(), transaction() as session:
        filed = []
        for _number in range(8):
            person = make_person(session, unit=town.unit)
            certify(session, town.exam, person)
            filed.append(submit_for(session, town, person))
    together(app, *(record(one, town.office.id) for one in filed))
    with app.app_context():
        serials = sorted(one or 0 for one in reading().scalars(select(Registration.serial)))
        assert serials == list(range(1, 9))


def _leave(town: Town) -> Callable[[], Any]:
    return attempt(lambda s: roster.leave(s, view_of(s, town.staff), last_day=clock.today(),
                                          reason="调离", now=clock.now()))  # fmt: skip


def _is_registered_without_post(app: Flask, town: Town) -> bool:
    with app.app_context():
        one = newest(reading(), town.staff)
        is_on_post = view_of(reading(), town.staff).is_on_post
        return one.state is RegistrationState.RECORDED and not is_on_post


def _slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each looks around, and acts only when the other has looked around, too."""
    check, refuse = recording._check_standing, note_held

    def check_slowly(*args: Any) -> None:
        check(*args)
        time.sleep(0.3)

    def note_slowly(*args: Any) -> None:
        refuse(*args)
        time.sleep(0.3)

    monkeypatch.setattr(recording, "_check_standing", check_slowly)
    monkeypatch.setattr(leaving, "note_held", note_slowly)


@both_databases
def test_nobody_is_recorded_while_they_leave(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    town, filed = arranged(app)
    _slowly(monkeypatch)
    results = together(app, record(filed, town.office.id), _leave(town))
    assert sum(isinstance(result, Conflict) for result in results) >= 1
    assert not _is_registered_without_post(app, town)


@on_postgres
def test_without_the_lock_someone_is_recorded_while_they_leave(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: it shows that the race above really happens."""
    town, filed = arranged(app)
    _slowly(monkeypatch)
    for room in (recording, leaving):
        monkeypatch.setattr(room, "lock_person", lambda *_args: None)
    together(app, record(filed, town.office.id), _leave(town))
    assert _is_registered_without_post(app, town)


def _revoke(town: Town, held: int, session: Session) -> None:
    revoke(session, certificate_id=held, reason="代考", effective_on=clock.today(),
           by_id=town.second.id, now=clock.now())  # fmt: skip


@both_databases
def test_recording_and_revoking_at_once_never_leave_a_registration_on_nothing(app: Flask) -> None:
    for _round in range(3):
        town, filed = arranged(app)
        with app.app_context():
            held = newest(reading(), town.staff).standing_id or 0
        results = together(
            app, record(filed, town.office.id), attempt(partial(_revoke, town, held))
        )
        assert results[1] is None
        with app.app_context():
            state = newest(reading(), town.staff).state
            recorded = isinstance(results[0], str)
            assert state is (RegistrationState.ENDED if recorded else RegistrationState.SUBMITTED)
