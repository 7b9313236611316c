"""When a question is about to be forgotten: FSRS, in whole days, the same for the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from fsrs import Card, Rating, Scheduler
from fsrs.card import CardDict

from core import clock

# No steps of minutes: whoever has just read the explanation is asked on another day.
_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def rated(
    card: Mapping[str, Any] | None, question_id: int, *, is_right: bool, now: datetime
) -> tuple[dict[str, Any], datetime]:
    """The memory state after one more answer, and the instant from which to ask again.

    ``card``: the state before, None at the first practice.
    """
    now = now.astimezone(UTC)
    before = Card.from_dict(cast(CardDict, card)) if card else Card(card_id=question_id, due=now)
    after, _log = _SCHEDULER.review_card(before, Rating.Good if is_right else Rating.Again, now)
    return dict(after.to_dict()), after.due


def due_before(now: datetime) -> datetime:
    """What is due before this instant is due today: a civil day is due as a whole."""
    return clock.end_of(clock.civil_date(now))
