"""Models and migrations agree on both databases."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from core.db import db
from tests.databases import both_databases


def _check(app: Flask) -> int:
    return app.test_cli_runner().invoke(args=["db", "check"]).exit_code


@both_databases
def test_migrations_make_what_the_models_say(app: Flask) -> None:
    assert _check(app) == 0


@both_databases
def test_a_column_that_no_model_knows_is_found(app: Flask) -> None:
    with app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("ALTER TABLE unit ADD COLUMN stray VARCHAR(8)"))
    assert _check(app) != 0
