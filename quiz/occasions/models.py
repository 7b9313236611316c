"""Occasions and their frozen pools."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class MultipleRule(StrEnum):
    """How a multiple-choice answer earns its marks."""

    ALL_OR_NOTHING = "all_or_nothing"
    PARTIAL = "partial"  # a share for a subset of the key, nothing once a wrong one is chosen
    PER_OPTION = "per_option"  # a share for every option rightly chosen or rightly left


class ReleaseRule(StrEnum):
    """When key, explanation and article may be seen."""

    AT_ONCE = "at_once"
    AFTER_WINDOW = "after_window"
    BY_HAND = "by_hand"


class Occasion(Base):
    """What attempts are made at: its window and rules. Fixed from the first attempt on.

    ``pool_revision`` counts the changes of what is excluded from its frozen pool.
    """

    __tablename__ = "occasion"

    id: Mapped[int] = mapped_column(primary_key=True)
    # exam, round, practice: names the handlers that app.py registers
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(100))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    minutes: Mapped[int]  # 0: no clock, only the window
    tries: Mapped[int]
    pass_mark: Mapped[int]  # marks, out of the paper's total
    multiple_rule: Mapped[MultipleRule]
    release_rule: Mapped[ReleaseRule]
    released_at: Mapped[datetime | None]
    pool_digest: Mapped[str] = mapped_column(String(64))
    pool_revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class PoolItem(Base):
    """One version that a row of the occasion's blueprint may draw. Frozen at publishing."""

    __tablename__ = "pool_item"
    __table_args__ = (Index("ix_pool_item_version", "version_id"),)

    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)  # 0, 1, … of the blueprint
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))


class PoolRow(Base):
    """How many questions at how many marks a blueprint row contributes to each paper."""

    __tablename__ = "pool_row"

    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(200))
    count: Mapped[int]
    marks: Mapped[int]


class PoolExclusion(Base):
    """A version that papers drawn from now on leave out, though the frozen pool holds it.

    ``by_id`` None: it followed from a suspension. ``lifted_at``: the office keeps the version after
    all; then nothing excludes it by itself again.
    """

    __tablename__ = "pool_exclusion"

    occasion_id: Mapped[int] = mapped_column(ForeignKey("occasion.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
