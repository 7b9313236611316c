"""Corrections of points: asked by one, decided by another, posted once with their reason."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Person
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from points.adjustments import services
from points.adjustments.models import PointsAdjustment
from points.adjustments.queries import adjustment_of, adjustments, count, deciders
from points.ledger.models import PointsEntry
from points.ledger.queries import entries_of, entry_views
from points.periods.queries import PeriodView
from points.standing.queries import person_periods
from points.standing.words import line_of
from tests.accounts.races import together
from tests.databases import both_databases
from tests.points.town import Browser, Town, arrange

REASON = "第 19 题没有存上，运维日志可查。"


def _ask(
    town: Town, period: PeriodView, amount: int = 2, *, key: str = "", by: Person | None = None,
    person: Person | None = None,
) -> int:  # fmt: skip
    with transaction() as session:
        return services.ask(
            session, key=key or str(uuid.uuid4()), person_id=(person or town.staff).id,
            period=period, amount=amount, reason=REASON, by=(by or town.office).id,
            now=clock.now(),
        )  # fmt: skip


def _decide(adjustment_id: int, by: Person, *, approve: bool = True) -> None:
    with transaction() as session:
        services.decide(
            session, adjustment_id=adjustment_id, approve=approve, reason="属实", by=by.id,
            now=clock.now(),
        )  # fmt: skip


def _entries(person: Person) -> list[PointsEntry]:
    return list(reading().scalars(entries_of(person.id)))


@both_databases
def test_a_correction_is_posted_when_a_second_person_agrees(app: Flask) -> None:
    town, periods = arrange(app, 2, staff=(11, 11))
    with app.app_context():
        asked = _ask(town, periods[1])
        assert len(_entries(town.staff)) == 2  # nothing yet
        _decide(asked, town.second)
        newest = _entries(town.staff)[0]
        key = reading().get_one(PointsAdjustment, asked).key
        assert (newest.amount, newest.source) == (2, f"adjust:{key}")
        assert (newest.period_id, newest.origin_period_id) == (periods[1].id, periods[1].id)
        (line,) = [line_of(one, {}, {}) for one in entry_views(reading(), [newest])]
        assert line.title == "办公室更正"
        assert line.details == ("理由：第 19 题没有存上，运维日志可查。",)
        assert person_periods(reading(), town.staff.id, town.now)[1].earned == 13


@both_databases
def test_what_belongs_to_a_closed_period_is_posted_to_the_open_one_with_its_origin(
    app: Flask,
) -> None:
    town, periods = arrange(app, 3, staff=(11, 16, None))
    with app.app_context():
        _decide(_ask(town, periods[0], 1), town.second)
        newest = _entries(town.staff)[0]
        assert (newest.period_id, newest.origin_period_id) == (periods[2].id, periods[0].id)
        (view,) = entry_views(reading(), [newest])
        assert line_of(view, {}, {}).details[-1] == (
            f"属于{periods[0].label}，那一期已经结转，所以记入{periods[2].label}。"
        )
        first = person_periods(reading(), town.staff.id, town.now)[0]
        assert (first.closed_earned, first.earned, first.is_restated) == (11, 12, True)


@both_databases
def test_a_refusal_posts_nothing_and_says_why(app: Flask) -> None:
    town, periods = arrange(app, 1, staff=(11,))
    with app.app_context():
        asked = _ask(town, periods[0])
        _decide(asked, town.second, approve=False)
        assert [entry.amount for entry in _entries(town.staff)] == [11]
        found = adjustment_of(reading(), asked)
        assert (found.approved, found.decision_reason, found.decided_by_name) == (
            False, "属实", "简明白",
        )  # fmt: skip
        with pytest.raises(Conflict):
            _decide(asked, town.second)  # decided once
        assert len(_entries(town.staff)) == 1


def test_who_asked_does_not_decide_nor_does_the_person_concerned(app: Flask) -> None:
    town, periods = arrange(app, 1)
    with app.app_context():
        asked = _ask(town, periods[0])
        with pytest.raises(Forbidden, match="自己提出"):
            _decide(asked, town.office)
        own = _ask(town, periods[0], person=town.second)
        with pytest.raises(Forbidden, match="自己的积分"):
            _decide(own, town.second)
        for one in (asked, own):
            assert adjustment_of(reading(), one).approved is None
        assert _entries(town.staff) == _entries(town.second) == []


@pytest.mark.parametrize("amount", [0, 21, -21])
def test_an_amount_of_nothing_or_of_more_than_a_period_gives_is_refused(
    app: Flask, amount: int
) -> None:
    town, periods = arrange(app, 1)
    with app.app_context():
        with pytest.raises(Invalid) as refusal:
            _ask(town, periods[0], amount)
        assert refusal.value.extra["field"] == "amount"
        assert _ask(town, periods[0], 20)
        assert _ask(town, periods[0], -20)
        assert count(reading(), adjustments(None, clock.today(), is_open=True)) == 2


def test_a_period_that_has_not_begun_and_an_unknown_correction_are_refused(app: Flask) -> None:
    town, periods = arrange(app, 1)
    with app.app_context():
        with transaction() as session, pytest.raises(Invalid):
            services.ask(
                session, key="k", person_id=town.staff.id, period=periods[0], amount=1,
                reason="早", by=town.office.id, now=periods[0].starts_at - timedelta(seconds=1),
            )  # fmt: skip
        with pytest.raises(NotFound):
            _decide(99, town.second)


def test_who_asked_who_decided_and_why_is_in_the_trail(app: Flask) -> None:
    town, periods = arrange(app, 1)
    with app.app_context():
        _decide(_ask(town, periods[0]), town.second)
        rows = {
            row.action: row
            for row in reading().scalars(
                select(AuditEvent).where(AuditEvent.action.startswith("points.adjust"))
            )
        }
    assert set(rows) == {"points.adjust.ask", "points.adjust.approve", "points.adjust"}
    assert rows["points.adjust.ask"].reason == rows["points.adjust"].reason == REASON
    assert rows["points.adjust.approve"].facts["asked_by"] == town.office.id
    assert rows["points.adjust"].facts["amount"] == 2


# --- at one moment ----------------------------------------------------------------


def _outcome(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


@both_databases
def test_of_two_decisions_at_once_one_counts_and_posts_once(app: Flask) -> None:
    town, periods = arrange(app, 1)
    with app.app_context():
        asked = _ask(town, periods[0])
    results = together(
        app, *[lambda by=by: _decide(asked, by) for by in (town.second, town.auditor)]
    )
    assert _outcome(results) == ["Conflict", "NoneType"]
    with app.app_context():
        assert len(_entries(town.staff)) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_without_the_claim_both_decide_and_only_the_ledger_stops_the_second(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: it shows that the race above really happens."""
    town, periods = arrange(app, 1)
    with app.app_context():
        asked = _ask(town, periods[0])
    passed: list[bool | None] = []

    def naive(session: Any, *, act_id: int, **_rest: Any) -> None:
        passed.append(session.scalar(select(TwoPersonAct.decided_at.is_(None))))
        time.sleep(0.2)

    monkeypatch.setattr("accounts.approvals.services.decide", naive)
    results = together(
        app, *[lambda by=by: _decide(asked, by) for by in (town.second, town.auditor)]
    )
    assert passed == [True, True]
    assert _outcome(results) == ["Conflict", "NoneType"]
    assert any("没有再记一次" in str(result) for result in results)


