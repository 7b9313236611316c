"""When rounds open and close, as pure decisions."""

from __future__ import annotations

from enum import StrEnum


class PlanState(StrEnum):
    """Whether a plan still opens rounds."""

    ACTIVE = "active"
    ENDED = "ended"
