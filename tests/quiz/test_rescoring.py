"""Marking anew what a corrected key touches: each attempt once, in batches, nobody loses a pass."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from certification.certificates.models import Certificate
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import Conflict
from question_bank.questions.rules import QuestionType
from quiz.attempts.models import Attempt, Score
from quiz.attempts.services import start
from quiz.grading.rules import to_letters
from quiz.keys.queries import correction_of
from quiz.rescoring import queries, services
from quiz.rescoring.models import RescoredAttempt, RescoringDone
from quiz.rescoring.rules import Change, change_of
from tests.accounts.races import together
from tests.certification import world as exams
from tests.databases import both_databases
from tests.factories import make_person
from tests.quiz.practices import answer, bank_of, begin, check, right_values
from tests.quiz.reports import Sat, correct, count, items, sat, scores, version_at
from tests.quiz.rounds import arrange, ledger
from tests.quiz.rounds import sit as sit_round
from tests.quiz.voids import NOON, Browser, promote
from tests.statements import counted


def rescore(app: Flask, correction_id: int, limit: int = services.BATCH) -> int:
    with app.app_context(), transaction() as session:
        return services.rescore_batch(
            session, correction_id=correction_id, now=clock.now(), limit=limit
        )


def touched(app: Flask, correction_id: int) -> list[queries.Touched]:
    with app.app_context():
        return queries.touched(reading(), correction_of(reading(), correction_id))


def chosen(app: Flask, one: Sat, position: int = 1) -> Any:
    """The key under which what was answered at a position is right."""
    item = items(app, one.attempt_id)[position - 1]
    with app.app_context():
        detail = Browser(app, one.staff).client.get(f"/api/v1/attempts/{one.attempt_id}").get_json()
    value = detail["result"]["questions"][position - 1]["value"]
    return value if item.type is QuestionType.TRUE_FALSE else [item.order["ABCD".index(value)]]


def single_fail(app: Flask) -> Sat:
    """Somebody who answered everything wrongly."""
    return sat(app, right=False)


# --- rules -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "marks", "strict", "was_pass", "is_pass", "change"),
    [
        (4000, 6000, 6000, False, True, Change.GAINS),
        (6000, 6000, 4000, True, True, Change.KEPT),
        (4000, 5000, 5000, False, False, Change.RAISED),
        (6000, 8000, 8000, True, True, Change.RAISED),
        (6000, 6000, 6000, True, True, Change.SAME),
        (8000, 8000, 6000, True, True, Change.SAME),
        (4000, 4000, 2000, False, False, Change.SAME),
    ],
)
def test_the_weightiest_change_is_named(
    was: int, marks: int, strict: int, was_pass: bool, is_pass: bool, change: Change
) -> None:
    assert change is change_of(
        was=was, marks=marks, strict=strict, was_pass=was_pass, is_pass=is_pass, pass_mark=60
    )


# --- exams ------------------------------------------------------------------------


@both_databases
def test_who_becomes_a_pass_gets_the_certificate_and_it_happens_once(app: Flask) -> None:
    one = single_fail(app)
    ids = [
        correct(app, version_at(app, one.attempt_id, position), one.reviewer, one.office,
                key=chosen(app, one, position))
        for position in (1, 2, 3)
    ]  # fmt: skip
    assert [row.change for row in touched(app, ids[0])] == [Change.RAISED]
    assert rescore(app, ids[0]) == 1
    # all three are in force: the first rescoring marks by all of them
    assert scores(app, one.attempt_id) == [(0, False), (60, True)]
    assert count(app, Certificate) == 1
    assert [rescore(app, correction_id) for correction_id in ids] == [0, 1, 1]
    assert scores(app, one.attempt_id) == [(0, False), (60, True)]  # nothing new to mark
    assert count(app, RescoredAttempt) == 3
    assert [rescore(app, correction_id) for correction_id in ids] == [0, 0, 0]
    assert count(app, Certificate) == 1
    assert count(app, RescoringDone) == 3


@both_databases
def test_an_earlier_try_that_becomes_a_pass_leaves_the_certificate_of_a_later_one(
    app: Flask,
) -> None:
    one = single_fail(app)
    exams.sit(app, one.exam, one.staff, right=True)
    assert count(app, Certificate) == 1
    ids = [
        correct(app, version_at(app, one.attempt_id, position), one.reviewer, one.office)
        for position in (1, 2, 3)
    ]
    for correction_id in ids:
        rescore(app, correction_id)
    assert scores(app, one.attempt_id)[-1] == (60, True)
    assert count(app, Certificate) == 1


@both_databases
def test_nobody_loses_a_pass_and_the_office_sees_whose_was_kept(app: Flask) -> None:
    one = sat(app)
    ids = []
    for position in (1, 2, 3):
        ids.append(
            correct(app, version_at(app, one.attempt_id, position), one.reviewer, one.office,
                    key=[0])
        )  # fmt: skip
        rescore(app, ids[-1])
    assert {marks for marks, _pass in scores(app, one.attempt_id)} == {100}
    assert all(is_pass for _marks, is_pass in scores(app, one.attempt_id))
    (last,) = touched(app, ids[-1])
    assert (last.was, last.marks, last.strict) == (10_000, 10_000, 8_000)
    assert count(app, Certificate) == 1


def test_a_pass_that_the_new_key_alone_would_take_is_listed_as_kept(app: Flask) -> None:
    one = sat(app, pass_mark=100)
    correction_id = correct(app, version_at(app, one.attempt_id), one.reviewer, one.office, key=[0])
    for _time in range(2):  # before and after marking anew it says the same
        (row,) = touched(app, correction_id)
        assert (row.change, row.was, row.marks, row.strict) == (Change.KEPT, 10_000, 10_000, 8_000)
        rescore(app, correction_id)
    office = Browser(app, one.office)
    page = office.get(f"/errata/corrections/{correction_id}/attempts?change=kept")
    assert "文知新" in page
    assert "保留合格" in page


def test_a_void_question_gives_everybody_its_marks(app: Flask) -> None:
    one = single_fail(app)
    correction_id = correct(app, version_at(app, one.attempt_id), one.reviewer, one.office)
    assert rescore(app, correction_id) == 1
    assert scores(app, one.attempt_id) == [(0, False), (20, False)]
    page = Browser(app, one.staff).get(f"/results/{one.attempt_id}?show=all")
    assert "本题作废，全部给分" in page


def test_the_result_shows_the_corrected_key_with_a_remark(app: Flask) -> None:
    one = single_fail(app)
    key = chosen(app, one)
    staff = Browser(app, one.staff)
    assert "本题答案已更正" not in staff.get(f"/results/{one.attempt_id}?show=all")
    correct(app, version_at(app, one.attempt_id), one.reviewer, one.office, key=key)
    page = staff.get(f"/results/{one.attempt_id}?show=all")
    assert page.count("<b>本题答案已更正。</b>") == 1
    shown = staff.client.get(f"/api/v1/attempts/{one.attempt_id}").get_json()
    first, second = shown["result"]["questions"][:2]
    item = items(app, one.attempt_id)[0]
    assert (first["key"], first["corrected"]) == (to_letters(key, item.order)[0], "key")
    assert second["corrected"] is None


@both_databases
def test_a_paper_drawn_before_and_handed_in_after_is_marked_by_the_new_key(app: Flask) -> None:
    city, exam = exams.arrange(app)
    with app.app_context(), transaction() as session:
        attempt, _new = start(
            session, occasion_id=exam.occasion_id or 0, person_id=city.staff.id, now=clock.now()
        )
        reviewer = make_person(session)
    version_id = version_at(app, attempt.id)
    correction_id = correct(app, version_id, reviewer, city.office)
    with app.app_context():  # nothing was marked yet, so nothing is left to do
        assert queries.unfinished(reading()) == []
    with app.app_context(), transaction() as session:
        exams.answer_all(session, session.get_one(Attempt, attempt.id), city.staff, right=False)
    assert scores(app, attempt.id) == [(20, False)]
    assert rescore(app, correction_id) == 1  # it is looked at, and nothing is marked twice
    assert scores(app, attempt.id) == [(20, False)]


def test_before_a_second_person_agreed_nothing_is_marked_anew(app: Flask) -> None:
    one = single_fail(app)
    correction_id = correct(app, version_at(app, one.attempt_id), one.reviewer, None)
    with pytest.raises(Conflict, match="还没有生效"):
        rescore(app, correction_id)
    assert [row.change for row in touched(app, correction_id)] == [Change.RAISED]


# --- rounds -----------------------------------------------------------------------


@both_databases
def test_points_of_a_round_follow(app: Flask, time_machine: Any) -> None:
    time_machine.move_to(NOON, tick=False)
    world, one = arrange(app, now=NOON)
    attempt_id = sit_round(app, one, world.staff, right=5, now=NOON)
    with app.app_context(), transaction() as session:
        reviewer = make_person(session)
    correction_id = correct(app, version_at(app, attempt_id, 6), reviewer, world.office)
    assert rescore(app, correction_id) == 1
    assert ledger(app, world.staff) == [("first#1", 5), ("reverse 1", -5), ("first#2", 6)]
    page = Browser(app, world.staff).get(f"/rounds/results/{attempt_id}?show=all")
    assert "试题更正后重新评分" in page
    assert "本题作废，全部给分" in page


# --- batches ------------------------------------------------------------------------


def _many(app: Flask, number: int) -> tuple[Sat, int, list[int]]:
    """So many who answered everything wrongly, and a correction of a question of all papers."""
    one = sat(app, right=False, rows=None)
    with app.app_context(), transaction() as session:
        people = [make_person(session, unit=one.city.unit) for _number in range(number - 1)]
    tries = [one.attempt_id, *(exams.sit(app, one.exam, each, right=False) for each in people)]
    version_id = version_at(app, one.attempt_id)
    with_it = [
        attempt_id for attempt_id in tries
        if version_id in {item.version_id for item in items(app, attempt_id)}
    ]  # fmt: skip
    return one, correct(app, version_id, one.reviewer, one.office), with_it


@both_databases
def test_exactly_the_papers_with_the_version_are_touched_in_batches(app: Flask) -> None:
    _one, correction_id, with_it = _many(app, 8)
    assert sorted(row.attempt_id for row in touched(app, correction_id)) == with_it
    looked_at = []
    while True:
        looked_at.append(rescore(app, correction_id, limit=2))
        with app.app_context():
            how_far = queries.progress(reading(), correction_of(reading(), correction_id))
        assert (how_far.all, how_far.done) == (len(with_it), sum(looked_at))
        if looked_at[-1] < 2:
            break
    assert how_far.left == 0
    assert count(app, Score) == 8 + len(with_it)


@pytest.mark.parametrize("number", [2, 6])
def test_the_page_of_touched_attempts_costs_the_same_for_few_and_many(
    app: Flask, number: int
) -> None:
    one, correction_id, with_it = _many(app, number)
    office = Browser(app, one.office)
    with counted(app) as log:
        page = office.get(f"/errata/corrections/{correction_id}/attempts")
    assert page.count('<th scope="row">') == len(with_it)
    assert len(log) <= 8


def _two_rescore(app: Flask, correction_id: int) -> list[Any]:
    return together(app, *(lambda: rescore(app, correction_id) for _n in range(2)))


@both_databases
def test_two_who_mark_anew_at_once_mark_each_attempt_once(app: Flask) -> None:
    one, correction_id, with_it = _many(app, 4)
    _two_rescore(app, correction_id)
    assert count(app, RescoredAttempt) == len(with_it)
    assert count(app, Score) == 4 + len(with_it)
    assert scores(app, one.attempt_id) == [(0, False), (20, False)]
    with app.app_context():
        acts = reading().scalars(select(AuditEvent).where(AuditEvent.action == "question.rescore"))
        assert len(list(acts)) == 1


@both_databases
def test_twin_without_the_claim_an_attempt_is_marked_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard: the unique row of correction and attempt, and that what was marked by these keys
    is not marked by them again."""
    one, correction_id, _with_it = _many(app, 1)
    everyone = [one.attempt_id]
    monkeypatch.setattr(services, "_claim", lambda *_args, **_numbers: True)
    monkeypatch.setattr(services, "newest_key_digest", lambda *_args: "")
    monkeypatch.setattr(services, "left_to_mark", lambda *_args: everyone)
    _two_rescore(app, correction_id)
    assert scores(app, one.attempt_id) == [(0, False), (20, False), (20, False)]


