"""Units and their dated versions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class UnitKind(StrEnum):
    """What sort of unit it is."""

    CITY = "city"
    COUNTY = "county"
    ZONE = "zone"
    DEPARTMENT = "department"
    SUBORDINATE = "subordinate"
    PUBLIC_INSTITUTION = "public_institution"


class Unit(Base):
    """A unit for ever; what it is called and where it belongs is in its versions."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)


class UnitVersion(Base):
    """Name, kind and parent of a unit between two civil dates (``valid_to`` is the last day)."""

    __tablename__ = "unit_version"
    __table_args__ = (
        UniqueConstraint("unit_id", "valid_from", name="uq_unit_version_from"),
        Index("ix_unit_version_parent", "parent_id", "valid_to"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[UnitKind]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    entered_at: Mapped[datetime]
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
