"""Finding what waits for a person's review."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from question_bank.questions.models import QuestionVersion, ReviewEvent
from question_bank.questions.queries import VersionView, version
from question_bank.questions.rules import VersionState


def is_foreign_to(person_id: int) -> list[ColumnElement[bool]]:
    """Conditions under which a version is not this person's own work.

    Own is what one wrote, what one changed while it was a draft, and what one sent to review.
    """
    took_part = aliased(ReviewEvent)
    return [
        QuestionVersion.author_id != person_id,
        ~exists().where(
            took_part.version_id == QuestionVersion.id,
            took_part.by_id == person_id,
            took_part.to_state.in_([VersionState.DRAFT, VersionState.IN_REVIEW]),
        ),
    ]


def _queue(reviewer_id: int) -> Select[int, int]:
    """(version id, id of the event that sent it) of what a person may review, oldest first."""
    return (
        select(QuestionVersion.id, ReviewEvent.id)
        .join(
            ReviewEvent,
            (ReviewEvent.version_id == QuestionVersion.id)
            & (ReviewEvent.to_state == VersionState.IN_REVIEW),
        )
        .where(QuestionVersion.state == VersionState.IN_REVIEW, *is_foreign_to(reviewer_id))
        .order_by(ReviewEvent.id)
    )


def waiting_for_review(session: Session, reviewer_id: int) -> int:
    """How many versions wait for this person's review."""
    return session.scalar(select(func.count()).select_from(_queue(reviewer_id).subquery())) or 0


def next_to_review(
    session: Session, reviewer_id: int, *, after: int = 0
) -> tuple[VersionView, int] | None:
    """The version that has waited longest after an event id, and its own event id; None if none."""
    row = session.execute(_queue(reviewer_id).where(ReviewEvent.id > after).limit(1)).first()
    return None if row is None else (version(session, row[0]), row[1])