# --- practice ------------------------------------------------------------------------


def test_practice_teaches_the_corrected_key_alone(app: Flask) -> None:
    bank = bank_of(app, types=(QuestionType.SINGLE,))
    candidate = begin(app, bank)
    old = right_values(app, candidate.attempt_id)[0]
    item = items(app, candidate.attempt_id)[0]
    new = next(index for index in range(4) if [index] != bank.versions[0].key)
    with app.app_context(), transaction() as session:
        office = make_person(session)
    correct(app, item.version_id, bank.author, office, key=[new])
    answer(app, candidate, 1, right=True)  # by the key of the version
    told = check(candidate, 1).get_json()
    assert told["value"] == old
    assert (told["is_right"], told["corrected"]) == (False, "key")
    assert told["key"] == to_letters([new], item.order)[0]
    page = candidate.client.get(f"/attempts/{candidate.attempt_id}?q=1&epoch=1").text
    assert "本题答案已更正，这里显示更正后的答案" in page.split("<template")[0]
    candidate.submit()
    result = candidate.client.get(f"/practice/results/{candidate.attempt_id}").text
    assert "0<small>题答对" in result
    assert "本题答案已更正" in result


# --- the journey through pages -----------------------------------------------------


def test_a_wrong_key_goes_from_the_matter_to_everybodys_marks(app: Flask) -> None:
    one = single_fail(app)
    version_id = version_at(app, one.attempt_id)
    reviewer, office = Browser(app, one.reviewer), Browser(app, one.office)
    path = f"/errata/versions/{version_id}/correct"
    assert "1 份考试或定期答题的答卷要重新评分" in reviewer.get(path)
    refused = reviewer.post(path, 422, verdict="key", reason="条例第三十三条")
    assert "新答案没有选好" in refused
    assert "条例第三十三条</textarea>" in refused
    (index,) = chosen(app, one)
    reviewer.post(path, verdict="key", key=str(index), reason="条例第三十三条")
    page = "/errata/corrections/1"
    assert "这是本人提出的" in reviewer.get(page) or "等办公室" in reviewer.get(page)
    reviewer.get(f"{page}/attempts", 403)
    reviewer.post(f"{page}/decide", 403, decision="agree")
    assert reviewer.post(path, 409, verdict="void", reason="再提一次") != ""
    assert "答案更正待复核" in office.get("/")
    listed = office.get(f"{page}/attempts")
    for said in ("文知新", "加分", "20", "还没有"):
        assert said in listed
    assert "不同意的，请写明理由" in office.post(f"{page}/decide", 422, decision="refuse")
    office.post(f"{page}/decide", decision="agree")
    assert "给 1 份答卷重新评分" in office.get(page)
    assert "答案更正后重新评分" in office.get("/")
    assert "待重新评分" in office.get("/errata/corrections")
    assert office.post(f"{page}/rescore") == page
    html = office.get(page)
    assert "全部重新评过分了" in html
    assert "已重新评分 1 / 1 份" in html
    assert "答案更正后重新评分" not in office.get("/")
    assert scores(app, one.attempt_id) == [(0, False), (20, False)]
    assert "已经有了决定" in office.post(f"{page}/decide", 409, decision="agree")


def test_nobody_decides_about_a_question_of_their_own_paper(app: Flask) -> None:
    one = single_fail(app)
    correction_id = correct(app, version_at(app, one.attempt_id), one.reviewer, None)

    promote(app, one.staff)
    html = Browser(app, one.staff).post(
        f"/errata/corrections/{correction_id}/decide", 403, decision="agree"
    )
    assert "在您自己的答卷里" in html
