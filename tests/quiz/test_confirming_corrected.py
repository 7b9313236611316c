"""A question whose key was corrected does not come back with the old key by being confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core import clock
from core.db import reading, transaction
from core.errors import Conflict
from core.permissions import Role
from question_bank.questions import services as questions
from question_bank.questions.rules import VersionState
from question_bank.suspensions.confirming.services import confirm, retire_suspended
from question_bank.suspensions.models import Suspension
from question_bank.suspensions.services import suspend
from quiz.keys import services as keys
from quiz.keys.queries import correction_of, repeats_of
from tests.databases import both_databases
from tests.factories import make_person
from tests.question_bank.bench import bench_of
from tests.quiz.reports import Sat, correct, sat, state_of, version_at
from tests.quiz.voids import Browser

DOUBT, OFF = VersionState.NEEDS_REVIEW, VersionState.RETIRED


def _doubted(app: Flask) -> tuple[Sat, int]:
    """Somebody sat an exam; the first question of it waits because of a report."""
    one = sat(app)
    version_id = version_at(app, one.attempt_id)
    with app.app_context(), transaction() as session:
        suspend(session, version_id=version_id, reason="reported", by_id=None, now=clock.now())
    return one, version_id


def _confirm(app: Flask, one: Sat, *version_ids: int) -> int:
    with app.app_context(), transaction() as session:
        return confirm(session, version_ids=version_ids, article_id=None, by_id=one.second.id,
                       now=clock.now())  # fmt: skip


def _open(app: Flask) -> int:
    with app.app_context():
        return len(
            reading().scalars(select(Suspension).where(Suspension.closed_at.is_(None))).all()
        )


@both_databases
@pytest.mark.parametrize("key", [[0], None], ids=["another key", "void"])
def test_a_corrected_key_is_not_confirmed(app: Flask, key: Any) -> None:
    one, version_id = _doubted(app)
    correct(app, version_id, one.reviewer, one.second, key=key)
    with pytest.raises(Conflict, match=r"答案已经更正.*修改成新的一版.*停用") as caught:
        _confirm(app, one, version_id)
    assert caught.value.code == "not_as_it_is"
    assert (state_of(app, version_id), _open(app)) == (DOUBT, 1)


@both_databases
def test_a_correction_that_waits_keeps_the_question_waiting_and_a_refused_one_does_not(
    app: Flask,
) -> None:
    one, version_id = _doubted(app)
    correction_id = correct(app, version_id, one.reviewer, None, key=[0])
    with pytest.raises(Conflict, match="还没有决定"):
        _confirm(app, one, version_id)
    with app.app_context(), transaction() as session:
        keys.decide(session, correction_id=correction_id, approve=False, reason="原答案有据",
                    by=one.second.id, now=clock.now())  # fmt: skip
    assert _confirm(app, one, version_id) == 1
    assert state_of(app, version_id) is VersionState.APPROVED


def test_one_corrected_question_keeps_all_that_were_ticked_with_it(app: Flask) -> None:
    one, version_id = _doubted(app)
    other_id = version_at(app, one.attempt_id, 2)
    with app.app_context(), transaction() as session:
        suspend(session, version_id=other_id, reason="reported", by_id=None, now=clock.now())
    correct(app, version_id, one.reviewer, one.second, key=[0])
    browser = Browser(app, one.second)
    page = browser.post("/questions/suspended/0", 422, version=[version_id, other_id],
                        do="confirm", comment="逐题看过")  # fmt: skip
    assert "答案已经更正" in page
    assert "逐题看过" in page
    assert page.count(" checked") == 2
    assert (state_of(app, version_id), state_of(app, other_id)) == (DOUBT, DOUBT)
    browser.post("/questions/suspended/0", version=other_id, do="confirm")
    assert state_of(app, other_id) is VersionState.APPROVED


def test_a_corrected_question_may_be_taken_out_of_use(app: Flask) -> None:
    one, version_id = _doubted(app)
    correct(app, version_id, one.reviewer, one.second, key=[0])
    with app.app_context(), transaction() as session:
        retire_suspended(session, version_ids=[version_id], by_id=one.second.id, now=clock.now())
    assert (state_of(app, version_id), _open(app)) == (OFF, 0)


@both_databases
def test_other_versions_with_the_corrected_key_are_named(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        bench = bench_of(session)
        first = bench.approved()
        other_key = bench.next_of(first, key=[1])
        bench.submit(other_key)
        questions.approve(session, version_id=other_key.id, reviewer_id=bench.reviewer.id,
                          now=clock.now())  # fmt: skip
        second = bench.next_of(other_key, stem="改了题干（　）。", key=first.key)
        bench.submit(second)
        questions.approve(session, version_id=second.id, reviewer_id=bench.reviewer.id,
                          now=clock.now())  # fmt: skip
        third = bench.next_of(second)
        decider = make_person(session, Role.OFFICE)
        first_id, second_id, asker = first.id, second.id, bench.reviewer
        numbers = (second.number, third.number)
    one = correct(app, first_id, asker, decider)
    assert _repeats(app, one) == [(numbers[0], True), (numbers[1], False)]
    html = Browser(app, asker).get(f"/errata/corrections/{one}")
    assert "这次更正不改变它们" in html
    assert f'href="/errata/versions/{second_id}/correct"' in html  # nobody reported that version
    assert f"第 {numbers[1]} 版" in html
    two = correct(app, second_id, asker, decider)
    assert _repeats(app, one) == _repeats(app, two) == [(numbers[1], False)]


def _repeats(app: Flask, correction_id: int) -> list[tuple[int, bool]]:
    with app.app_context():
        found = repeats_of(reading(), correction_of(reading(), correction_id))
        return [(each.number, each.is_used) for each in found]
