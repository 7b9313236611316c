"""The protocol of a sitting over its JSON API, on both databases."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from core import clock
from core.db import reading
from quiz.attempts.models import Answer, AttemptState, Evidence, Opening, Score
from tests.databases import both_databases
from tests.quiz.candidates import acts, attempts, count, document, sit, sound_value
from tests.statements import counted


@both_databases
def test_a_whole_sitting(app: Flask) -> None:
    candidate = sit(app)
    assert [q["type"] for q in candidate.paper] == ["single"] * 3 + ["multiple"] * 2 + [
        "true_false"
    ] * 2 + ["fill_in"]
    for position, question in enumerate(candidate.paper, start=1):
        answer = candidate.save((position, 1, sound_value(question)))
        assert answer.status_code == 200, answer.text
        assert document(answer)["acked"] == [{"position": position, "seq": 1}]
    handed_in = candidate.submit(seqs=dict.fromkeys(range(1, 9), 1))
    assert handed_in.status_code == 200, handed_in.text
    assert document(handed_in)["state"] == "scored"
    assert document(handed_in)["result"]["max_marks"] == 80
    assert acts(app, candidate.attempt_id) == ["attempt.start", "attempt.submit", "attempt.score"]
    seen = candidate.show()
    assert seen["state"] == "scored"
    assert seen["result"]["questions"] is None
    assert seen["receipt"] == document(handed_in)["receipt"]


@both_databases
def test_opening_again_with_the_same_id_costs_nothing(app: Flask) -> None:
    candidate = sit(app, opened=False)
    first, again = candidate.open("a-page-of-one"), candidate.open("a-page-of-one")
    assert (document(first)["epoch"], document(again)["epoch"]) == (1, 1)
    assert document(first)["paper"] == document(again)["paper"]
    assert document(candidate.open("another-page"))["epoch"] == 2
    assert document(candidate.open("a-page-of-one"))["epoch"] == 1
    assert count(app, Opening) == 2


@both_databases
def test_lost_repeated_and_reordered_saves_do_no_harm(app: Flask) -> None:
    candidate = sit(app)
    candidate.save((1, 2, "B"))
    assert document(candidate.save((1, 1, "A")))["acked"] == [{"position": 1, "seq": 1}]
    assert candidate.save((1, 2, "B")).status_code == 200
    assert candidate.save((1, 2, "B"), (1, 3, "C"), (2, 1, "A"), (1, 1, "D")).status_code == 200
    answers = document(candidate.open())["answers"]
    assert answers["1"] == {"value": "C", "epoch": 1, "seq": 3}
    assert answers["2"] == {"value": "A", "epoch": 1, "seq": 1}


@both_databases
def test_a_cleared_answer_is_not_revived_by_an_old_retry(app: Flask) -> None:
    candidate = sit(app)
    candidate.save((1, 1, "B"))
    candidate.save((1, 2, None))
    assert candidate.save((1, 1, "B")).status_code == 200
    assert document(candidate.open())["answers"]["1"]["value"] is None


@both_databases
def test_the_same_pair_with_another_value_is_a_conflict(app: Flask) -> None:
    candidate = sit(app)
    candidate.save((1, 1, "B"), (2, 1, "A"))
    refused = candidate.save((1, 1, "C"), (2, 1, "A"), (3, 1, "A"))
    assert refused.status_code == 409
    assert refused.content_type == "application/problem+json"
    assert document(refused)["code"] == "conflict"
    assert document(refused)["positions"] == [1]
    assert document(refused)["acked"] == [{"position": 2, "seq": 1}]
    assert set(document(candidate.open())["answers"]) == {"1", "2"}
    assert _evidence(app) == [("conflict", 1, 3)]


@both_databases
def test_an_older_page_is_told_that_it_is_stale(app: Flask) -> None:
    candidate = sit(app)
    candidate.save((1, 1, "A"))
    candidate.open()
    refused = candidate.save((1, 2, "B"), (1, 1, "A"), epoch=1)
    assert (refused.status_code, document(refused)["code"]) == (409, "stale_epoch")
    assert document(refused)["acked"] == [{"position": 1, "seq": 1}]
    assert candidate.save((1, 1, "A"), epoch=1).status_code == 200  # acknowledged before
    candidate.save((1, 2, "B"), epoch=1)
    assert document(candidate.submit(epoch=1))["code"] == "stale_epoch"
    assert candidate.save((1, 1, "C")).status_code == 200  # the new page goes on
    kept = _evidence(app)
    assert kept[0] == ("stale_epoch", 1, 2)


@both_databases
def test_late_answers_are_refused_and_kept(app: Flask) -> None:
    candidate = sit(app, minutes=10)
    candidate.save((1, 1, "A"))
    began = clock.now()
    with time_machine.travel(began + timedelta(minutes=10, seconds=20), tick=False):
        assert candidate.save((2, 1, "A")).status_code == 200  # in transit when time was up
    with time_machine.travel(began + timedelta(minutes=10, seconds=31), tick=False):
        late = candidate.save((1, 1, "A"), (3, 1, "B"))
        assert (late.status_code, document(late)["code"]) == (409, "closed")
        assert document(late)["acked"] == [{"position": 1, "seq": 1}]
        assert candidate.save((3, 1, "B")).status_code == 409
        assert (
            candidate.save((2, 1, "A")).status_code == 200
        )  # what was acknowledged is never refused
        assert document(candidate.open())["code"] == "closed"
    attempt = attempts(app)[0]
    assert attempt.state is AttemptState.SCORED
    assert attempt.submitted_at == attempt.deadline_at
    assert attempt.closed_by == "deadline"
    assert acts(app, attempt.id) == ["attempt.start", "attempt.submit", "attempt.score"]
    assert _evidence(app) == [("closed", 1, 2), ("closed", 1, 1)]


@both_databases
def test_submit_names_what_is_missing_and_closes_nothing(app: Flask) -> None:
    candidate = sit(app)
    candidate.save((1, 1, "A"))
    refused = candidate.submit((2, 4, "B"), seqs={1: 2, 2: 4, 3: 1})
    assert (refused.status_code, document(refused)["code"]) == (409, "missing")
    assert document(refused)["positions"] == [1, 3]
    assert document(refused)["acked"] == [{"position": 2, "seq": 4}]
    assert attempts(app)[0].state is AttemptState.IN_PROGRESS
    assert candidate.submit((1, 2, "C"), (3, 1, None), seqs={1: 2, 2: 4, 3: 1}).status_code == 200
    with app.app_context():
        assert {a.position: a.value for a in reading().scalars(select(Answer))} == {
            1: '"C"', 2: '"B"', 3: "null"
        }  # fmt: skip


@both_databases
def test_repeats_of_submit_give_one_receipt_while_they_are_covered(app: Flask) -> None:
    candidate = sit(app)
    candidate.save((1, 1, "A"), (2, 1, "B"))
    first = candidate.submit((1, 2, "B"), seqs={1: 2, 2: 1})
    again = candidate.submit((1, 2, "B"), seqs={1: 2, 2: 1})
    assert again.status_code == 200
    assert document(again)["receipt"] == document(first)["receipt"]
    assert document(again)["result"] == document(first)["result"]
    assert document(candidate.submit())["receipt"] == document(first)["receipt"]
    assert document(candidate.submit((1, 3, "D")))["code"] == "closed"
    assert document(candidate.submit(seqs={3: 1}))["code"] == "closed"
    assert document(candidate.submit((1, 2, "C")))["code"] == "closed"
    assert count(app, Score) == 1
    with app.app_context():
        content = {k: v for k, v in document(first)["receipt"].items() if k != "signature"}
        assert app.extensions["signer"].is_genuine(content, document(first)["receipt"]["signature"])


BAD = [
    ({"epoch": 1, "ops": [{"position": 9, "seq": 1, "value": "A"}]}, "no such position"),
    ({"epoch": 1, "ops": [{"position": 1, "seq": 1, "value": "E"}]}, "no such option"),
    ({"epoch": 1, "ops": [{"position": 1, "seq": 1, "value": ["A"]}]}, "list for a single"),
    ({"epoch": 1, "ops": [{"position": 1, "seq": 1, "value": True}]}, "boolean for a single"),
    ({"epoch": 1, "ops": [{"position": 1, "seq": 0, "value": "A"}]}, "no seq"),
    ({"epoch": 1, "ops": [{"position": 1, "seq": "1", "value": "A"}]}, "text for a number"),
    ({"epoch": 1, "ops": [{"position": 1, "seq": 1}]}, "no value"),
    ({"epoch": 1, "ops": [{"position": 4, "seq": 1, "value": ["A", "A"]}]}, "twice"),
    ({"epoch": 1, "ops": [{"position": 6, "seq": 1, "value": "A"}]}, "letter for true/false"),
    ({"epoch": 1, "ops": [{"position": 8, "seq": 1, "value": ["一"]}]}, "too few blanks"),
    ({"epoch": 1, "ops": [{"position": 8, "seq": 1, "value": ["一\x00", "二"]}]}, "control"),
    ({"epoch": 1, "ops": [{"position": 8, "seq": 1, "value": ["\ud800", "二"]}]}, "surrogate"),
    ({"epoch": 2, "ops": [{"position": 1, "seq": 1, "value": "A"}]}, "epoch of nobody"),
    ({"epoch": 0, "ops": []}, "epoch before any"),
    ({"epoch": 1, "ops": [], "more": 1}, "unknown field"),
    ({"epoch": 1}, "no ops"),
    ([], "no object"),
]


def test_what_cannot_be_an_answer_is_refused_and_changes_nothing(app: Flask) -> None:
    candidate = sit(app)
    for sent, why in BAD:
        refused = candidate.client.post(
            f"/api/v1/attempts/{candidate.attempt_id}/answers",
            data=json.dumps(sent),
            headers={"X-CSRFToken": candidate.csrf},
        )
        assert (refused.status_code, document(refused)["code"]) == (422, "invalid"), why
    garbage = candidate.client.post(
        f"/api/v1/attempts/{candidate.attempt_id}/answers",
        data=b"{",
        headers={"X-CSRFToken": candidate.csrf},
    )
    assert garbage.status_code == 422
    assert count(app, Answer) == 0
    assert count(app, Evidence) == 0


def test_marks_to_come_back_to_are_kept_until_the_end(app: Flask) -> None:
    candidate = sit(app)
    assert document(candidate.post("marks", {"positions": [3, 1, 3]})) == {"marked": [1, 3]}
    assert document(candidate.open())["marked"] == [1, 3]
    assert candidate.post("marks", {"positions": [9]}).status_code == 422
    candidate.submit()
    assert document(candidate.post("marks", {"positions": [2]}))["code"] == "closed"


def test_a_clock_that_jumps_back_gives_no_more_time_after_the_end(app: Flask) -> None:
    candidate = sit(app, minutes=10)
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        assert document(candidate.save((1, 1, "A")))["code"] == "closed"
    assert document(candidate.save((1, 1, "A")))["code"] == "closed"
    assert candidate.show()["state"] == "scored"


def test_a_read_closes_an_overdue_attempt(app: Flask) -> None:
    candidate = sit(app, minutes=10)
    candidate.save((1, 1, "A"))
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        seen = candidate.show()
    assert seen["state"] == "scored"
    assert seen["receipt"]["submitted_at"] == attempts(app)[0].deadline_at.isoformat(
        timespec="microseconds"
    )


# --- statements -------------------------------------------------------------------


@both_databases
@pytest.mark.parametrize("size", [8, 80])
def test_a_save_takes_three_statements_at_most_whatever_the_paper(app: Flask, size: int) -> None:
    candidate = _large(app, size)
    _forget()
    with counted(app) as cold:
        assert candidate.save((1, 1, "A")).status_code == 200
    with counted(app) as warm:
        assert candidate.save((1, 2, "B")).status_code == 200
    with counted(app) as many:
        assert candidate.save(*((n, 5, "A") for n in range(1, size + 1))).status_code == 200
    assert (len(cold), len(warm), len(many)) == (3, 2, 2), warm


@both_databases
@pytest.mark.parametrize("size", [8, 80])
def test_a_submit_takes_few_statements_whatever_the_paper(app: Flask, size: int) -> None:
    candidate = _large(app, size)
    _forget()
    with counted(app) as log:
        done = candidate.submit(*((n, 5, "A") for n in range(1, size + 1)))
    assert done.status_code == 200
    # one is for keys that were corrected; five are left for what follows a score
    assert len(log) <= 11, log


@both_databases
def test_opening_takes_few_statements(app: Flask) -> None:
    candidate = _large(app, 80)
    _forget()
    with counted(app) as log:
        assert candidate.open().status_code == 200
    assert len(log) <= 7, log


def _large(app: Flask, size: int) -> Any:
    from question_bank.questions.models import QuestionType

    return sit(app, counts={QuestionType.SINGLE: size}, marks=1)


def _forget() -> None:
    from quiz.papers.cache import forget_all

    forget_all()


def _evidence(app: Flask) -> list[tuple[str, int, int]]:
    with app.app_context():
        return [
            (kept.code, kept.epoch, len(kept.ops))
            for kept in reading().scalars(select(Evidence).order_by(Evidence.id))
        ]
