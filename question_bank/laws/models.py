"""Law sources → versions → articles, and what became of each article in the next version."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from question_bank.laws.comparison import Kind


class LawSource(Base):
    """A law, regulation or notice, whatever its version."""

    __tablename__ = "law_source"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200), unique=True)


class LawVersion(Base):
    """The text of a law source as promulgated on one day, in force from another.

    ``former_id``: the version it was compared with, None for the first; ``compared_at``: None where
    that is still to be done. ``taken_at``: when its changes were applied to the questions.
    """

    __tablename__ = "law_version"
    __table_args__ = (UniqueConstraint("source_id", "promulgated_on", name="uq_law_version_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("law_source.id"))
    promulgated_on: Mapped[date]
    in_force_on: Mapped[date]
    digest: Mapped[str] = mapped_column(String(64))  # over all articles
    imported_at: Mapped[datetime]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    former_id: Mapped[int | None] = mapped_column(ForeignKey("law_version.id"))
    compared_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]


class Article(Base):
    """One article: its label (第二十六条, or 二（二）), place, text and the text's SHA-256.

    ``line_id``: the id of the first article of its line. Articles of successive versions that are
    one another's successors are one line, whatever their labels; a version has one of a line.
    """

    __tablename__ = "article"
    __table_args__ = (
        UniqueConstraint("law_version_id", "label", name="uq_article_label"),
        UniqueConstraint("law_version_id", "ordinal", name="uq_article_ordinal"),
        Index("ix_article_line", "line_id", "law_version_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    law_version_id: Mapped[int] = mapped_column(ForeignKey("law_version.id"))
    label: Mapped[str] = mapped_column(String(32))
    ordinal: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    line_id: Mapped[int | None]


class ArticleChange(Base):
    """What became of one article between a version and the one before it; both None never.

    ``likeness``: percent. Made anew where a version is brought in between the two.
    """

    __tablename__ = "article_change"
    __table_args__ = (
        Index("ix_article_change_version", "law_version_id"),
        Index("ix_article_change_old", "old_article_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    law_version_id: Mapped[int] = mapped_column(ForeignKey("law_version.id"))
    old_article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"))
    new_article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"))
    kind: Mapped[Kind]
    likeness: Mapped[int]
