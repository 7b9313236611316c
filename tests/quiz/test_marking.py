"""Short answers: they wait for people, and the last mark scores the attempt, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from core import clock
from core.db import reading, table_of, transaction
from core.errors import Conflict, Invalid, NotFound
from core.permissions import Role
from question_bank.questions.rules import QuestionType
from quiz.attempts import jobs, services
from quiz.attempts.kinds import Kind, ReleasedAttempt, ScoredAttempt
from quiz.attempts.models import Attempt, AttemptState, Score
from quiz.closing import services as closing
from quiz.marking import queries
from quiz.marking import services as services_of_marking
from quiz.marking.models import AnswerMark
from quiz.marking.rules import hundredths, in_order_of
from quiz.occasions.models import ReleaseRule
from quiz.opening.queries import stock
from quiz.practice.queries import candidates
from quiz.sitting.queries import sitting_by_id
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic
from tests.quiz.candidates import acts, count, document, kind, sit
from tests.quiz.marking import COUNTS, ESSAYS, HandedIn, answers_of, give, hand_in
from tests.statements import counted


def state_of(app: Flask, attempt_id: int) -> AttemptState:
    with app.app_context():
        return reading().scalars(select(Attempt.state).where(Attempt.id == attempt_id)).one()


def newest_score(app: Flask, attempt_id: int) -> Score:
    with app.app_context():
        return (
            reading()
            .scalars(select(Score).where(Score.attempt_id == attempt_id).order_by(Score.id.desc()))
            .first()
        ) or pytest.fail("there is no score")


# --- rules ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "most", "expected"),
    [
        ("3", 5, 300), ("3.5", 5, 350), ("0", 5, 0), ("5", 5, 500), (" ３．５ ", 5, 350),
        ("5.5", 5, None), ("3.25", 5, None), ("-1", 5, None), ("", 5, None), ("三", 5, None),
        ("1e1", 50, None), ("nan", 5, None), ("1.5.2", 5, None), (".", 5, None), ("0.50", 5, 50),
    ],
)  # fmt: skip
def test_marks_are_given_in_halves_up_to_the_most(
    typed: str, most: int, expected: int | None
) -> None:
    assert hundredths(typed, most) == expected


def test_each_marker_meets_all_answers_in_an_order_of_their_own() -> None:
    ids = list(range(1, 40))
    assert sorted(in_order_of(7, ids)) == ids
    assert in_order_of(7, ids) == in_order_of(7, reversed(ids)) != in_order_of(8, ids)


# --- handing in -----------------------------------------------------------------------


@both_databases
def test_a_paper_with_short_answers_is_handed_in_and_waits(app: Flask) -> None:
    candidate = sit(app, counts=COUNTS)
    done = document(candidate.submit((2, 1, "一\r\n二"), (3, 1, "三")))
    assert done["receipt"]["signature"]
    assert (done["state"], done["result"]) == ("submitted", None)
    assert document(candidate.submit())["receipt"] == done["receipt"]
    assert candidate.show()["result"] is None
    assert sorted(answers_of(app, candidate.attempt_id)) == list(ESSAYS)
    assert count(app, Score) == 0
    assert acts(app, candidate.attempt_id) == ["attempt.start", "attempt.submit"]


def test_what_was_left_empty_waits_for_nobody(app: Flask) -> None:
    one = hand_in(app, 3)
    assert list(one.answers) == [3]
    give(app, one.answers[3], 1000, one.reviewer)
    assert newest_score(app, one.candidate.attempt_id).detail[1] == [0, False]
    empty = sit(app, counts=COUNTS)
    empty.save((2, 1, "写了又删"), (2, 2, " \n"))
    done = document(empty.submit((1, 1, "A")))
    assert done["state"] == "scored"
    assert answers_of(app, empty.attempt_id) == {}


def test_the_deadline_closes_such_a_paper_and_leaves_it_waiting(app: Flask) -> None:
    candidate = sit(app, counts=COUNTS, minutes=10)
    candidate.save((2, 1, "写到一半"))
    later = clock.now() + timedelta(minutes=11)
    with app.app_context():
        assert jobs.close_attempts(later) == "closed 1"
        assert jobs.close_attempts(later) == "closed 0"
        assert jobs.release_results(later) == "released 0"
    assert state_of(app, candidate.attempt_id) is AttemptState.SUBMITTED


@both_databases
def test_papers_without_short_answers_cost_what_they_did(app: Flask) -> None:
    """What a submit runs: nothing about marks; a paper that waits lists its answers at once."""
    plain = sit(app, counts={QuestionType.SINGLE: 3})
    essays = sit(app, counts=COUNTS)
    logs = []
    for candidate, value in ((plain, "A"), (essays, "要点")):
        candidate.save((2, 1, value))
        with counted(app) as log:
            assert candidate.submit().status_code == 200
        logs.append(log)
    assert not any("answer_mark" in one or "answer_to_mark" in one for one in logs[0])
    assert sum("answer_to_mark" in one for one in logs[1]) == 1
    assert len(logs[1]) <= len(logs[0]), logs


def test_nobody_starts_again_while_a_try_waits(app: Flask) -> None:
    one = hand_in(app)

    def again() -> None:
        with app.app_context(), transaction() as session:
            services.start(
                session, occasion_id=one.candidate.occasion_id,
                person_id=one.candidate.person_id, now=clock.now(),
            )  # fmt: skip

    with pytest.raises(Conflict) as refused:
        again()
    assert refused.value.code == "awaits_marks"
    for answer_id in one.answers.values():
        give(app, answer_id, 0, one.reviewer)
    again()


# --- marks ----------------------------------------------------------------------------


@both_databases
def test_the_last_mark_scores_the_attempt_and_what_follows_happens_once(app: Flask) -> None:
    scored: list[ScoredAttempt] = []
    released: list[ReleasedAttempt] = []
    handlers = Kind(
        on_scored=lambda _session, one, _now: scored.append(one),
        on_released=lambda _session, one, _now: released.append(one),
    )
    with kind("test", handlers):
        one = hand_in(app, release_rule=ReleaseRule.AT_ONCE)
        attempt_id = one.candidate.attempt_id
        assert scored == []
        assert give(app, one.answers[2], 1000, one.reviewer, comment="齐全。") is False
        assert state_of(app, attempt_id) is AttemptState.SUBMITTED
        assert give(app, one.answers[3], 650, one.office) is True
    assert [(each.marks, each.max_marks, each.is_pass) for each in scored] == [(1650, 3000, True)]
    assert len(released) == 1  # the single choice alone: a notebook never holds short answers
    assert len(released[0].wrong) == 1
    assert newest_score(app, attempt_id).detail == [[0, False], [1000, True], [650, False]]
    assert acts(app, attempt_id) == [
        "attempt.start", "attempt.submit", "answer.mark", "answer.mark", "attempt.score",
        "attempt.release",
    ]  # fmt: skip


def test_a_released_result_says_what_was_written_given_and_expected(app: Flask) -> None:
    one = hand_in(app, release_rule=ReleaseRule.BY_HAND)
    give(app, one.answers[2], 650, one.reviewer, comment="缺一个要点。")
    give(app, one.answers[3], 0, one.reviewer)
    hidden = one.candidate.client.get(f"/api/v1/attempts/{one.candidate.attempt_id}")
    for word in ("三个要点", "缺一个要点", "answer_mark"):
        assert word not in hidden.get_data(as_text=True)  # I13
    with app.app_context(), transaction() as session:
        services.release_occasion(session, one.candidate.occasion_id, clock.now())
    question = one.candidate.show()["result"]["questions"][1]
    assert question["value"] == "答案2\n第二行"
    assert (question["key"], question["earned"]) == ("受理、答复、送达三个要点。", 6.5)
    assert (question["comment"], question["is_right"]) == ("缺一个要点。", False)


def test_a_mark_is_changed_with_a_reason_until_the_attempt_is_scored(app: Flask) -> None:
    one = hand_in(app)
    answer_id, last = one.answers[2], one.answers[3]
    give(app, answer_id, 100, one.reviewer)
    with pytest.raises(Invalid, match="理由"):
        give(app, answer_id, 900, one.reviewer, known=1)
    give(app, answer_id, 900, one.office, known=1, reason="看漏了第二页", comment="好。")
    with app.app_context():
        rows = reading().scalars(select(AnswerMark).order_by(AnswerMark.number)).all()
    assert [(row.number, row.marks, row.reason) for row in rows] == [
        (1, 100, ""), (2, 900, "看漏了第二页"),
    ]  # fmt: skip
    give(app, last, 1000, one.reviewer)
    assert newest_score(app, one.candidate.attempt_id).marks == 1900
    with pytest.raises(NotFound, match="评完"):
        give(app, answer_id, 0, one.reviewer, known=2, reason="再改")


@pytest.mark.parametrize("marks", [-50, 1050, 25])
def test_marks_beyond_the_question_are_refused(app: Flask, marks: int) -> None:
    one = hand_in(app)
    with pytest.raises(Invalid, match="0 到 10"):
        give(app, one.answers[2], marks, one.reviewer)
    assert count(app, AnswerMark) == 0


def test_nobody_marks_their_own_answers(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        person = make_person(session, Role.STAFF, Role.REVIEWER)
    one = hand_in(app)
    with app.app_context(), transaction() as session:
        session.execute(update(Attempt).values(person_id=person.id))
    with pytest.raises(NotFound):
        give(app, one.answers[2], 1000, person.id)
    with app.app_context():
        assert queries.waiting(reading(), person.id).answers == 0
        assert queries.questions_to_mark(reading(), person.id) == []
        assert queries.waiting(reading(), one.reviewer).answers == 2


def test_a_voided_paper_leaves_the_queue(app: Flask) -> None:
    one = hand_in(app)
    with app.app_context(), transaction() as session:
        services.void(
            session, one.candidate.attempt_id, reason="替考", by=one.office, now=clock.now()
        )
    with app.app_context():
        assert queries.waiting(reading(), one.reviewer).answers == 0
    with pytest.raises(NotFound):
        give(app, one.answers[2], 1000, one.reviewer)


def test_marking_anew_keeps_what_people_gave(app: Flask) -> None:
    one = hand_in(app)
    for answer_id in one.answers.values():
        give(app, answer_id, 750, one.reviewer)
    with app.app_context(), transaction() as session:
        services.rescore(session, one.candidate.attempt_id, reason="复核", now=clock.now())
    again = newest_score(app, one.candidate.attempt_id)
    assert (again.number, again.marks) == (2, 1500)


def correct(app: Flask, one: HandedIn, by: int, **more: Any) -> bool:
    with app.app_context(), transaction() as session:
        return services_of_marking.correct(
            session, attempt_id=one.candidate.attempt_id, position=2, by=by, now=clock.now(),
            **{"marks": 1000, "reason": "看漏一页", "known": 1, **more},
        )  # fmt: skip


@both_databases
def test_a_mark_that_has_counted_is_corrected_by_somebody_else(app: Flask) -> None:
    """The score is counted anew, and what follows a pass follows then."""
    passed: list[ScoredAttempt] = []
    handlers = Kind(on_scored=lambda _session, one, _now: passed.append(one))
    with kind("test", handlers):
        one = hand_in(app, release_rule=ReleaseRule.AT_ONCE)
        for answer_id in one.answers.values():
            give(app, answer_id, 500, one.reviewer)
        assert [each.is_pass for each in passed] == [False]
        with pytest.raises(Conflict) as refused:
            correct(app, one, one.reviewer)
        assert refused.value.code == "own_mark"
        with pytest.raises(Invalid, match="理由"):
            correct(app, one, one.office, reason=" ")
        with pytest.raises(Conflict, match="刚给"):
            correct(app, one, one.office, known=0)
        assert correct(app, one, one.office, comment="第二页也对。") is True
    assert [each.is_pass for each in passed] == [False, True]
    again = newest_score(app, one.candidate.attempt_id)
    assert (again.number, again.marks, again.reason) == (2, 1500, "看漏一页")
    assert one.candidate.show()["result"]["questions"][1]["comment"] == "第二页也对。"
    assert acts(app, one.candidate.attempt_id)[-2:] == ["answer.mark", "attempt.rescore"]


def test_only_what_is_scored_is_corrected_and_never_ones_own(app: Flask) -> None:
    one = hand_in(app)
    give(app, one.answers[2], 500, one.reviewer)
    with pytest.raises(NotFound):
        correct(app, one, one.office)
    give(app, one.answers[3], 500, one.reviewer)
    with pytest.raises(NotFound):
        correct(app, one, one.candidate.person_id)


def test_a_queue_is_by_question_and_takes_few_statements(app: Flask) -> None:
    many = [hand_in(app) for _ in range(3)]
    give(app, many[0].answers[2], 500, many[0].reviewer)
    with counted(app) as log, app.app_context():
        rows = queries.questions_to_mark(reading(), many[0].reviewer)
    assert len(log) <= 2, log
    assert sum(row.answers - row.marked for row in rows) == 5
    with app.app_context():
        total = queries.waiting(reading(), many[0].reviewer)
    assert (total.answers, total.papers) == (5, 3)


# --- races ----------------------------------------------------------------------------


def at_once(app: Flask, *work: Callable[[], Any]) -> list[Any]:
    """What these calls gave or raised, started together."""
    gate = threading.Barrier(len(work))

    def one(call: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return call()
        except (Conflict, IntegrityError) as error:
            return type(error).__name__

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(one, work))


@both_databases
def test_two_markers_with_the_last_two_marks_score_once(app: Flask) -> None:
    for _round in range(5):
        one = hand_in(app)
        given = at_once(
            app,
            lambda one=one: give(app, one.answers[2], 1000, one.reviewer),  # type: ignore[misc]
            lambda one=one: give(app, one.answers[3], 500, one.office),  # type: ignore[misc]
        )
        assert sorted(given) == [False, True]
        assert newest_score(app, one.candidate.attempt_id).marks == 1500
        assert acts(app, one.candidate.attempt_id).count("attempt.score") == 1


@both_databases
def test_twin_without_the_lock_the_last_two_marks_score_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard: what is still unmarked is counted under the lock of the attempt. Counted before
    the door, both markers see the other's answer open, and the paper waits for ever."""
    one = hand_in(app)
    gate = threading.Barrier(2)
    seen = threading.local()
    monkeypatch.setattr(queries, "unmarked", lambda *_: seen.unmarked)

    def too_early(position: int, by: int) -> bool:
        with app.app_context():
            seen.unmarked = len(answers_of(app, one.candidate.attempt_id)) - 1
        gate.wait()
        return give(app, one.answers[position], 500, by)

    given = at_once(app, lambda: too_early(2, one.reviewer), lambda: too_early(3, one.office))
    assert given == [False, False]
    assert count(app, AnswerMark) == 2
    assert state_of(app, one.candidate.attempt_id) is AttemptState.SUBMITTED


