"""Acts of two people: asked once, decided once, never by the one who asked."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from accounts.approvals import queries, services
from accounts.approvals.models import TwoPersonAct
from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, NotFound
from tests.accounts.races import together
from tests.databases import both_databases
from tests.factories import make_person


def _three(app: Flask) -> tuple[int, int, int]:
    with app.app_context(), transaction() as session:
        return (make_person(session).id, make_person(session).id, make_person(session).id)


def _ask(by: int, subject: int = 7) -> int:
    with transaction() as session:
        return services.ask(
            session, kind="attempt.void", subject_id=subject, reason="代答", by=by, now=clock.now()
        )


def _decide(act: int, by: int, approved: bool = True) -> TwoPersonAct:
    with transaction() as session:
        return services.decide(
            session, act_id=act, approved=approved, reason="属实", by=by, now=clock.now()
        )


@both_databases
def test_a_second_person_decides(app: Flask) -> None:
    first, second, _third = _three(app)
    with app.app_context():
        act = _ask(first)
        waiting = queries.open_acts(reading(), "attempt.void", subject_id=7)
        assert [(one.id, one.asked_by, one.reason) for one in waiting] == [(act, first, "代答")]
        assert queries.open_acts(reading(), "attempt.void", subject_id=8) == []
        decided = _decide(act, second)
        assert (decided.approved, decided.decided_by) == (True, second)
        assert queries.open_acts(reading(), "attempt.void") == []
        _ask(first)  # a new one may be asked for now


@both_databases
def test_nobody_decides_what_they_asked_for(app: Flask) -> None:
    first, *_rest = _three(app)
    with app.app_context():
        act = _ask(first)
        with pytest.raises(Forbidden):
            _decide(act, first)
        # and were the code to forget, the database does not
        with pytest.raises(IntegrityError), transaction() as session:
            session.execute(
                update(TwoPersonAct).values(decided_by=first, decided_at=clock.now(), approved=True)
            )


@both_databases
def test_of_two_requests_one_is_kept_and_of_two_decisions_one_counts(app: Flask) -> None:
    first, second, third = _three(app)
    results = together(app, lambda: _ask(first), lambda: _ask(second))
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    act = next(result for result in results if isinstance(result, int))
    results = together(
        app,
        lambda: _decide(act, third),
        lambda: _decide(act, second if results[0] == act else first, approved=False),
    )
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]


def test_an_unknown_act_is_not_found(app: Flask) -> None:
    first, *_rest = _three(app)
    with app.app_context(), pytest.raises(NotFound):
        _decide(99, first)
