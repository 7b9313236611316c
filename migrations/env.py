"""How Alembic reaches the application's database and compares it with the models."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.util import CommandError
from flask import current_app

from core import operators
from core.db import Base, UtcDateTime, db, writer_turn


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write plain types into migrations, so that they need no project code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.Enum):
        values = ", ".join(repr(value) for value in item.enums)
        return (
            f"sa.Enum({values}, name={item.name!r}, native_enum=False, "
            f"create_constraint=True, length={item.length})"
        )
    return False


def run() -> None:
    """Run the migrations on the application's engine, in one transaction each."""
    engine = db.engine
    with writer_turn(engine), engine.execution_options(writes=True).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render_item,
            render_as_batch=engine.dialect.name == "sqlite",
            compare_type=_types_differ,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


def _types_differ(
    _context: Any, _column: Any, _meta: Any, inspected: Any, declared: Any
) -> bool | None:
    if isinstance(declared, sa.Enum):
        return not (isinstance(inspected, sa.String) and inspected.length == declared.length)
    if isinstance(declared, UtcDateTime):
        return not isinstance(inspected, sa.DateTime)
    return None


if context.is_offline_mode():
    raise SystemExit("migrations run on a database, not offline")
with current_app.app_context():
    try:
        db.engine.connect().close()
    except sa.exc.OperationalError as error:
        raise CommandError(operators.trouble(error) or str(error.orig)) from error
    run()
