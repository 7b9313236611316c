"""Quiz plans and the rounds they open."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from quiz.rounds.rules import PlanState


class QuizPlan(Base):
    """On which rhythm rounds open, and from which topics. One plan at most is active."""

    __tablename__ = "quiz_plan"
    __table_args__ = (
        CheckConstraint("every_months BETWEEN 1 AND 12", name="rhythm"),
        Index(
            "uq_quiz_plan_active",
            "state",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(64))  # 定期答题
    first_month: Mapped[date]  # its first day
    every_months: Mapped[int]
    state: Mapped[PlanState]
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class QuizPlanTopic(Base):
    """A topic that a plan's rounds are drawn from; a plan without any draws from all."""

    __tablename__ = "quiz_plan_topic"

    plan_id: Mapped[int] = mapped_column(ForeignKey("quiz_plan.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)


class QuizRound(Base):
    """One round of a plan: an occasion to sit, and the period of points that begins with it."""

    __tablename__ = "quiz_round"
    __table_args__ = (UniqueConstraint("plan_id", "number", name="uq_quiz_round_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("quiz_plan.id"))
    number: Mapped[int]  # the plan's 1st, 2nd, … slot
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    questions: Mapped[int]
    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"), unique=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("points_period.id"), unique=True)
    opened_at: Mapped[datetime]  # when it really opened: later than opens_at after an outage
