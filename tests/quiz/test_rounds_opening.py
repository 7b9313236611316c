"""Plans and the rounds they open: once each, at their proper times, from the right questions."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from config import Settings
from core.audit.models import AuditEvent
from core.db import db, reading, transaction
from core.errors import Conflict, Invalid, NotFound
from core.jobs.services import run_now
from core.rulebook.services import change_rule
from points.periods import services as periods
from points.periods.models import PointsPeriod
from question_bank.questions.models import Difficulty, Pool, QuestionType, QuestionVersion
from quiz.occasions.models import MultipleRule, Occasion, PoolItem, PoolRow, ReleaseRule
from quiz.opening import queries, services
from quiz.opening.services import catch_up, create_plan, end_plan, open_due
from quiz.rounds.models import QuizPlan, QuizRound
from quiz.rounds.rules import PlanState
from tests.databases import both_databases
from tests.quiz.rounds import (
    DAY,
    MONTH,
    World,
    all_rounds,
    arrange,
    at,
    begin,
    believing,
    make_bank,
    make_world,
    moment,
    sit,
)

SCHEDULERS = 4


def world(app: Flask, *, now: datetime = DAY, **options: Any) -> World:
    """A plan from November on, and nothing opened."""
    with at(now), app.app_context(), transaction() as session:
        return make_world(session, now=now, **options)


def look(app: Flask, now: datetime) -> services.Opening:
    """One look of the scheduler."""
    with at(now), app.app_context(), transaction() as session:
        return catch_up(session, now)


def audited(app: Flask, action: str) -> list[dict[str, Any]]:
    """The facts of what was recorded under an action."""
    with app.app_context():
        return list(
            reading().scalars(
                select(AuditEvent.facts).where(AuditEvent.action == action).order_by(AuditEvent.id)
            )
        )


def run_job(app: Flask, now: datetime) -> str:
    """The job as the scheduler runs it."""
    with at(now), app.app_context():
        return run_now(app.extensions["jobs"]["quiz.rounds"])


# --- opening ------------------------------------------------------------------------


@both_databases
def test_a_round_opens_with_its_occasion_and_its_period(app: Flask) -> None:
    made, one = arrange(app)
    with app.app_context():
        session = reading()
        occasion, period = (
            session.get(Occasion, one.occasion_id),
            session.get(PointsPeriod, one.period_id),
        )
        assert occasion is not None
        assert period is not None
    assert (one.plan_id, one.number, one.questions) == (made.plan_id, 1, 20)
    assert (one.opens_at, one.closes_at) == (moment(11, 1, 0), moment(12, 6, 0))
    assert one.opened_at == DAY
    assert (occasion.kind, occasion.title, occasion.minutes) == ("round", "第 1 轮定期答题", 0)
    assert (occasion.opens_at, occasion.closes_at) == (one.opens_at, one.closes_at)
    assert (occasion.tries, occasion.pass_mark) == (2, 12)
    assert occasion.multiple_rule is MultipleRule.ALL_OR_NOTHING
    assert occasion.release_rule is ReleaseRule.AT_ONCE
    assert (period.label, period.number) == ("第 1 期（2026年11月–12月）", 1)
    assert (period.starts_at, period.settles_at) == (one.opens_at, one.closes_at)
    assert (period.max_points, period.target, period.ends_at) == (20, 12, None)
    assert audited(app, "round.open") == [
        {"plan": made.plan_id, "number": 1, "title": "第 1 轮定期答题", "occasion": occasion.id,
         "period": 1, "questions": 20, "wanted": 20, "target": 12,
         "opens_at": one.opens_at.isoformat(), "closes_at": one.closes_at.isoformat()}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (moment(10, 31, 23, 59), False),
        (moment(11, 1, 0, 0), True),
        (moment(12, 5, 23, 59), True),
        (moment(12, 6, 0, 0), False),
    ],
)
def test_a_round_opens_only_within_its_window(app: Flask, now: datetime, opens: bool) -> None:
    world(app, now=moment(10, 20))
    assert bool(look(app, now).opened) is opens


def test_the_next_round_ends_the_period_before(app: Flask) -> None:
    arrange(app)
    assert len(look(app, moment(1, 1, 0, 0, year=2027)).opened) == 1
    with app.app_context():
        first, second = reading().scalars(select(PointsPeriod).order_by(PointsPeriod.number))
    assert first.ends_at == second.starts_at == moment(1, 1, 0, 0, year=2027)
    assert (second.previous_id, second.label) == (first.id, "第 2 期（2027年1月–2月）")


def test_rules_in_force_on_the_opening_day_make_the_round(app: Flask) -> None:
    made = world(app, now=moment(10, 20))
    changes = [
        ("quiz.questions", 10), ("quiz.tries", 3), ("points.per_answer", 2),
        ("points.target_percent", 75), ("exam.multiple_rule", "partial"),
    ]  # fmt: skip
    with at(moment(10, 20)), app.app_context(), transaction() as session:
        for day, late in ((date(2026, 11, 1), False), (date(2026, 11, 2), True)):
            for rule, value in changes:
                now_value: Any = value
                if late:  # too late for this round
                    now_value = "per_option" if isinstance(value, str) else 1
                change_rule(
                    session, rule=rule, value=now_value, effective_from=day, why="试行",
                    by_id=made.office.id, now=moment(10, 20),
                )  # fmt: skip
    (one,) = look(app, moment(11, 9)).opened
    with app.app_context():
        occasion = reading().get(Occasion, one.occasion_id)
        period = reading().get(PointsPeriod, one.period_id)
    assert occasion is not None
    assert period is not None
    assert (one.questions, occasion.tries) == (10, 3)
    assert (period.max_points, period.target, occasion.pass_mark) == (20, 15, 8)
    assert occasion.multiple_rule is MultipleRule.PARTIAL


def test_questions_are_spread_as_the_bank_is_and_none_is_reserved_for_exams(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        make_bank(session, pool=Pool.EXAM)
        make_bank(session, [(QuestionType.SINGLE, Difficulty.EASY, 6)], pool=Pool.PRACTICE)
    _made, one = arrange(app)
    with app.app_context():
        session = reading()
        rows = [
            (row.label, row.count, row.marks)
            for row in session.scalars(
                select(PoolRow).where(PoolRow.occasion_id == one.occasion_id).order_by(PoolRow.row)
            )
        ]
        pools = Counter(
            session.scalars(
                select(QuestionVersion.pool)
                .join(PoolItem, PoolItem.version_id == QuestionVersion.id)
                .where(PoolItem.occasion_id == one.occasion_id)
            )
        )
    # 14, 8, 8, 8 of 38: 7.37, 4.21, 4.21, 4.21 of 20
    assert rows == [("单选，易", 8, 1), ("单选，难", 4, 1), ("多选，中", 4, 1), ("判断，中", 4, 1)]
    assert pools == {Pool.BOTH: 32, Pool.PRACTICE: 6}


def test_only_the_topics_of_the_plan_are_drawn_from(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        topic = make_bank(session, [(QuestionType.TRUE_FALSE, Difficulty.EASY, 25)])
    _made, one = arrange(app, topic_ids=[topic])
    with app.app_context():
        topics = set(
            reading().scalars(
                select(QuestionVersion.topic_id)
                .join(PoolItem, PoolItem.version_id == QuestionVersion.id)
                .where(PoolItem.occasion_id == one.occasion_id)
            )
        )
    assert topics == {topic}


def test_a_small_bank_gives_a_smaller_round_and_the_job_says_so(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        make_bank(session, [(QuestionType.SINGLE, Difficulty.EASY, 3)])
    world(app, bank=False)
    assert run_job(app, DAY) == "opened 1, with 3 questions, 20 wanted; closed 0"
    (one,) = all_rounds(app)
    assert one.questions == 3
    with app.app_context():
        period = reading().get(PointsPeriod, one.period_id)
        assert period is not None
        assert (period.max_points, period.target) == (3, 2)


def test_an_empty_bank_opens_nothing_says_why_and_opens_once_it_is_filled(app: Flask) -> None:
    world(app, bank=False)
    told = "opened 0, one is due: no approved question of its topics is free for practice; closed 0"
    assert run_job(app, DAY) == told
    assert all_rounds(app) == []
    with app.app_context(), transaction() as session:
        make_bank(session)
    assert run_job(app, DAY + timedelta(minutes=10)) == "opened 1; closed 0"


# --- after an outage -------------------------------------------------------------------


@both_databases
def test_off_for_three_days_the_round_opens_late_with_its_proper_times(app: Flask) -> None:
    world(app, now=moment(10, 20))
    assert run_job(app, moment(10, 31, 23, 50)) == "opened 0; closed 0"
    assert run_job(app, moment(11, 4, 8)) == "opened 1; closed 0"
    (one,) = all_rounds(app)
    assert (one.opens_at, one.opened_at) == (moment(11, 1, 0), moment(11, 4, 8))
    assert run_job(app, moment(11, 4, 8, 10)) == "opened 0; closed 0"


@both_databases
def test_a_round_whose_window_was_missed_is_noted_once_and_never_opens(app: Flask) -> None:
    made = world(app, now=moment(10, 20))
    found = look(app, moment(3, 2, year=2027))  # November's and January's are over
    assert (found.missed, [one.number for one in found.opened]) == ((1, 2), [3])
    for day in (3, 4):
        assert look(app, moment(3, day, year=2027)) == services.Opening()
    assert [(fact["plan"], fact["number"]) for fact in audited(app, "round.miss")] == [
        (made.plan_id, 1), (made.plan_id, 2),
    ]  # fmt: skip
    assert [one.number for one in all_rounds(app)] == [3]


def test_what_lay_before_the_plan_was_not_missed(app: Flask) -> None:
    world(app, now=moment(12, 1), first_month=MONTH)
    found = look(app, moment(12, 2))
    assert (found.missed, len(found.opened)) == ((), 1)


def test_when_the_next_is_due_too_only_the_newest_opens(app: Flask) -> None:
    """Every month, windows overlap for five days; the older was not opened in its month."""
    world(app, now=moment(10, 20), every=1)
    found = look(app, moment(12, 3))
    assert [one.number for one in found.opened] == [2]
    assert found.missed == ()
    assert look(app, moment(12, 7)).missed == (1,)


def test_every_month_a_round_opens_while_the_one_before_is_still_open(app: Flask) -> None:
    arrange(app, every=1)
    assert [one.number for one in look(app, moment(12, 1, 0, 5)).opened] == [2]
    # the period before has ended, and closes only when its round has
    assert run_job(app, moment(12, 3)) == "opened 0; closed 0"
    assert run_job(app, moment(12, 6, 0, 10)) == "opened 0; closed 1"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_rounds_open_at_the_same_instants_in_every_time_zone(
    app: Flask, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with believing(zone, monkeypatch):
        world(app, now=moment(10, 20))
        assert run_job(app, moment(10, 31, 23, 59)) == "opened 0; closed 0"
        assert run_job(app, moment(11, 1, 0, 0)) == "opened 1; closed 0"
        assert run_job(app, moment(1, 1, 0, 0, year=2027)) == "opened 1; closed 1"
        first, second = all_rounds(app)
    assert (first.opens_at, first.closes_at) == (moment(11, 1, 0), moment(12, 6, 0))
    assert (second.opens_at, second.closes_at) == (
        moment(1, 1, 0, year=2027), moment(2, 6, 0, year=2027),
    )  # fmt: skip


# --- several schedulers ----------------------------------------------------------------


def at_once(app: Flask, now: datetime = DAY) -> list[str]:
    """What several schedulers that look at the same moment get: how many opened, or the error."""
    gate = threading.Barrier(SCHEDULERS)

    def one(_number: int) -> str:
        with app.app_context():
            gate.wait()
            try:
                with transaction() as session:
                    return str(len(open_due(session, now)))
            except Exception as error:
                return type(error).__name__

    with ThreadPoolExecutor(SCHEDULERS) as pool:
        return sorted(pool.map(one, range(SCHEDULERS)))


@both_databases
def test_several_schedulers_at_once_open_a_round_once(app: Flask) -> None:
    world(app)
    assert at_once(app) == ["0"] * (SCHEDULERS - 1) + ["1"]
    assert len(all_rounds(app)) == 1
    with app.app_context():
        assert len(list(reading().scalars(select(Occasion)))) == 1
        assert len(list(reading().scalars(select(PointsPeriod)))) == 1
    assert len(audited(app, "round.open")) == 1


def _without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everyone looks before anyone opens, as without the plan's lock."""

    def hold(session: Any) -> QuizPlan | None:
        plan: QuizPlan | None = session.scalar(
            select(QuizPlan).where(QuizPlan.state == PlanState.ACTIVE)
        )
        return plan

    monkeypatch.setattr(queries, "hold_active_plan", hold)
    monkeypatch.setattr(queries, "opened", lambda *_: set())
    monkeypatch.setattr(queries, "newest_opening", lambda *_: None)


