"""What the database itself says of its state."""

from __future__ import annotations

from alembic.migration import MigrationContext
from sqlalchemy.exc import SQLAlchemyError

from core.db import db


def schema_revision() -> str | None:
    """The newest migration that the database has; '' where it has none, None where it is silent."""
    try:
        with db.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""
    except SQLAlchemyError:
        return None
