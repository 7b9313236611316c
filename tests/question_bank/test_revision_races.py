"""A version takes force while a reviewer approves: the law's row decides who waits."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import select

from core import clock
from core.db import reading, transaction
from question_bank.questions import services
from question_bank.questions.rules import VersionState
from question_bank.suspensions import services as suspensions
from question_bank.suspensions.models import Suspension
from tests.databases import both_databases
from tests.question_bank.revisions import AFTER, SECOND, Cast, bring_in, state_of

AT_WORK = 0.5  # seconds in which whoever need not wait is done


def _approve_while_a_version_comes(app: Flask) -> VersionState:
    """The state of a question that is approved in one transaction, while another brings the law in."""
    with app.app_context(), transaction() as session:
        cast = Cast(session)
        pending = cast.cite(session, cast.articles[1], VersionState.IN_REVIEW).id

    def revise() -> None:
        with app.app_context(), transaction() as session:
            bring_in(session, AFTER, SECOND)

    with app.app_context():
        with transaction() as session:
            services.approve(
                session, version_id=pending, reviewer_id=cast.reviewer.id, now=clock.now()
            )
            other = threading.Thread(target=revise)
            other.start()
            other.join(AT_WORK)
        other.join()
        return state_of(reading(), pending)


@both_databases
def test_an_approval_is_never_overlooked_by_a_version_that_takes_force(app: Flask) -> None:
    assert _approve_while_a_version_comes(app) is VersionState.NEEDS_REVIEW
    with app.app_context():
        assert len(reading().scalars(select(Suspension)).all()) == 1


@pytest.mark.parametrize(
    "app", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_without_the_lock_it_is_overlooked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: with the guard off, a question is in use whose article is not in force."""
    monkeypatch.setattr(suspensions, "hold_source", lambda _session, _source: None)
    monkeypatch.setattr("question_bank.laws.revisions.queries.hold_source", lambda _s, _id: None)
    assert _approve_while_a_version_comes(app) is VersionState.APPROVED
