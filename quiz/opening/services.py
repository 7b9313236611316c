"""Making and ending plans, and opening the rounds that are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import rows_of, upsert
from core.errors import Conflict, Invalid
from points.periods.models import PointsPeriod
from points.periods.queries import periods
from points.periods.services import open_period
from question_bank.questions.rules import Difficulty, QuestionType
from quiz.occasions.models import MultipleRule, Occasion, ReleaseRule
from quiz.occasions.services import RowSpec, open_occasion
from quiz.opening import queries
from quiz.opening.queries import Cell, Stock
from quiz.rounds.models import QuizPlan, QuizPlanTopic, QuizRound
from quiz.rounds.rules import (
    MOST_MONTHS,
    Dated,
    PlanState,
    Slot,
    in_force,
    period_months,
    right_answers_needed,
    slot,
    spread,
)

KIND = "round"  # of occasions
MARKS = 1  # of each question


# --- plans --------------------------------------------------------------------------


def create_plan(
    session: Session,
    *,
    title: str,
    first_month: date,
    every_months: int,
    topic_ids: Sequence[int] = (),
    by: int,
    now: datetime,
) -> QuizPlan:
    """Make the plan that opens rounds from now on.

    ``topic_ids``: none is all. Raises Invalid (``field``: title, first_month or every_months), and
    Conflict (active) where another plan is active.
    """
    if not title.strip():
        raise Invalid(_("请填写名称"), field="title")
    if not 1 <= every_months <= MOST_MONTHS:
        raise Invalid(_("间隔应在 1 到 %(n)d 个月之间", n=MOST_MONTHS), field="every_months")
    month = first_month.replace(day=1)
    first = slot(month, every_months, 1, queries.rule_versions(session))
    if first.closes_at <= now:
        raise Invalid(_("这个月开放的一轮已经截止，请选后面的月份"), field="first_month")
    newest = queries.newest_opening(session)
    if newest is not None and first.opens_at <= newest:
        raise Invalid(_("这个月或以后已经开过一轮，请选后面的月份"), field="first_month")
    plan_id = session.execute(
        upsert(session, QuizPlan)
        .values(title=title.strip(), first_month=month, every_months=every_months,
                state=PlanState.ACTIVE, created_by=by, created_at=now)
        .on_conflict_do_nothing()
        .returning(QuizPlan.id)
    ).scalar_one_or_none()  # fmt: skip
    if plan_id is None:
        raise Conflict(_("已经有一个在用的答题计划，先结束它，再建新的"), code="active")
    session.add_all(QuizPlanTopic(plan_id=plan_id, topic_id=one) for one in sorted(set(topic_ids)))
    session.flush()
    record(
        session, "quiz_plan.create", ("quiz_plan", plan_id),
        facts={"title": title.strip(), "first_month": month.isoformat(),
               "every_months": every_months, "topics": sorted(set(topic_ids))},
    )  # fmt: skip
    return queries.plan_by_id(session, plan_id)


def end_plan(session: Session, *, plan_id: int, now: datetime) -> None:
    """End a plan: it opens no further rounds; an open one runs to its end.

    Raises NotFound, and Conflict (ended) where it has ended already.
    """
    plan = queries.plan_by_id(session, plan_id)
    ended = session.execute(
        update(QuizPlan)
        .where(QuizPlan.id == plan_id, QuizPlan.state == PlanState.ACTIVE)
        .values(state=PlanState.ENDED, ended_at=now)
    )
    if not rows_of(ended):
        raise Conflict(_("这个答题计划已经结束"), code="ended")
    record(session, "quiz_plan.end", ("quiz_plan", plan_id), facts={"title": plan.title})


# --- opening ------------------------------------------------------------------------


@dataclass(frozen=True)
class Opening:
    """What one look at the plan led to. ``wanted``: questions that the round should have had."""

    opened: tuple[QuizRound, ...] = ()
    missed: tuple[int, ...] = ()
    wanted: int = 0
    lacks_questions: bool = False  # a round is due, and the bank has none for it

    @property
    def is_short(self) -> bool:
        return any(one.questions < self.wanted for one in self.opened)


def open_due(session: Session, now: datetime) -> list[QuizRound]:
    """Open the round that is due; the rounds opened, none where nothing is due. See ``catch_up``."""
    return list(catch_up(session, now).opened)


def catch_up(session: Session, now: datetime) -> Opening:
    """Open the newest due slot of the active plan if its window is open, with its proper times.

    Slots whose whole window was missed are noted in the audit trail, once. Everything is decided
    under the plan's lock; the unique number of a round is the second net.
    """
    plan = queries.hold_active_plan(session) if queries.are_points_on() else None
    if plan is None:
        return Opening()
    versions = queries.rule_versions(session)
    slots = queries.due(plan, versions, now)
    opened = queries.opened(session, plan.id)
    missed = _note_missed(session, plan, [
        one for one in slots if one.number not in opened and not one.is_open(now)
    ])  # fmt: skip
    newest = slots[-1] if slots else None
    if newest is None or newest.number in opened or not newest.is_open(now):
        return Opening(missed=missed)
    latest = queries.newest_opening(session)
    if latest is not None and newest.opens_at <= latest:
        return Opening(missed=missed)
    wanted = int(in_force(versions, "quiz.questions", newest.opens_on).value)
    stock = queries.stock(session, queries.topics_of(session, plan.id))
    if not stock:
        return Opening(missed=missed, wanted=wanted, lacks_questions=True)
    one = _open(session, plan, newest, versions, stock, wanted, now)
    return Opening(opened=(one,), missed=missed, wanted=wanted)


def _note_missed(session: Session, plan: QuizPlan, over: Sequence[Slot]) -> tuple[int, ...]:
    known = queries.noted_missed(session, plan.id, [one.number for one in over])
    fresh = [one for one in over if one.number not in known]
    for one in fresh:
        record(
            session, queries.MISSED, (queries.SLOT, f"{plan.id}:{one.number}"),
            facts={"plan": plan.id, "number": one.number, "opens_at": one.opens_at.isoformat(),
                   "closes_at": one.closes_at.isoformat()},
        )  # fmt: skip
    return tuple(one.number for one in fresh)


def _open(
    session: Session,
    plan: QuizPlan,
    due: Slot,
    versions: Sequence[Dated],
    stock: Stock,
    wanted: int,
    now: datetime,
) -> QuizRound:
    rows = row_specs(stock, wanted)
    questions = sum(row.count for row in rows)
    per_answer = int(in_force(versions, "points.per_answer", due.opens_on).value)
    period = _period(session, plan, due, questions * per_answer, now)
    occasion = open_occasion(
        session, kind=KIND, title=_("第 %(n)d 轮%(title)s", n=due.number, title=plan.title),
        opens_at=due.opens_at, closes_at=due.closes_at, minutes=0,
        tries=int(in_force(versions, "quiz.tries", due.opens_on).value),
        pass_mark=right_answers_needed(period.target, per_answer),
        multiple_rule=MultipleRule(in_force(versions, "exam.multiple_rule", due.opens_on).value),
        release_rule=ReleaseRule.AT_ONCE, rows=rows, now=now,
    )  # fmt: skip
    one: QuizRound | None = session.scalar(
        upsert(session, QuizRound)
        .values(plan_id=plan.id, number=due.number, opens_at=due.opens_at,
                closes_at=due.closes_at, questions=questions, occasion_id=occasion.id,
                period_id=period.id, opened_at=now)
        .on_conflict_do_nothing()
        .returning(QuizRound)
    )  # fmt: skip
    if one is None:  # undoes the occasion and the period, too
        raise Conflict(_("这一轮刚刚已经开放"), code="opened")
    _note_open(session, one, occasion, period, wanted)
    return one


def _note_open(
    session: Session, one: QuizRound, occasion: Occasion, period: PointsPeriod, wanted: int
) -> None:
    record(
        session, "round.open", ("quiz_round", one.id),
        facts={"plan": one.plan_id, "number": one.number, "title": occasion.title,
               "occasion": occasion.id, "period": period.number, "questions": one.questions,
               "wanted": wanted, "target": period.target,
               "opens_at": one.opens_at.isoformat(), "closes_at": one.closes_at.isoformat()},
    )  # fmt: skip


def _period(
    session: Session, plan: QuizPlan, due: Slot, max_points: int, now: datetime
) -> PointsPeriod:
    before = periods(session, limit=1)
    first, last = period_months(due, plan.every_months)
    return open_period(
        session, label=period_label(before[0].number + 1 if before else 1, first, last),
        starts_at=due.opens_at, settles_at=due.closes_at, max_points=max_points, now=now,
    )  # fmt: skip


def period_label(number: int, first: date, last: date) -> str:
    """第 6 期（2026年11月–12月）; ``first`` and ``last``: days in its first and last month."""
    begin = _("%(year)d年%(month)d月", year=first.year, month=first.month)
    if (first.year, first.month) == (last.year, last.month):
        return _("第 %(n)d 期（%(month)s）", n=number, month=begin)
    end = _("%(month)d月", month=last.month)
    if first.year != last.year:
        end = _("%(year)d年%(month)d月", year=last.year, month=last.month)
    return _("第 %(n)d 期（%(from)s–%(to)s）", n=number, **{"from": begin, "to": end})


# --- composition --------------------------------------------------------------------


def row_specs(stock: Stock, wanted: int) -> list[RowSpec]:
    """The rows of a round's pool: its questions spread as the bank is, one mark each."""
    shares = spread({cell: len(ids) for cell, ids in stock.items()}, wanted)
    return [RowSpec(label(cell), count, MARKS, stock[cell]) for cell, count in shares.items()]


def label(cell: Cell) -> str:
    """单选，易."""
    types = {
        QuestionType.SINGLE: _("单选"), QuestionType.MULTIPLE: _("多选"),
        QuestionType.TRUE_FALSE: _("判断"), QuestionType.FILL_IN: _("填空"),
    }  # fmt: skip
    levels = {Difficulty.EASY: _("易"), Difficulty.MEDIUM: _("中"), Difficulty.HARD: _("难")}
    return _("%(type)s，%(level)s", type=types[cell[0]], level=levels[cell[1]])
