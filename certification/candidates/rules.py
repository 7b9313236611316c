"""How far a candidate has come."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """How far a candidate has come."""

    PASSED = "passed"
    IN_PROGRESS = "in_progress"
    MARKING = "marking"
    FAILED = "failed"
    VOIDED = "voided"
    NOT_STARTED = "not_started"
    ABSENT = "absent"


def standing(
    *, passed: bool, under_way: bool, marking: bool, scored: int, voided: int, is_over: bool
) -> Standing:
    """From a candidate's attempts; ``is_over``: the window has closed.

    ``marking``: people have to mark an attempt before it has a score.
    """
    if passed:
        return Standing.PASSED
    if under_way:
        return Standing.IN_PROGRESS
    if marking:
        return Standing.MARKING
    if scored:
        return Standing.FAILED
    if voided:
        return Standing.VOIDED
    return Standing.ABSENT if is_over else Standing.NOT_STARTED
