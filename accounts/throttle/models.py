"""Counts of wrong passwords."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class SignInThrottle(Base):
    """Failed sign-ins of one account or from one address. Successes leave no row."""

    __tablename__ = "sign_in_throttle"

    key: Mapped[str] = mapped_column(
        String(80), primary_key=True
    )  # account:D00001, address:10.0.0.1:window
    failures: Mapped[int] = mapped_column(default=0)
    last_failure_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
