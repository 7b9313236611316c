"""Finding the questions that one change is for, and what it would do to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from question_bank.batches.rules import MAX_AT_ONCE, Fate, Target, Wanted, fate_of
from question_bank.filters.queries import matching
from question_bank.filters.rules import Filters
from question_bank.questions.models import Question, QuestionVersion


@dataclass(frozen=True)
class Plan:
    """What a change would do: the questions of each fate, by code."""

    by_fate: dict[Fate, Sequence[Target]]

    def count(self, fate: Fate) -> int:
        return len(self.by_fate[fate])

    @property
    def is_idle(self) -> bool:
        """Whether nothing would change."""
        return not (self.by_fate[Fate.IN_PLACE] or self.by_fate[Fate.NEXT])


def matching_questions(session: Session, filters: Filters) -> list[int]:
    """Ids of the questions that the list shows, newest first; one more than one change may have."""
    ids = matching(filters).with_only_columns(QuestionVersion.question_id)
    return list(
        session.scalars(ids.order_by(QuestionVersion.id.desc()).limit(MAX_AT_ONCE + 1)).unique()
    )


def targets(
    session: Session, question_ids: Collection[int], *, locked: bool = False
) -> list[Target]:
    """The newest versions of these questions, by code. ``locked``: until the transaction ends."""
    query = (
        select(
            QuestionVersion.question_id, QuestionVersion.id, Question.code, QuestionVersion.state,
            QuestionVersion.topic_id, QuestionVersion.difficulty, QuestionVersion.pool,
        )
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(QuestionVersion.question_id.in_(question_ids), QuestionVersion.is_newest)
        .order_by(Question.code)
    )  # fmt: skip
    if locked:
        query = query.with_for_update(of=QuestionVersion)
    return [Target(*row) for row in session.execute(query)]


def planned(found: Sequence[Target], wanted: Wanted) -> Plan:
    """What the change would do to each of these."""
    by_fate: dict[Fate, list[Target]] = {fate: [] for fate in Fate}
    for target in found:
        by_fate[fate_of(target, wanted)].append(target)
    return Plan({fate: tuple(kept) for fate, kept in by_fate.items()})


def codes_without(
    session: Session, question_ids: Collection[int], found: Sequence[Target]
) -> list[str]:
    """Codes of those questions that were not found, because another version began meanwhile."""
    missing = set(question_ids) - {target.question_id for target in found}
    if not missing:
        return []
    codes = select(Question.code).where(Question.id.in_(missing)).order_by(Question.code)
    return list(session.scalars(codes))
