"""One change to many questions: what becomes of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from question_bank.questions.rules import Difficulty, Pool, VersionState

MAX_AT_ONCE = 1000


@dataclass(frozen=True)
class Wanted:
    """What all of them shall have; None leaves a field as it is."""

    topic_id: int | None = None
    difficulty: Difficulty | None = None
    pool: Pool | None = None

    @property
    def values(self) -> dict[str, Any]:
        """Column → value, of what is to change."""
        pairs = {"topic_id": self.topic_id, "difficulty": self.difficulty, "pool": self.pool}
        return {name: value for name, value in pairs.items() if value is not None}


class Fate(StrEnum):
    """What a change does to a question."""

    IN_PLACE = "in_place"  # a draft is changed
    NEXT = "next"  # what is in use gets a next version, which goes to review
    SAME = "same"  # it has all of that already
    LEFT = "left"  # somebody is at it, or it is out of use


@dataclass(frozen=True)
class Target:
    """The newest version of a question, as far as a change is concerned."""

    question_id: int
    version_id: int
    code: str
    state: VersionState
    topic_id: int
    difficulty: Difficulty
    pool: Pool


def fate_of(target: Target, wanted: Wanted) -> Fate:
    """What a change does to a question.

    A version in review or returned is in somebody's hands; one in doubt must be judged for its
    doubt first; one that was retired stays out of use.
    """
    if all(getattr(target, name) == value for name, value in wanted.values.items()):
        return Fate.SAME
    if target.state is VersionState.DRAFT:
        return Fate.IN_PLACE
    return Fate.NEXT if target.state is VersionState.APPROVED else Fate.LEFT
