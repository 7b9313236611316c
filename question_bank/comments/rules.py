"""Which lines of a question a remark can be about."""

from __future__ import annotations

from question_bank.questions.rules import WITH_OPTIONS, Draft, VersionState

WHOLE = "whole"
MAX_TEXT = 1000
# A remark is made while somebody judges the version, or until its author has read the judgement.
OPEN_FOR_REMARKS = frozenset({VersionState.IN_REVIEW, VersionState.RETURNED})


def lines_of(draft: Draft) -> list[str]:
    """The lines of a question as remarks name them, in the order in which a page shows them."""
    lines = ["passage"] if draft.passage else []
    lines.append("stem")
    if draft.type in WITH_OPTIONS:
        lines += [f"option:{at}" for at in range(len(draft.options))]
    return [*lines, "key", "explanation", "basis", WHOLE]
