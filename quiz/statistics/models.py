"""Figures of questions and occasions as the nightly job leaves them. Derived: rewritten, not history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from quiz.statistics.reliability import Method


class QuestionStatistic(Base):
    """What first tries say of a question as it stands in one version.

    Versions of a question with the same content and key share a row: that of the newest. ``options``:
    [[share overall, upper, lower], …] in the version's order; true/false: 正确, 错误. ``shrunken``:
    facility after the label's prior; ``slope``, ``location``: of the fitted model, of ``fitted``
    answers. ``seconds``: median of ``timed`` approximate times. ``papers`` …: exposure, all tries.
    """

    __tablename__ = "question_statistic"
    __table_args__ = (Index("ix_question_statistic_question", "question_id"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    answers: Mapped[int]
    facility: Mapped[float | None]
    discrimination: Mapped[float | None]
    shrunken: Mapped[float]
    options: Mapped[list[Any]]
    unanswered: Mapped[float]
    upper: Mapped[int]
    lower: Mapped[int]
    slope: Mapped[float | None]
    location: Mapped[float | None]
    fitted: Mapped[int]
    seconds: Mapped[float | None]
    timed: Mapped[int]
    papers: Mapped[int]
    papers_year: Mapped[int]  # in the last twelve months
    candidates: Mapped[int]
    last_seen_at: Mapped[datetime | None]
    computed_at: Mapped[datetime]


class QuestionWindow(Base):
    """A question at one occasion."""

    __tablename__ = "question_window"
    __table_args__ = (Index("ix_question_window_occasion", "occasion_id"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), primary_key=True)
    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"), primary_key=True)
    answers: Mapped[int]
    facility: Mapped[float]
    discrimination: Mapped[float | None]
    computed_at: Mapped[datetime]


class OccasionStatistic(Base):
    """The first tries at one occasion. Marks, mean, spread and error in hundredths.

    ``spread``: standard deviation; ``bins``: how many in each tenth of the marks.
    """

    __tablename__ = "occasion_statistic"

    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"), primary_key=True)
    candidates: Mapped[int]
    passed: Mapped[int]
    questions: Mapped[int]  # of a paper
    forms: Mapped[int]  # different papers
    max_marks: Mapped[int]
    mean: Mapped[float]
    spread: Mapped[float]
    method: Mapped[Method | None]
    reliability: Mapped[float | None]
    sem: Mapped[float | None]
    bins: Mapped[list[Any]]
    computed_at: Mapped[datetime]
