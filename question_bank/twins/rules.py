"""What becomes of a row that is like another row of its file, or like a question of the bank."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class RowDecision(StrEnum):
    """What somebody says of a row: 跳过, 作为新版本, 当作新题."""

    SKIP = "skip"
    NEW_VERSION = "new_version"
    KEEP = "keep"


@dataclass(frozen=True)
class Outcome:
    """What becomes of a row. ``question_id``: the question that it becomes the next version of."""

    skip: bool = False
    question_id: int | None = None


def outcome(decided: Iterable[tuple[RowDecision, int | None]]) -> Outcome:
    """All that was decided on one row, (decision, question of the bank), taken together.

    Skipping is final; else it becomes the next version of the first question that it was said to.
    """
    said = list(decided)
    if any(decision is RowDecision.SKIP for decision, _question in said):
        return Outcome(skip=True)
    for decision, question_id in said:
        if decision is RowDecision.NEW_VERSION and question_id is not None:
            return Outcome(question_id=question_id)
    return Outcome()
