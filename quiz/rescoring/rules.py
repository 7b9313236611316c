"""What a corrected key changes for one attempt, as pure decisions. Marks in hundredths."""

from __future__ import annotations

from enum import StrEnum

HUNDREDTHS = 100


class Change(StrEnum):
    """What becomes of an attempt, the weightiest first."""

    GAINS = "gains"  # it was no pass and is one now
    KEPT = "kept"  # by the new key alone it would be no pass; it stays one
    RAISED = "raised"
    SAME = "same"


def change_of(
    *, was: int, marks: int, strict: int, was_pass: bool, is_pass: bool, pass_mark: int
) -> Change:
    """``strict``: marks by the new key alone; ``pass_mark`` in marks."""
    if is_pass and not was_pass:
        return Change.GAINS
    if is_pass and strict < pass_mark * HUNDREDTHS:
        return Change.KEPT
    return Change.RAISED if marks > was else Change.SAME
