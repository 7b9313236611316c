"""What operators read when something is not ready: one line, not a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError, ProgrammingError

from app import create_app
from config import ROOT, Settings, SettingsError
from core import operators
from core.db import db

AWAY = "postgresql+psycopg://nobody@127.0.0.1:1/none"


@pytest.mark.parametrize("command", [["audit", "verify"], ["jobs", "list"], ["demo", "load"]])
def test_a_database_without_tables_is_told_in_one_line(app: Flask, command: list[str]) -> None:
    folder = Path(app.extensions["settings"].instance_dir)
    with app.app_context():
        db.engine.dispose()
    for file in folder.glob("shanggang.db*"):
        file.unlink()
    told = app.test_cli_runner().invoke(args=command)
    assert told.exit_code == 1
    assert told.output.splitlines() == [
        "Error: The database is not ready for this version; run: flask --app app db upgrade"
    ]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OperationalError("SELECT 1", {}, Exception("no such table: x")), operators.BEHIND),
        (
            ProgrammingError("SELECT 1", {}, Exception('relation "x" does not exist\nLINE 1')),
            operators.BEHIND,
        ),
        (
            OperationalError(None, {}, Exception('database "x" does not exist\nhint')),
            'The database does not answer: database "x" does not exist',
        ),
        (ProgrammingError("SELEC", {}, Exception("syntax error")), None),
    ],
)
def test_only_a_database_that_is_away_or_behind_is_the_operators_trouble(
    error: OperationalError | ProgrammingError, line: str | None
) -> None:
    assert operators.trouble(error) == line


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(SettingsError, match="SHANGGANG_INSTANCE_DIR=/proc/nowhere: No such file"):
        create_app(Settings(instance_dir=Path("/proc/nowhere")))


@pytest.mark.slow
def test_migrations_say_that_the_database_is_away(tmp_path: Path) -> None:
    secrets = {
        "SHANGGANG_SECRET_KEY": "x",
        "SHANGGANG_SIGNING_KEY": "1mw9tisBM5GW7PHGdgBbJpKhRii1Ij8tnaJ2gEKrwDA=",
        "SHANGGANG_INSTANCE_DIR": str(tmp_path),
    }
    (said,) = _flask({"SHANGGANG_DATABASE_URL": AWAY, **secrets}, "db", "current")
    assert "The database does not answer" in said


def _flask(env: dict[str, str], *command: str) -> list[str]:
    """The lines on stderr of a command that fails."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *command], cwd=ROOT,
        env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    return done.stderr.splitlines()