@both_databases
def test_of_two_markers_at_one_answer_the_second_is_told(app: Flask) -> None:
    one = hand_in(app)
    given = at_once(
        app,
        lambda: give(app, one.answers[2], 1000, one.reviewer),
        lambda: give(app, one.answers[2], 500, one.office),
    )
    assert sorted(map(str, given)) == ["Conflict", "False"]
    assert count(app, AnswerMark) == 1


@both_databases
def test_twin_without_the_look_the_unique_number_refuses_the_second(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard: the newest mark read under the lock. With a look of before, the unique number is
    the second net."""
    one = hand_in(app)
    monkeypatch.setattr(queries, "marks_of", lambda *_: {})
    given = at_once(
        app,
        lambda: give(app, one.answers[2], 1000, one.reviewer),
        lambda: give(app, one.answers[2], 500, one.office),
    )
    assert sorted(map(str, given)) == ["False", "IntegrityError"]


def _score_twice(app: Flask, one: HandedIn) -> None:
    """Score the attempt as two transactions would that both saw it submitted."""
    for _time in range(2):
        with app.app_context(), transaction() as session:
            closing.score(session, sitting_by_id(session, one.candidate.attempt_id), clock.now())


def test_a_submitted_attempt_is_scored_once(app: Flask) -> None:
    one = hand_in(app)
    _mark_all_quietly(app, one)
    with pytest.raises(closing.EndedMeanwhile):
        _score_twice(app, one)
    assert count(app, Score) == 1


def test_twin_without_the_condition_only_the_unique_score_stops_the_second(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = hand_in(app)
    _mark_all_quietly(app, one)
    attempt = table_of(Attempt)
    monkeypatch.setattr(
        closing, "_MARKED",
        update(attempt)
        .where(attempt.c.id == bindparam("attempt_id"))
        .values(state=bindparam("to_state", type_=attempt.c.state.type)),
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        _score_twice(app, one)


def _mark_all_quietly(app: Flask, one: HandedIn) -> None:
    """Marks in the table, without what follows the last one."""
    with app.app_context(), transaction() as session:
        session.add_all(
            AnswerMark(
                attempt_id=one.candidate.attempt_id, position=position, number=1, marks=500,
                by_id=one.reviewer, at=clock.now(),
            )
            for position in ESSAYS
        )  # fmt: skip


# --- what never draws them ------------------------------------------------------------


def test_no_practice_and_no_round_draws_a_short_answer(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        author, topic = make_person(session, Role.EDITOR), make_topic(session)
        make_question(session, author, topic, type_=QuestionType.SHORT_ANSWER)
        single = make_question(session, author, topic)
    with app.app_context():
        assert [one.version_id for one in candidates(reading(), None)] == [single.id]
        assert {cell[0] for cell in stock(reading())} == {QuestionType.SINGLE}
