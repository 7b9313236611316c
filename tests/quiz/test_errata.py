"""题目纠错: who may report what and when, one matter for many reports, decided once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update

from core import clock
from core.db import db, reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from question_bank.questions.models import VersionState
from quiz.attempts.services import ask_void, decide_void
from quiz.errata import services
from quiz.errata.models import Erratum
from quiz.errata.queries import reportable
from quiz.errata.rules import MOST_OPEN, OUTCOMES, ErratumKind, ErratumState, may_move
from quiz.errata.services import decide
from quiz.occasions.models import ReleaseRule
from tests.accounts.races import together
from tests.databases import both_databases
from tests.factories import make_person
from tests.quiz.candidates import sit as sit_open
from tests.quiz.practices import answer, bank_of, begin, check
from tests.quiz.reports import Sat, count, reports, sat, say, state_of, version_at
from tests.quiz.voids import Browser
from tests.statements import counted

REPORT: dict[str, Any] = {"kind": "key", "text": "条例第三十三条说的是二十个工作日"}


def _decide(
    app: Flask, one: Sat, outcome: ErratumState, *, by: Any = None, seen: int | None = None
) -> int:
    with app.app_context(), transaction() as session:
        return decide(
            session, version_id=version_at(app, one.attempt_id), outcome=outcome,
            seen=max(each.id for each in reports(app)) if seen is None else seen,
            answer="谢谢，已经核对", by_id=(by or one.reviewer).id, now=clock.now(),
        )  # fmt: skip


# --- rules ------------------------------------------------------------------------


@pytest.mark.parametrize("before", ErratumState)
@pytest.mark.parametrize("after", ErratumState)
def test_only_an_open_report_is_decided_and_only_once(
    before: ErratumState, after: ErratumState
) -> None:
    assert may_move(before, after) is (before is ErratumState.OPEN and after in OUTCOMES)


# --- who may report what ----------------------------------------------------------


@both_databases
def test_a_report_is_kept_once_however_often_it_is_sent(app: Flask) -> None:
    one = sat(app)
    assert say(app, one.attempt_id, one.staff)
    assert not say(app, one.attempt_id, one.staff, text="再说一次还是不对")
    assert say(app, one.attempt_id, one.staff, position=2)
    first, second = reports(app)
    assert (first.text, first.position, first.state) == (
        "答案和条例不一致", 1, ErratumState.OPEN,
    )  # fmt: skip
    assert second.version_id == version_at(app, one.attempt_id, 2)


def test_before_release_there_is_nothing_to_report(app: Flask) -> None:
    one = sat(app, release_rule=ReleaseRule.BY_HAND)
    browser = Browser(app, one.staff)
    assert "题目纠错" not in browser.get(f"/results/{one.attempt_id}")
    for position in (0, 1, 5, 6, 99):
        browser.get(f"/errata/report/{one.attempt_id}/{position}", 404)
        browser.post(f"/errata/report/{one.attempt_id}/{position}", 404, **REPORT)
    assert count(app, Erratum) == 0


def test_during_an_exam_there_is_no_link_and_no_report(app: Flask) -> None:
    candidate = sit_open(app)
    path = f"/errata/report/{candidate.attempt_id}/1"
    page = candidate.client.get(f"/attempts/{candidate.attempt_id}?q=1&epoch=1").text
    assert "题目纠错" not in page
    assert "/errata" not in page
    assert candidate.client.get(path).status_code == 404


def test_nobody_reports_at_the_attempt_of_another(app: Flask) -> None:
    one = sat(app)
    for person in (one.city.stranger, one.city.coordinator, one.office):
        with app.app_context(), pytest.raises(NotFound):
            reportable(reading(), one.attempt_id, 1, person.id)
    assert "题目纠错" in Browser(app, one.staff).get(f"/results/{one.attempt_id}?show=all")
    for person in (one.office, one.city.coordinator):
        assert "题目纠错" not in Browser(app, person).get(f"/results/{one.attempt_id}?show=all")


def test_in_practice_only_what_was_explained_can_be_reported(app: Flask) -> None:
    bank = bank_of(app)
    candidate = begin(app, bank)
    answer(app, candidate, 1, right=True)
    answer(app, candidate, 2, right=True)
    path = f"/errata/report/{candidate.attempt_id}"
    assert candidate.client.get(f"{path}/1").status_code == 404
    check(candidate, 1)
    page = candidate.client.get(f"/attempts/{candidate.attempt_id}?q=1&epoch=1").text
    assert f'href="{path}/1"' in page
    assert candidate.client.get(f"{path}/1").status_code == 200
    assert candidate.client.get(f"{path}/2").status_code == 404
    sent = candidate.client.post(f"{path}/1", data={"csrf_token": candidate.csrf, **REPORT})
    assert sent.location == "/errata/mine"
    mine = candidate.client.get("/errata/mine").text
    assert "接着练" in mine
    candidate.submit()
    assert candidate.client.get(f"{path}/2").status_code == 200
    result = candidate.client.get(f"/practice/results/{candidate.attempt_id}?show=all").text
    assert f'href="{path}/2"' in result


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "key", "text": "不对"}, "写 5 到 500 个字"),
        ({"kind": "key", "text": "长" * 501}, "最多 500 个字"),
        ({"kind": "", "text": "这里写的不对"}, "请选哪里有误"),
        ({"kind": "key", "text": "  "}, "请写明哪里不对"),
    ],
)
def test_a_refused_report_keeps_what_was_typed(
    app: Flask, fields: dict[str, Any], sentence: str
) -> None:
    one = sat(app)
    html = Browser(app, one.staff).post(f"/errata/report/{one.attempt_id}/1", 422, **fields)
    assert sentence in html
    assert f"{fields['text'].strip()}</textarea>" in html
    assert count(app, Erratum) == 0


def test_whoever_waits_for_many_answers_waits_before_saying_more(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_OPEN", 2)
    assert MOST_OPEN == 20
    one = sat(app)
    say(app, one.attempt_id, one.staff, 1)
    say(app, one.attempt_id, one.staff, 2)
    with pytest.raises(Conflict, match="还在等答复"):
        say(app, one.attempt_id, one.staff, 3)
    assert not say(app, one.attempt_id, one.staff, 2)  # a repeat is no new one
    html = Browser(app, one.staff).post(f"/errata/report/{one.attempt_id}/3", 409, **REPORT)
    assert REPORT["text"] in html


@both_databases
def test_of_two_reports_at_once_the_limit_lets_one_through(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_OPEN", 1)
    one = sat(app)
    results = together(app, *(lambda n=n: say(app, one.attempt_id, one.staff, n) for n in (1, 2)))
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    assert count(app, Erratum) == 1


# --- deciding ------------------------------------------------------------------------


@both_databases
@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (ErratumState.REJECTED, VersionState.APPROVED),
        (ErratumState.ACCEPTED, VersionState.APPROVED),
        (ErratumState.KEY_WRONG, VersionState.NEEDS_REVIEW),
    ],
)
def test_one_answer_reaches_everybody_who_reported_the_question(
    app: Flask, outcome: ErratumState, state: VersionState
) -> None:
    one = sat(app)
    with app.app_context(), transaction() as session:
        other = make_person(session, unit=one.city.unit)
    version_id = version_at(app, one.attempt_id)
    say(app, one.attempt_id, one.staff)
    with app.app_context(), transaction() as session:
        session.add(
            Erratum(version_id=version_id, attempt_id=one.attempt_id, position=1,
                    person_id=other.id, kind=ErratumKind.TEXT, text="题干有错别字",
                    at=clock.now(), state=ErratumState.OPEN, answer="")
        )  # fmt: skip
    assert _decide(app, one, outcome) == 2
    assert {(each.state, each.answer, each.handled_by) for each in reports(app)} == {
        (outcome, "谢谢，已经核对", one.reviewer.id)
    }
    assert state_of(app, version_id) is state
    assert say(app, one.attempt_id, one.staff)  # a new report opens a new matter


def test_a_report_made_while_the_page_was_open_stays_open(app: Flask) -> None:
    one = sat(app)
    say(app, one.attempt_id, one.staff)
    with app.app_context(), transaction() as session:
        late = make_person(session)
        session.add(
            Erratum(version_id=version_at(app, one.attempt_id), attempt_id=one.attempt_id,
                    position=1, person_id=late.id, kind=ErratumKind.KEY, text="我也觉得不对",
                    at=clock.now(), state=ErratumState.OPEN, answer="")
        )  # fmt: skip
    assert _decide(app, one, ErratumState.REJECTED, seen=reports(app)[0].id) == 1
    assert [each.state for each in reports(app)] == [ErratumState.REJECTED, ErratumState.OPEN]


@pytest.mark.parametrize(
    ("outcome", "text"), [(ErratumState.OPEN, "好"), (ErratumState.REJECTED, " ")]
)
def test_an_answer_says_something_and_decides(app: Flask, outcome: ErratumState, text: str) -> None:
    one = sat(app)
    say(app, one.attempt_id, one.staff)
    with app.app_context(), transaction() as session, pytest.raises(Invalid):
        decide(session, version_id=version_at(app, one.attempt_id), seen=99, outcome=outcome,
               answer=text, by_id=one.reviewer.id, now=clock.now())  # fmt: skip


def test_nobody_answers_their_own_report(app: Flask) -> None:
    one = sat(app)
    say(app, one.attempt_id, one.staff)
    with pytest.raises(Forbidden):
        _decide(app, one, ErratumState.KEY_WRONG, by=one.staff)
    assert reports(app)[0].state is ErratumState.OPEN
    assert state_of(app, version_at(app, one.attempt_id)) is VersionState.APPROVED


def _two_decide(app: Flask, one: Sat) -> list[Any]:
    version_id, seen = version_at(app, one.attempt_id), reports(app)[0].id

    def act(person: Any, outcome: ErratumState) -> int:
        with transaction() as session:
            return decide(session, version_id=version_id, seen=seen, outcome=outcome,
                          answer="看过了", by_id=person.id, now=clock.now())  # fmt: skip

    return together(
        app, lambda: act(one.reviewer, ErratumState.REJECTED),
        lambda: act(one.second, ErratumState.ACCEPTED),
    )  # fmt: skip


@both_databases
def test_of_two_who_decide_at_once_the_first_counts(app: Flask) -> None:
    one = sat(app)
    say(app, one.attempt_id, one.staff)
    results = _two_decide(app, one)
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    winner = one.reviewer if results[0] == 1 else one.second
    assert reports(app)[0].handled_by == winner.id


class _Blind:
    """The guard off: an update that does not ask whether the report is still open."""

    def __call__(self, table: Any) -> Any:
        return self

    def where(self, is_version: Any, _is_open: Any, is_seen: Any) -> Any:
        return update(Erratum).where(is_version, is_seen)


@both_databases
def test_twin_without_the_condition_both_decide(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "update", _Blind())
    one = sat(app)
    say(app, one.attempt_id, one.staff)
    assert _two_decide(app, one) == [1, 1]


@both_databases
def test_two_presses_at_once_are_one_report(app: Flask) -> None:
    one = sat(app)
    results = together(app, *(lambda: say(app, one.attempt_id, one.staff) for _n in range(4)))
    assert sorted(results) == [False, False, False, True]
    assert count(app, Erratum) == 1


@both_databases
def test_twin_without_the_unique_index_every_press_is_a_report(app: Flask) -> None:
    one = sat(app)
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text("DROP INDEX uq_erratum_open"))
        connection.commit()
    results = together(app, *(lambda: say(app, one.attempt_id, one.staff) for _n in range(2)))
    assert results == [True, True]
    assert count(app, Erratum) == 2


# --- journeys through pages --------------------------------------------------------


def test_a_report_goes_from_the_result_to_the_queue_and_its_answer_back_home(app: Flask) -> None:
    one = sat(app)
    staff, reviewer = Browser(app, one.staff), Browser(app, one.reviewer)
    version_id = version_at(app, one.attempt_id)
    path = f"/errata/report/{one.attempt_id}/1"
    assert f'href="{path}"' in staff.get(f"/results/{one.attempt_id}?show=all")
    assert "题目纠错" in staff.get(path)
    assert staff.post(path, **REPORT) == "/errata/mine"
    assert "正在等答复" in staff.get(path)
    assert "待答复" in staff.get("/errata/mine")
    assert "答复纠错" in reviewer.get("/")
    queue = reviewer.get("/errata")
    assert f'href="/errata/versions/{version_id}"' in queue
    assert "答案有误 1" in queue
    assert f"/errata/versions/{version_id}" not in reviewer.get("/errata?state=rejected")
    assert f"/errata/versions/{version_id}" not in reviewer.get("/errata?kind=basis")
    page = reviewer.get(f"/errata/versions/{version_id}")
    for said in (REPORT["text"], "文知新", "城中区政府办公室", "答复 1 条纠错"):
        assert said in page
    assert one.staff.staff_no not in page
    seen = str(reports(app)[0].id)
    refused = reviewer.post(
        f"/errata/versions/{version_id}/decide", 422, answer="条例已经改了", seen=seen
    )
    assert "请选处理结果" in refused
    assert "条例已经改了</textarea>" in refused
    answered: dict[str, Any] = {"decision": "key_wrong", "answer": "应为二十个工作日", "seen": seen}
    assert reviewer.post(f"/errata/versions/{version_id}/decide", **answered).endswith(
        f"/versions/{version_id}"
    )
    assert state_of(app, version_id) is VersionState.NEEDS_REVIEW
    late = Browser(app, one.second).post(
        f"/errata/versions/{version_id}/decide", 409, **{**answered, "answer": "我来答复"}
    )
    assert "已经由别人答复了" in late
    assert "更正答案" in reviewer.get(f"/errata/versions/{version_id}")
    assert "您的纠错有答复" in staff.get("/")
    mine = staff.get("/errata/mine")
    assert "应为二十个工作日" in mine
    assert staff.post("/errata/mine/seen", seen=seen) == "/errata/mine"
    assert "您的纠错有答复" not in staff.get("/")
    assert "应为二十个工作日" in staff.get("/errata/mine")


def test_who_reads_the_bank_sees_the_queue_and_decides_nothing(app: Flask) -> None:
    one = sat(app)
    say(app, one.attempt_id, one.staff)
    version_id = version_at(app, one.attempt_id)
    editor = Browser(app, one.city.editor)
    page = editor.get(f"/errata/versions/{version_id}")
    assert "等审核人答复" in page
    assert f"/versions/{version_id}/decide" not in page
    assert "修改试题" in page
    editor.post(f"/errata/versions/{version_id}/decide", 403, decision="rejected", answer="好")
    Browser(app, one.staff).get("/errata", 403)


def test_nobody_sees_the_reports_of_another(app: Flask) -> None:
    one = sat(app)
    say(app, one.attempt_id, one.staff, text="只有我自己看得到的话")
    other = Browser(app, one.city.stranger)
    assert "只有我自己看得到的话" not in other.get("/errata/mine")
    _decide(app, one, ErratumState.REJECTED)
    other.post("/errata/mine/seen", seen=str(reports(app)[0].id))
    assert reports(app)[0].seen_at is None


def test_a_void_attempt_reports_nothing_more(app: Flask) -> None:
    one = sat(app)
    with app.app_context(), transaction() as session:
        act = ask_void(session, one.attempt_id, reason="替考", by=one.office.id, now=clock.now())
    with app.app_context(), transaction() as session:
        decide_void(session, act, approve=True, by=one.city.second.id, now=clock.now())
    Browser(app, one.staff).get(f"/errata/report/{one.attempt_id}/1", 404)


def test_the_queue_costs_the_same_for_one_report_and_for_many(app: Flask) -> None:
    one = sat(app)
    reviewer = Browser(app, one.reviewer)
    costs = []
    for position in (1, 2, 3):
        say(app, one.attempt_id, one.staff, position)
        with counted(app) as log:
            reviewer.get("/errata")
        costs.append(len(log))
    assert len(set(costs)) == 1
    assert costs[0] <= 6
