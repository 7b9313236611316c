"""Measured difficulty and flags in conditions of other queries."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from question_bank.questions.models import QuestionVersion, VersionFlag
from question_bank.questions.rules import LIVE_STATES, Difficulty, Flag


def difficulty_in_use() -> ColumnElement[Difficulty]:
    """How hard a version is for assembly: as the answers say, as its label says where none do."""
    return func.coalesce(QuestionVersion.measured_difficulty, QuestionVersion.difficulty)


def has_flag(flag: Flag) -> ColumnElement[bool]:
    """Condition: the version in the surrounding statement carries a flag."""
    return exists().where(VersionFlag.version_id == QuestionVersion.id, VersionFlag.flag == flag)


def flag_counts(session: Session) -> dict[Flag, int]:
    """How many live versions carry each flag, flags that none carries included; one statement."""
    found = session.execute(
        select(VersionFlag.flag, func.count())
        .join(QuestionVersion, QuestionVersion.id == VersionFlag.version_id)
        .where(QuestionVersion.state.in_(LIVE_STATES))
        .group_by(VersionFlag.flag)
    )
    return dict.fromkeys(Flag, 0) | dict(found.all())
