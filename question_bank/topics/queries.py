"""Finding topics, with the number of their questions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from question_bank.questions.models import QuestionVersion, Topic, VersionState


@dataclass(frozen=True)
class TopicRow:
    """A topic with the number of questions whose newest version belongs to it."""

    id: int
    name: str
    questions: int
    approved: int


def topics(session: Session) -> list[Topic]:
    """All topics in their order."""
    return list(session.scalars(select(Topic).order_by(Topic.ordinal, Topic.id)))


def topic(session: Session, topic_id: int) -> Topic:
    """One topic; NotFound if there is none."""
    found = session.get(Topic, topic_id)
    if found is None:
        raise NotFound
    return found


def topic_ids(session: Session) -> dict[str, int]:
    """Name → id of all topics."""
    return {row[0]: row[1] for row in session.execute(select(Topic.name, Topic.id))}


def topic_rows(session: Session) -> list[TopicRow]:
    """All topics with their counts, in one statement."""
    approved = func.count().filter(QuestionVersion.state == VersionState.APPROVED)
    counted = (
        select(
            QuestionVersion.topic_id,
            func.count().filter(QuestionVersion.is_newest).label("questions"),
            approved.label("approved"),
        )
        .group_by(QuestionVersion.topic_id)
        .subquery()
    )
    rows = session.execute(
        select(Topic.id, Topic.name, func.coalesce(counted.c.questions, 0),
               func.coalesce(counted.c.approved, 0))
        .outerjoin(counted, counted.c.topic_id == Topic.id)
        .order_by(Topic.ordinal, Topic.id)
    )  # fmt: skip
    return [TopicRow(*row) for row in rows]
