"""What a round posts: the first submitted try, once, whatever is voided, marked anew or repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.people.models import Person
from core.db import reading, transaction
from core.rulebook.queries import rule_on
from points.ledger.models import PointsEntry
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.attempts.services import ask_void, decide_void, rescore, void
from quiz.counting import services as counting
from quiz.papers.cache import forget_all
from tests.databases import both_databases
from tests.quiz.rounds import (
    DAY,
    World,
    arrange,
    at,
    balance,
    begin,
    hand_in,
    ledger,
    moment,
    sit,
)


def void_scored(app: Flask, world: World, attempt_id: int, now: datetime = DAY) -> None:
    """Two people of the office void a scored attempt."""
    with at(now), app.app_context(), transaction() as session:
        act = ask_void(session, attempt_id, reason="替考", by=world.office.id, now=now)
        decide_void(session, act, approve=True, by=world.second.id, now=now)


def mark_anew(app: Flask, attempt_id: int, now: datetime = DAY) -> None:
    """Mark an attempt again by the keys as they are."""
    forget_all()
    with at(now), app.app_context(), transaction() as session:
        rescore(session, attempt_id, reason="答案更正", now=now)


def correct(app: Flask, monkeypatch: pytest.MonkeyPatch, right: int) -> None:
    """From now on marking finds so many right answers, as after a corrected key."""
    from quiz.closing import services as closing
    from quiz.corrections import services as corrections
    from quiz.grading.rules import HUNDREDTHS, Mark, Marking

    def marking_of(_session: Any, _sitting: Any, items: Any, _stored: Any) -> Marking:
        marks = tuple(Mark(HUNDREDTHS if n < right else 0, n < right) for n in range(len(items)))
        return Marking(right * HUNDREDTHS, len(items) * HUNDREDTHS, right >= 12, marks, "0" * 64)

    for module in (closing, corrections):
        monkeypatch.setattr(module, "marking_of", marking_of)


def test_the_first_submitted_try_posts_and_says_what_it_was_for(app: Flask) -> None:
    world, one = arrange(app)
    attempt_id = sit(app, one, world.staff, right=17)
    assert ledger(app, world.staff) == [("first#1", 17)]
    with app.app_context():
        entry = reading().scalars(select(PointsEntry)).one()
        assert entry.source == f"round:{one.id}/first#1"
        assert entry.origin_period_id == entry.period_id == one.period_id
        assert entry.rule_version_id == rule_on(reading(), "points.per_answer", DAY.date()).id
        assert entry.facts == {
            "title": "第 1 轮定期答题", "right": 17, "total": 20, "per_answer": 1,
            "attempt": attempt_id, "round": one.id,
        }  # fmt: skip


@both_databases
def test_of_several_tries_the_first_counts(app: Flask) -> None:
    world, one = arrange(app)
    sit(app, one, world.staff, right=5)
    sit(app, one, world.staff, right=20)
    assert ledger(app, world.staff) == [("first#1", 5)]
    assert balance(app, world.staff) == 5


def test_nothing_right_is_posted_too(app: Flask) -> None:
    world, one = arrange(app)
    sit(app, one, world.staff, right=0)
    assert ledger(app, world.staff) == [("first#1", 0)]


# what happens, in order → entries: s<n> a try with n right, v<k> try k voided, r<k>=<n> try k has
# n right after a correction, c<k> try k is marked anew and nothing changed
STORIES = [
    ("s5 v1", [("first#1", 5), ("reverse 1", -5)]),
    ("s5 s9 v1", [("first#1", 5), ("reverse 1", -5), ("first#2", 9)]),
    ("s5 s9 v2", [("first#1", 5)]),
    ("s5 s9 v2 v1", [("first#1", 5), ("reverse 1", -5)]),
    ("s5 s9 v1 v2", [("first#1", 5), ("reverse 1", -5), ("first#2", 9), ("reverse 3", -9)]),
    ("s5 v1 s7", [("first#1", 5), ("reverse 1", -5), ("first#2", 7)]),
    ("s5 c1", [("first#1", 5)]),
    ("s5 r1=6", [("first#1", 5), ("reverse 1", -5), ("first#2", 6)]),
    ("s5 r1=14", [("first#1", 5), ("reverse 1", -5), ("first#2", 14)]),
    ("s14 r1=5", [("first#1", 14), ("reverse 1", -14), ("first#2", 5)]),
    ("s5 r1=6 c1", [("first#1", 5), ("reverse 1", -5), ("first#2", 6)]),
    ("s5 s9 r2=15", [("first#1", 5)]),
    ("s5 s9 r2=10 v1", [("first#1", 5), ("reverse 1", -5), ("first#2", 10)]),
    (
        "s5 r1=6 v1 s8",
        [("first#1", 5), ("reverse 1", -5), ("first#2", 6), ("reverse 3", -6), ("first#3", 8)],
    ),
]


def tell(app: Flask, monkeypatch: pytest.MonkeyPatch, story: str) -> tuple[World, Person]:
    world, one = arrange(app)
    tries: list[int] = []
    for word in story.split():
        act, text = word[0], word[1:]
        if act == "s":
            tries.append(sit(app, one, world.staff, right=int(text)))
        elif act == "v":
            void_scored(app, world, tries[int(text) - 1])
        else:
            number, _is, right = text.partition("=")
            with monkeypatch.context() as patch:
                if right:
                    correct(app, patch, int(right))
                elif "r" in story:
                    correct(app, patch, 6)
                mark_anew(app, tries[int(number) - 1])
    return world, world.staff


@pytest.mark.parametrize(("story", "entries"), STORIES, ids=[story for story, _e in STORIES])
@both_databases
def test_corrections_leave_one_unreversed_posting_of_the_try_that_counts(
    app: Flask, monkeypatch: pytest.MonkeyPatch, story: str, entries: list[tuple[str, int]]
) -> None:
    _world, person = tell(app, monkeypatch, story)
    assert ledger(app, person) == entries
    assert balance(app, person) == sum(amount for _source, amount in entries)
    reversed_ = {source for source, _amount in entries if source.startswith("reverse")}
    assert len(entries) - 2 * len(reversed_) in {0, 1}


def test_a_try_that_was_voided_before_it_was_submitted_posts_nothing(app: Flask) -> None:
    world, one = arrange(app)
    attempt_id = begin(app, one, world.staff)
    with at(DAY), app.app_context(), transaction() as session:
        void(session, attempt_id, reason="误操作", by=world.office.id, now=DAY)
    assert ledger(app, world.staff) == []


def test_a_repeated_submission_posts_nothing_more(app: Flask) -> None:
    world, one = arrange(app)
    attempt_id = sit(app, one, world.staff, right=4)
    for _again in range(3):
        hand_in(app, attempt_id, world.staff, right=4)
    assert ledger(app, world.staff) == [("first#1", 4)]


def test_the_rule_of_the_day_of_submission_says_what_an_answer_is_worth(app: Flask) -> None:
    from core.rulebook.services import change_rule

    world, one = arrange(app)
    with at(DAY), app.app_context(), transaction() as session:
        change_rule(
            session, rule="points.per_answer", value=3, effective_from=moment(12, 1).date(),
            why="试行", by_id=world.office.id, now=DAY,
        )  # fmt: skip
    sit(app, one, world.staff, right=4, now=moment(11, 30, 23, 59))
    sit(app, one, world.other, right=4, now=moment(12, 1, 0, 0))
    assert ledger(app, world.staff) == [("first#1", 4)]
    assert ledger(app, world.other) == [("first#1", 12)]
    # a correction in December of what was handed in in November follows November's rule
    with app.app_context():
        (first,) = reading().scalars(select(Attempt.id).where(Attempt.person_id == world.staff.id))
    void_scored(app, world, first, now=moment(12, 2))
    sit(app, one, world.staff, right=6, now=moment(12, 3))
    assert ledger(app, world.staff) == [("first#1", 4), ("reverse 1", -4), ("first#2", 18)]


def test_the_end_of_the_round_submits_what_is_under_way_and_posts_it(app: Flask) -> None:
    world, one = arrange(app)
    attempt_id = begin(app, one, world.staff)
    later = moment(12, 6, 0, 5)
    with at(later), app.app_context():
        assert app.extensions["jobs"]["attempts.close"].run(later) == "closed 1"
    with app.app_context():
        attempt = reading().get(Attempt, attempt_id)
        assert attempt is not None
        assert attempt.state is AttemptState.RELEASED
        assert attempt.submitted_at == one.closes_at == moment(12, 6, 0, 0)
        assert len(list(reading().scalars(select(Score)))) == 1
    assert ledger(app, world.staff) == [("first#1", 0)]


def test_other_occasions_post_nothing(app: Flask) -> None:
    from quiz.attempts.kinds import ScoredAttempt

    world, _one = arrange(app)
    with app.app_context(), transaction() as session:
        scored = ScoredAttempt(1, 99, world.staff.id, 100, 100, True)
        for handler in (counting.on_scored, counting.on_voided, counting.on_rescored):
            handler(session, scored, DAY)
    assert ledger(app, world.staff) == []
