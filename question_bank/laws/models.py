"""Law sources → versions → articles."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class LawSource(Base):
    """A law, regulation or notice, whatever its version."""

    __tablename__ = "law_source"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200), unique=True)


class LawVersion(Base):
    """The text of a law source as promulgated on one day, in force from another."""

    __tablename__ = "law_version"
    __table_args__ = (UniqueConstraint("source_id", "promulgated_on", name="uq_law_version_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("law_source.id"))
    promulgated_on: Mapped[date]
    in_force_on: Mapped[date]
    digest: Mapped[str] = mapped_column(String(64))  # over all articles
    imported_at: Mapped[datetime]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Article(Base):
    """One article: its label (第二十六条, or 二（二）), place, text and the text's SHA-256."""

    __tablename__ = "article"
    __table_args__ = (
        UniqueConstraint("law_version_id", "label", name="uq_article_label"),
        UniqueConstraint("law_version_id", "ordinal", name="uq_article_ordinal"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    law_version_id: Mapped[int] = mapped_column(ForeignKey("law_version.id"))
    label: Mapped[str] = mapped_column(String(32))
    ordinal: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
