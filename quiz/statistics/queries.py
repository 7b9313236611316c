"""Figures as pages show them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from question_bank.measures.queries import has_flag
from question_bank.questions.models import Question, QuestionVersion, Topic, VersionFlag
from question_bank.questions.rules import LIVE_STATES, Flag
from quiz.occasions.models import Occasion
from quiz.statistics.gathering.queries import KINDS
from quiz.statistics.models import OccasionStatistic, QuestionStatistic, QuestionWindow


@dataclass(frozen=True)
class Listed:
    """What the list of questions is narrowed by. ``flag`` None: any flag, unless ``all_``."""

    flag: Flag | None = None
    all_: bool = False
    topic_id: int | None = None


def question_rows(narrowed: Listed) -> Select[*tuple[Any, ...]]:
    """Live versions with figures that match, with code, stem and topic."""
    query: Select[*tuple[Any, ...]] = (
        select(
            QuestionVersion.id, QuestionVersion.question_id, Question.code, QuestionVersion.stem,
            Topic.name.label("topic"), QuestionStatistic.answers, QuestionStatistic.facility,
            QuestionStatistic.discrimination, QuestionStatistic.papers,
            QuestionStatistic.last_seen_at, QuestionVersion.is_rich,
        )
        .join(QuestionStatistic, QuestionStatistic.version_id == QuestionVersion.id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .where(QuestionVersion.state.in_(LIVE_STATES))
    )  # fmt: skip
    if narrowed.flag is not None:
        query = query.where(has_flag(narrowed.flag))
    elif not narrowed.all_:
        query = query.where(exists().where(VersionFlag.version_id == QuestionVersion.id))
    if narrowed.topic_id is not None:
        query = query.where(QuestionVersion.topic_id == narrowed.topic_id)
    return query


SORTS = {
    "code": Question.code,
    "answers": QuestionStatistic.answers,
    "facility": QuestionStatistic.facility,
    "discrimination": QuestionStatistic.discrimination,
    "papers": QuestionStatistic.papers,
}


def flags_of(session: Session, version_ids: Collection[int]) -> dict[int, list[Flag]]:
    """Flags of these versions, most urgent first; one statement."""
    found: dict[int, list[Flag]] = {}
    for version_id, flag in session.execute(
        select(VersionFlag.version_id, VersionFlag.flag).where(
            VersionFlag.version_id.in_(version_ids)
        )
    ):
        found.setdefault(version_id, []).append(flag)
    return {id_: sorted(flags, key=list(Flag).index) for id_, flags in found.items()}


@dataclass(frozen=True)
class Totals:
    """How many live questions have figures, how many of them a flag, and from when they are."""

    measured: int
    flagged: int
    computed_at: datetime | None


def totals(session: Session) -> Totals:
    """The counts above the list; one statement."""
    flagged = exists().where(VersionFlag.version_id == QuestionVersion.id)
    row = session.execute(
        select(func.count(), func.count().filter(flagged), func.max(QuestionStatistic.computed_at))
        .select_from(QuestionStatistic)
        .join(QuestionVersion, QuestionVersion.id == QuestionStatistic.version_id)
        .where(QuestionVersion.state.in_(LIVE_STATES))
    ).one()
    return Totals(*row)


@dataclass(frozen=True)
class WindowView:
    """A question at one occasion, with what that was."""

    title: str
    kind: str
    opens_at: datetime
    answers: int
    facility: float
    discrimination: float | None
    occasion_id: int


def statistic_of(session: Session, version_ids: Collection[int]) -> QuestionStatistic | None:
    """The figures of the newest of these versions that has any."""
    return session.scalars(
        select(QuestionStatistic)
        .where(QuestionStatistic.version_id.in_(version_ids))
        .order_by(QuestionStatistic.version_id.desc())
        .limit(1)
    ).first()


def windows_of(session: Session, version_id: int) -> list[WindowView]:
    """A question's occasions, newest first; one statement."""
    return [
        WindowView(*row)
        for row in session.execute(
            select(
                Occasion.title, Occasion.kind, Occasion.opens_at, QuestionWindow.answers,
                QuestionWindow.facility, QuestionWindow.discrimination, Occasion.id,
            )
            .join(Occasion, Occasion.id == QuestionWindow.occasion_id)
            .where(QuestionWindow.version_id == version_id)
            .order_by(Occasion.opens_at.desc(), Occasion.id.desc())
        )
    ]  # fmt: skip


def occasion_rows() -> Select[*tuple[Any, ...]]:
    """Exams and rounds with figures: title, kind, when, and the figures themselves."""
    return select(Occasion.title, Occasion.kind, Occasion.opens_at, OccasionStatistic).join(
        OccasionStatistic, OccasionStatistic.occasion_id == Occasion.id
    )


OCCASION_SORTS = {
    "opens": Occasion.opens_at,
    "candidates": OccasionStatistic.candidates,
    "reliability": OccasionStatistic.reliability,
}


def occasion_figures(
    session: Session, occasion_id: int
) -> tuple[Occasion, OccasionStatistic | None]:
    """An exam or round with its figures, None where nobody has answered; NotFound for others."""
    row = session.execute(
        select(Occasion, OccasionStatistic)
        .outerjoin(OccasionStatistic, OccasionStatistic.occasion_id == Occasion.id)
        .where(Occasion.id == occasion_id, Occasion.kind.in_(KINDS))
    ).first()
    if row is None:
        raise NotFound(_("找不到这场考试"))
    return row[0], row[1]


def items_at(occasion_id: int) -> Select[*tuple[Any, ...]]:
    """Questions of one occasion with their figures there."""
    return (
        select(
            QuestionWindow.version_id, QuestionVersion.question_id, Question.code,
            QuestionVersion.stem, Topic.name.label("topic"), QuestionWindow.answers,
            QuestionWindow.facility, QuestionWindow.discrimination, QuestionVersion.is_rich,
        )
        .join(QuestionVersion, QuestionVersion.id == QuestionWindow.version_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .where(QuestionWindow.occasion_id == occasion_id)
    )  # fmt: skip


ITEM_SORTS = {
    "code": Question.code,
    "answers": QuestionWindow.answers,
    "facility": QuestionWindow.facility,
    "discrimination": QuestionWindow.discrimination,
}
