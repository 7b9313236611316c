"""What the opening of rounds rests on: the plan, its rules and slots, and what the bank offers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit.models import AuditEvent
from core.errors import NotFound
from core.rulebook.models import RuleVersion
from question_bank.measures.queries import difficulty_in_use
from question_bank.questions.models import QuestionVersion, Topic
from question_bank.questions.rules import (
    MARKED_BY_KEY,
    Difficulty,
    Pool,
    QuestionType,
    VersionState,
)
from quiz.papers.rules import SECTIONS
from quiz.rounds.models import QuizPlan, QuizPlanTopic, QuizRound
from quiz.rounds.rules import Dated, PlanState, Slot, due_slots, in_force, slots

MISSED = "round.miss"
SLOT = "quiz_slot"  # subject of the audit: <plan>:<number>
RULES = (
    "quiz.questions", "quiz.tries", "quiz.opens_day", "quiz.closes_day", "points.per_answer",
    "points.target_percent", "exam.multiple_rule",
)  # fmt: skip
POOLS = (Pool.PRACTICE, Pool.BOTH)  # never what is reserved for exams

Cell = tuple[QuestionType, Difficulty]
Stock = dict[Cell, list[int]]  # ids of versions by cell, in the order of papers


def are_points_on() -> bool:
    """Whether the office has points and rounds at all."""
    return bool(current_app.extensions["settings"].points)


def rule_versions(session: Session) -> list[Dated]:
    """Every version of the rules that rounds follow, in one statement."""
    rows = session.execute(
        select(RuleVersion.id, RuleVersion.rule, RuleVersion.value, RuleVersion.effective_from)
        .where(RuleVersion.rule.in_(RULES))
        .order_by(RuleVersion.id)
    )
    return [Dated(*row) for row in rows]


# --- the plan -----------------------------------------------------------------------


@dataclass(frozen=True)
class PlanView:
    """A plan as its page shows it. ``topics``: names; none: all there are."""

    id: int
    title: str
    first_month: date
    every_months: int
    state: PlanState
    created_at: datetime
    topic_ids: tuple[int, ...]
    topics: tuple[str, ...]


def active_plan(session: Session) -> PlanView | None:
    """The plan that opens rounds, if there is one; two statements."""
    plan = session.scalar(select(QuizPlan).where(QuizPlan.state == PlanState.ACTIVE))
    if plan is None:
        return None
    topics = session.execute(
        select(Topic.id, Topic.name)
        .join(QuizPlanTopic, QuizPlanTopic.topic_id == Topic.id)
        .where(QuizPlanTopic.plan_id == plan.id)
        .order_by(Topic.ordinal, Topic.id)
    ).all()
    return PlanView(
        plan.id, plan.title, plan.first_month, plan.every_months, plan.state, plan.created_at,
        tuple(row[0] for row in topics), tuple(row[1] for row in topics),
    )  # fmt: skip


def hold_active_plan(session: Session) -> QuizPlan | None:
    """The active plan, locked: who opens rounds waits here for others who do."""
    return session.scalar(
        select(QuizPlan)
        .where(QuizPlan.state == PlanState.ACTIVE)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def plan_by_id(session: Session, plan_id: int) -> QuizPlan:
    """One plan; NotFound where there is none."""
    found = session.get(QuizPlan, plan_id)
    if found is None:
        raise NotFound(_("找不到这个答题计划"))
    return found


def topics_of(session: Session, plan_id: int) -> list[int]:
    """Topics that a plan draws from; none: all."""
    return list(
        session.scalars(select(QuizPlanTopic.topic_id).where(QuizPlanTopic.plan_id == plan_id))
    )


# --- slots --------------------------------------------------------------------------


def opened(session: Session, plan_id: int) -> set[int]:
    """Numbers of the rounds that a plan has opened."""
    return set(session.scalars(select(QuizRound.number).where(QuizRound.plan_id == plan_id)))


def newest_opening(session: Session) -> datetime | None:
    """When the latest round of any plan opened: no round ever opens before another's."""
    return session.scalar(select(func.max(QuizRound.opens_at)))


def noted_missed(session: Session, plan_id: int, numbers: Collection[int]) -> set[int]:
    """Which of these slots the audit trail says were missed."""
    if not numbers:
        return set()
    subjects = {f"{plan_id}:{number}": number for number in numbers}
    found = session.scalars(
        select(AuditEvent.subject_id).where(
            AuditEvent.action == MISSED,
            AuditEvent.subject_kind == SLOT,
            AuditEvent.subject_id.in_(subjects),
        )
    )
    return {subjects[subject] for subject in found}


def due(plan: QuizPlan, versions: Sequence[Dated], now: datetime) -> list[Slot]:
    """Slots of a plan that have begun, without those that were over before it was made."""
    found = due_slots(plan.first_month, plan.every_months, versions, now)
    return [slot for slot in found if slot.closes_at > plan.created_at]


def coming(session: Session, plan: PlanView, now: datetime, count: int = 3) -> list[Slot]:
    """The next slots that have not begun, as the rules known today have them; one statement."""
    after = (
        slot
        for slot in slots(plan.first_month, plan.every_months, rule_versions(session))
        if not slot.is_due(now)
    )
    return list(islice(after, count))


# --- the bank -------------------------------------------------------------------------


def stock(session: Session, topic_ids: Collection[int] = ()) -> Stock:
    """Approved versions that a round may draw, by type and (measured) difficulty; one statement.

    ``topic_ids``: only of these topics; none: of all.
    """
    query = (
        select(QuestionVersion.type, difficulty_in_use(), QuestionVersion.id)
        .where(
            QuestionVersion.state == VersionState.APPROVED,
            QuestionVersion.pool.in_(POOLS),
            QuestionVersion.type.in_(MARKED_BY_KEY),
        )
        .order_by(QuestionVersion.id)
    )
    if topic_ids:
        query = query.where(QuestionVersion.topic_id.in_(topic_ids))
    found: Stock = {(type_, level): [] for type_ in SECTIONS for level in Difficulty}
    for type_, level, version_id in session.execute(query):
        found[type_, level].append(version_id)
    return {cell: ids for cell, ids in found.items() if ids}


@dataclass(frozen=True)
class Supply:
    """What the next round wants and what the bank has for it."""

    wanted: int
    available: int

    @property
    def is_short(self) -> bool:
        return self.available < self.wanted


def supply(session: Session, topic_ids: Collection[int], day: date) -> Supply:
    """Whether the bank can fill a round that opens on a civil day; two statements."""
    wanted = int(in_force(rule_versions(session), "quiz.questions", day).value)
    return Supply(wanted, sum(len(ids) for ids in stock(session, topic_ids).values()))
