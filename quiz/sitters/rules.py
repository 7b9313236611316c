"""How far a person has come with a round."""

from __future__ import annotations

from enum import StrEnum


class Progress(StrEnum):
    """How far a person has come. Void tries count for nothing; one handed in decides."""

    NOT_STARTED = "not_started"  # 未开始
    IN_PROGRESS = "in_progress"  # 作答中
    SUBMITTED = "submitted"  # 已交卷