@both_databases
def test_one_form_sent_twice_at_once_asks_once(app: Flask) -> None:
    town, periods = arrange(app, 1)
    key = str(uuid.uuid4())
    results = together(app, *[lambda: _ask(town, periods[0], key=key)] * 2)
    assert _outcome(results) == ["Conflict", "int"]
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(TwoPersonAct)) == 1


@both_databases
def test_without_the_key_two_sendings_ask_twice(app: Flask) -> None:
    """The twin: two forms, as two keys."""
    town, periods = arrange(app, 1)
    results = together(app, *[lambda: _ask(town, periods[0])] * 2)
    assert _outcome(results) == ["int", "int"]


# --- pages ------------------------------------------------------------------------


def _key(page: str) -> str:
    return page.split('name="key" type="hidden" value="')[1].split('"', maxsplit=1)[0]


def _form(page: str, chosen: PeriodView, **changes: str) -> dict[str, Any]:
    return {
        "key": _key(page), "staff_no": "A1001", "period": str(chosen.id), "amount": "2",
        "reason": REASON, **changes,
    }  # fmt: skip


def test_the_office_asks_and_a_colleague_decides_in_the_browser(app: Flask) -> None:
    town, periods = arrange(app, 2, staff=(11, None))
    office, second = Browser(app, town.office), Browser(app, town.second)
    assert "没有等待决定的更正" in office.get("/points/adjustments")
    assert "查不到工号 ZZ9" in office.get("/points/adjustments/new?staff_no=zz9", 422)
    page = office.get("/points/adjustments/new?staff_no=a1001")
    assert "文知新" in page
    assert f"{periods[0].label}，已结转" in page
    assert office.post("/points/adjustments/new", **_form(page, periods[0])) == (
        "/points/adjustments"
    )
    assert REASON in office.get("/points/adjustments")
    own = office.get("/points/adjustments/1")
    assert "这是本人提出的" in own
    assert 'name="decision"' not in own
    assert "没有这样的第二个人" not in own
    page = second.get("/points/adjustments/1")
    assert f"同意后记入{periods[1].label}" in page
    assert "请选同意或不同意" in second.post("/points/adjustments/1", 422)
    page = second.post("/points/adjustments/1", 422, decision="refuse", reason="  ")
    assert "不同意的，请写明理由" in page
    assert second.post("/points/adjustments/1", decision="agree") == (
        "/points/adjustments?state=decided"
    )
    page = second.get("/points/adjustments?state=decided")
    assert "已更正" in page
    assert "简明白" in page
    assert "待决定 0" in page
    second.post("/points/adjustments/1", 409, decision="agree")
    mine = Browser(app, town.staff).get("/points")
    assert "办公室更正" in mine
    assert "理由：第 19 题没有存上，运维日志可查。" in mine
    assert "更正后 13 分" in mine


