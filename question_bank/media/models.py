"""Pictures, and which versions of questions show them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Media(Base):
    """One picture as it is served; it never changes. The same picture twice is one row."""

    __tablename__ = "media"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)  # hex, of ``content``
    mime: Mapped[str] = mapped_column(String(32))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int]  # pixels
    height: Mapped[int]
    alt: Mapped[str] = mapped_column(String(200))  # what it shows, as its uploader said
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class MediaUse(Base):
    """A version of a question shows a picture: who may see the one may see the other."""

    __tablename__ = "media_use"
    __table_args__ = (Index("ix_media_use_sha256", "sha256"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("media.sha256"), primary_key=True)
