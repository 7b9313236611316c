"""Questions that a person once answered wrongly."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class NotebookEntry(Base):
    """A question in a person's notebook, and when it is about to be forgotten."""

    __tablename__ = "notebook_entry"
    __table_args__ = (Index("ix_notebook_entry_due", "person_id", "due_at"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    wrong_count: Mapped[int]
    first_wrong_at: Mapped[datetime]
    last_wrong_at: Mapped[datetime]
    due_at: Mapped[datetime]
    card: Mapped[dict[str, Any] | None]  # memory state of the scheduler; None until first practised
    removed_at: Mapped[datetime | None]  # by the person; a new wrong answer brings it back
