"""What an operator reads when a command meets a database that is away or behind: one line."""

from __future__ import annotations

from functools import partial
from typing import Any

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

AWAY = "The database does not answer: {why}"
BEHIND = "The database is not ready for this version; run: flask --app app db upgrade"
_MISSING = ("no such table", "no such column", "does not exist")


def trouble(error: OperationalError | ProgrammingError) -> str | None:
    """The line for an error of the database; None where it is a fault of ours."""
    why = str(error.orig).strip().partition("\n")[0]
    if any(sign in why for sign in _MISSING) and error.statement:
        return BEHIND
    return AWAY.format(why=why) if isinstance(error, OperationalError) else None


def speak_plainly(group: click.Group) -> click.Group:
    """The same commands, which say in one line that the database is not ready."""
    group.invoke = partial(_invoke, group)  # type: ignore[method-assign]
    return group


def _invoke(group: click.Group, context: click.Context) -> Any:
    try:
        return type(group).invoke(group, context)
    except (OperationalError, ProgrammingError) as error:
        line = trouble(error)
        if line is None:
            raise
        raise click.ClickException(line) from error
