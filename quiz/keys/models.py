"""Corrections of keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import APPEND_ONLY, Base
from quiz.keys.rules import Verdict


class KeyCorrection(Base):
    """What is to be right at a version instead of its key. Append-only.

    It is in force once its TwoPersonAct of kind key.correct, whose subject is the version, is
    approved. ``key``: as in QuestionVersion; JSON null where the question is void.
    """

    __tablename__ = "key_correction"
    __table_args__ = (Index("ix_key_correction_version", "version_id"), APPEND_ONLY)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    act_id: Mapped[int] = mapped_column(ForeignKey("two_person_act.id"), unique=True)
    verdict: Mapped[Verdict]
    key: Mapped[Any] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