def test_a_refused_form_keeps_what_was_typed(app: Flask) -> None:
    town, periods = arrange(app, 1)
    office = Browser(app, town.office)
    page = office.get("/points/adjustments/new?staff_no=A1001")
    for changes, said in (
        ({"amount": "两分"}, "积分要填整数"),
        ({"amount": "0"}, "积分不能是 0"),
        ({"amount": "21"}, "一次最多更正 20 分"),
        ({"amount": ""}, "请填写积分"),
        ({"reason": "  "}, "请写明理由"),
        ({"period": ""}, "请选一期"),
        ({"key": "x"}, "请再提交一次"),
        ({"staff_no": "ZZ9"}, "查不到工号 ZZ9"),
    ):
        answer = office.post("/points/adjustments/new", 422, **_form(page, periods[0], **changes))
        assert said in answer, changes
        assert "sg-summary-error" in answer
    kept = office.post("/points/adjustments/new", 422, **_form(page, periods[0], amount="两分"))
    assert 'value="两分"' in kept
    assert REASON in kept
    assert f'selected value="{periods[0].id}"' in kept
    assert _key(kept) == _key(page)
    with app.app_context():
        assert count(reading(), adjustments(None, clock.today(), is_open=True)) == 0


def test_the_page_says_when_nobody_else_could_decide(app: Flask) -> None:
    town, periods = arrange(app, 1)
    with app.app_context():
        everyone = {town.office.id, town.second.id}
        now = clock.now()
        assert deciders(reading(), besides={town.office.id}, now=now) == 1
        assert deciders(reading(), besides=everyone, now=now) == 0
        _ask(town, periods[0], person=town.second)
    office = Browser(app, town.office)
    assert "没有第二个人" not in office.get("/points/adjustments/new?staff_no=A1001")
    number = town.second.staff_no
    assert "没有第二个人" in office.get(f"/points/adjustments/new?staff_no={number}")
    assert "没有这样的第二个人" in office.get("/points/adjustments/1")
    page = Browser(app, town.second).get("/points/adjustments/1")
    assert "更正的是本人的积分" in page


def test_a_coordinator_reads_of_their_own_people_only_and_nobody_else_asks(app: Flask) -> None:
    town, periods = arrange(app, 1)
    with app.app_context():
        _ask(town, periods[0])
        _ask(town, periods[0], person=town.stranger)
    page = Browser(app, town.coordinator).get("/points/adjustments")
    assert "文知新" in page
    assert "路过人" not in page
    assert "提出更正" not in page
    page = Browser(app, town.auditor).get("/points/adjustments")
    assert "路过人" in page
    assert "去决定" not in page
    for person in (town.coordinator, town.auditor, town.staff):
        Browser(app, person).get("/points/adjustments/new", 403)
        Browser(app, person).post("/points/adjustments/1", 403, decision="agree")
    Browser(app, town.staff).get("/points/adjustments", 403)
