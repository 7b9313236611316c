"""Two at once: one wins. Each race has a twin that shows it with the guard off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from certification.registrations.rules import EndKind, RegistrationState
from certification.registrations.services import end
from certification.registry.models import RegistryEvent
from certification.transfers import services
from certification.transfers.models import Transfer
from certification.transfers.rules import Decision
from certification.transfers.rules import TransferState as State
from certification.transfers.services import ask, carry_out, decide, withdraw
from core import clock
from core.db import reading, transaction
from core.errors import Conflict
from tests.certification.posts import (
    Posts,
    asked,
    registration,
    registration_row,
    seen,
    settle,
    whole,
)
from tests.databases import both_databases

Act = Callable[[Session], None]


def at_once(app: Flask, *acts: Act) -> list[str]:
    """Each act in a transaction and a thread of its own, begun together: done or lost."""
    gate = threading.Barrier(len(acts))

    def one(act: Act) -> str:
        with app.app_context():
            gate.wait()
            try:
                with transaction() as session:
                    act(session)
            except Conflict:
                return "lost"
            return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(one, acts))


def asks(app: Flask, posts: Posts) -> Act:
    with app.app_context():
        found = registration(reading(), posts)

    def act(session: Session) -> None:
        ask(session, registration=found, request=whole(posts, clock.today()),
                   by=posts.city.coordinator.id, now=clock.now())  # fmt: skip

    return act


def decides(app: Flask, posts: Posts, transfer_id: int, *, approve: bool, by: int) -> Act:
    """A decision on the transfer as it is seen now."""
    found = seen(app, transfer_id)
    answer = Decision(approve, "说明", "文号", posts.heir.id, is_acknowledged=True)

    def act(session: Session) -> None:
        decide(session, transfer=found, revision=found.revision, decision=answer, by=by,
                      now=clock.now())  # fmt: skip

    return act


def withdraws(app: Flask, posts: Posts, transfer_id: int) -> Act:
    found = seen(app, transfer_id)

    def act(session: Session) -> None:
        withdraw(session, transfer=found, revision=found.revision, reason="不调了",
                        by=posts.city.coordinator.id, now=clock.now())  # fmt: skip

    return act


def carries_out(app: Flask, transfer_id: int) -> Act:
    found = seen(app, transfer_id)

    def act(session: Session) -> None:
        carry_out(session, transfer=found, revision=found.revision, by=None,
                         now=clock.now())  # fmt: skip

    return act


def without_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim without its conditions, and the shared table of acts asked by nobody."""

    def claim(session: Session, transfer: Any, _revision: int, _states: Any, **values: Any) -> None:
        session.execute(
            update(Transfer)
            .where(Transfer.id == transfer.id)
            .values(revision=Transfer.revision + 1, **values)
        )

    monkeypatch.setattr(services, "claim", claim)
    monkeypatch.setattr(services, "open_acts", lambda *_args, **_rest: [])


def open_transfers(app: Flask, posts: Posts) -> int:
    with app.app_context():
        return (
            reading().scalar(
                select(func.count()).where(
                    Transfer.person_id == posts.staff.id, Transfer.state == State.REQUESTED
                )
            )
            or 0
        )


def decisions(app: Flask, transfer_id: int) -> int:
    with app.app_context():
        return (
            reading().scalar(
                select(func.count()).where(
                    RegistryEvent.subject_kind == "transfer",
                    RegistryEvent.subject_id == transfer_id,
                    RegistryEvent.kind.in_(("approved", "refused", "withdrawn")),
                )
            )
            or 0
        )


@both_databases
def test_of_two_transfers_at_once_one_wins(app: Flask) -> None:
    posts = settle(app)
    assert at_once(app, asks(app, posts), asks(app, posts)) == ["done", "lost"]
    assert open_transfers(app, posts) == 1


@both_databases
def test_without_the_index_both_transfers_get_in(app: Flask) -> None:
    posts = settle(app)
    with app.app_context(), transaction() as session:
        session.execute(text("DROP INDEX uq_transfer_open"))
    assert at_once(app, asks(app, posts), asks(app, posts)) == ["done", "done"]
    assert open_transfers(app, posts) == 2


@both_databases
def test_of_two_decisions_at_once_one_wins(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, clock.today())
    yes = decides(app, posts, transfer_id, approve=True, by=posts.city.office.id)
    no = decides(app, posts, transfer_id, approve=False, by=posts.city.second.id)
    assert at_once(app, yes, no) == ["done", "lost"]
    assert decisions(app, transfer_id) == 1
    found = seen(app, transfer_id)
    assert (found.state is State.APPROVED) is (found.decided_by == posts.city.office.id)


@both_databases
def test_without_the_claim_both_decisions_count(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, clock.today())
    yes = decides(app, posts, transfer_id, approve=True, by=posts.city.office.id)
    no = decides(app, posts, transfer_id, approve=False, by=posts.city.second.id)
    without_guard(monkeypatch)
    assert at_once(app, yes, no) == ["done", "done"]
    assert decisions(app, transfer_id) == 2


@both_databases
def test_of_a_decision_and_a_withdrawal_at_once_one_wins(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, clock.today())
    yes = decides(app, posts, transfer_id, approve=True, by=posts.city.office.id)
    assert at_once(app, yes, withdraws(app, posts, transfer_id)) == ["done", "lost"]
    assert decisions(app, transfer_id) == 1


@both_databases
def test_without_the_claim_a_withdrawn_transfer_is_decided(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, clock.today())
    yes = decides(app, posts, transfer_id, approve=True, by=posts.city.office.id)
    back = withdraws(app, posts, transfer_id)
    without_guard(monkeypatch)
    assert at_once(app, yes, back) == ["done", "done"]
    assert decisions(app, transfer_id) == 2


@both_databases
def test_a_transfer_is_carried_out_once(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, clock.today())
    with app.app_context(), transaction() as session:
        decides(app, posts, transfer_id, approve=True, by=posts.city.office.id)(session)
    assert at_once(app, carries_out(app, transfer_id), carries_out(app, transfer_id)) == [
        "done", "lost",
    ]  # fmt: skip
    assert seen(app, transfer_id).state is State.CARRIED_OUT


@both_databases
def test_a_revocation_and_a_transfer_end_a_registration_once(app: Flask) -> None:
    posts = settle(app)
    transfer_id = asked(app, posts, clock.today())
    with app.app_context(), transaction() as session:
        decides(app, posts, transfer_id, approve=True, by=posts.city.office.id)(session)

    def revoke(session: Session) -> None:
        end(session, registration_id=posts.registration_id, kind=EndKind.REVOCATION,
                   ended_on=clock.today(), grounds="证书撤销", by=None, now=clock.now())  # fmt: skip

    assert at_once(app, carries_out(app, transfer_id), revoke) == ["done", "lost"]
    row = registration_row(app, posts.registration_id)
    assert row.state is RegistrationState.ENDED
    is_moved = seen(app, transfer_id).state is State.CARRIED_OUT
    assert (row.end_kind is EndKind.TRANSFER) is is_moved