@both_databases
def test_without_the_lock_the_database_still_lets_one_through(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second net: what was looked at is stale, and the unique rows refuse the others."""
    world(app)
    _without_the_lock(monkeypatch)
    assert at_once(app) == ["1"] + ["Conflict"] * (SCHEDULERS - 1)
    assert len(all_rounds(app)) == 1


def test_twin_without_lock_and_net_a_round_opens_several_times(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(app)
    _without_the_lock(monkeypatch)
    steps = itertools.count()
    real = periods.open_period

    def another(session: Any, *, starts_at: datetime, **rest: Any) -> Any:
        return real(session, starts_at=starts_at + timedelta(minutes=next(steps)), **rest)

    monkeypatch.setattr(services, "open_period", another)
    with app.app_context(), db.engine.connect().execution_options(writes=True) as connection:
        connection.execute(text("DROP TABLE quiz_round"))
        unbound = [column for column in QuizRound.__table__.columns if column.name != "id"]
        connection.execute(
            text("CREATE TABLE quiz_round (id INTEGER PRIMARY KEY, "
                 + ", ".join(column.name for column in unbound) + ")")
        )  # fmt: skip
        connection.commit()
    assert at_once(app) == ["1"] * SCHEDULERS
    assert len(all_rounds(app)) == SCHEDULERS


# --- periods ---------------------------------------------------------------------------


@both_databases
def test_a_period_closes_once_its_round_is_over_and_nobody_is_at_work(app: Flask) -> None:
    made, one = arrange(app)
    sit(app, one, made.other, right=15)
    begin(app, one, made.staff)
    assert run_job(app, moment(12, 6, 0, 20)) == "opened 0; closed 0"  # no next round yet
    # what is overdue is closed by the job itself, then the period
    assert run_job(app, moment(1, 1, 0, 0, year=2027)) == "opened 1; closed 1"
    assert run_job(app, moment(1, 1, 0, 10, year=2027)) == "opened 0; closed 0"
    with app.app_context():
        first, second = reading().scalars(select(PointsPeriod).order_by(PointsPeriod.number))
        assert first.closed_at == moment(1, 1, 0, 0, year=2027)
        assert second.closed_at is None


def test_a_period_waits_while_somebody_may_still_hand_in(app: Flask) -> None:
    made, one = arrange(app, every=1)
    look(app, moment(12, 1, 0, 5))
    begin(app, one, made.staff)
    assert run_job(app, moment(12, 6, 0, 0) + timedelta(seconds=20)) == "opened 0; closed 0"
    assert run_job(app, moment(12, 6, 0, 1)) == "opened 0; closed 1"


# --- switched off ------------------------------------------------------------------------


def switched(app: Flask, monkeypatch: pytest.MonkeyPatch, *, on: bool) -> None:
    settings: Settings = app.extensions["settings"]
    monkeypatch.setitem(app.extensions, "settings", replace(settings, points=on))


def test_switched_off_nothing_opens_and_what_has_begun_closes(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrange(app, every=1)
    look(app, moment(12, 1, 0, 5))
    switched(app, monkeypatch, on=False)
    assert run_job(app, moment(1, 3, year=2027)) == "opened 0; closed 1"
    assert len(all_rounds(app)) == 2
    assert audited(app, "round.miss") == []


# --- plans ---------------------------------------------------------------------------


def test_one_plan_is_active_at_a_time(app: Flask) -> None:
    made = world(app)
    new: dict[str, Any] = {"title": "再来一个", "first_month": date(2027, 1, 1), "every_months": 2,
           "by": made.office.id, "now": DAY}  # fmt: skip
    with app.app_context(), pytest.raises(Conflict) as refused, transaction() as session:
        create_plan(session, **new)
    assert refused.value.code == "active"
    with app.app_context(), transaction() as session:
        end_plan(session, plan_id=made.plan_id, now=DAY)
    with app.app_context(), transaction() as session:
        assert create_plan(session, **new).state is PlanState.ACTIVE
    with app.app_context(), pytest.raises(Conflict), transaction() as session:
        end_plan(session, plan_id=made.plan_id, now=DAY)
    with app.app_context(), pytest.raises(NotFound), transaction() as session:
        end_plan(session, plan_id=999, now=DAY)
    assert [fact["title"] for fact in audited(app, "quiz_plan.create")] == ["定期答题", "再来一个"]
    assert len(audited(app, "quiz_plan.end")) == 1


def test_an_ended_plan_opens_nothing_and_its_open_round_goes_on(app: Flask) -> None:
    made, one = arrange(app)
    with app.app_context(), transaction() as session:
        end_plan(session, plan_id=made.plan_id, now=DAY)
    assert look(app, moment(1, 2, year=2027)) == services.Opening()
    sit(app, one, made.staff, right=3)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "  "}, "title"),
        ({"every_months": 0}, "every_months"),
        ({"every_months": 13}, "every_months"),
        ({"first_month": date(2026, 9, 1)}, "first_month"),  # closed on 5 October
    ],
)
def test_a_plan_that_cannot_work_is_refused_at_its_field(
    app: Flask, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        world(app, **change)
    assert refused.value.extra["field"] == field


def test_a_new_plan_begins_after_the_last_round(app: Flask) -> None:
    made, _one = arrange(app)
    with app.app_context(), transaction() as session:
        end_plan(session, plan_id=made.plan_id, now=DAY)
    plan: dict[str, Any] = {
        "title": "定期答题",
        "every_months": 1,
        "by": made.office.id,
        "now": DAY,
    }
    with app.app_context(), pytest.raises(Invalid, match="已经开过"), transaction() as session:
        create_plan(session, first_month=MONTH, **plan)
    with app.app_context(), transaction() as session:
        create_plan(session, first_month=date(2026, 12, 1), **plan)
    (again,) = look(app, moment(12, 2)).opened
    assert again.number == 1
    with app.app_context():
        period = reading().get(PointsPeriod, again.period_id)
        assert period is not None
        assert period.label == "第 2 期（2026年12月）"
