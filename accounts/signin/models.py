"""Accounts, server-side sessions and one-time links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Account(Base):
    """How one person signs in, and how they like the pages."""

    __tablename__ = "account"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")  # empty: no password yet
    must_change: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    text_size: Mapped[str] = mapped_column(String(2), default="")  # '', l, xl
    locale: Mapped[str] = mapped_column(String(12), default="")  # '' follows the browser


class LoginSession(Base):
    """One sign-in on one device. The cookie holds the token, the table only its digest."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_person", "person_id", "revoked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]  # throttled: written at most once in five minutes
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(200))


class OneTimeLink(Base):
    """A link that lets its holder set a password once."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
