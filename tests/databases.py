"""Applications on fresh databases: migrated once, then copied for every test."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from config import Settings
from core import signing
from core.db import db
from tests import postgres

SECRETS: dict[str, Any] = {"secret_key": "tests-only", "signing_key": signing.new_signing_key()}
# A test that runs on both databases: @both_databases, then use the fixture ``app``.
both_databases = pytest.mark.parametrize(
    "app", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def testing_app(settings: Settings) -> Flask:
    """An application whose errors reach the test."""
    app = create_app(settings)
    app.testing = True
    return app


def migrate(app: Flask) -> None:
    """Bring an empty database up to the newest version."""
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    logging.getLogger("alembic").setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("template")
    migrate(testing_app(Settings(instance_dir=folder, log_level="ERROR", **SECRETS)))
    return folder / "shanggang.db"


@pytest.fixture(scope="session")
def _sqlite_app() -> Iterator[Flask]:
    with tempfile.TemporaryDirectory() as folder:
        yield testing_app(
            Settings(instance_dir=Path(folder), log_level="ERROR", public_url="", **SECRETS)
        )


@pytest.fixture(scope="session")
def _postgres_app() -> Flask:
    """Its address stays; the database there is another one in every test."""
    url = postgres.address(postgres.start())
    return testing_app(Settings(database_url=url, log_level="ERROR", **SECRETS))


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A migrated PostgreSQL database to copy."""
    server = postgres.start()
    url = postgres.create_database(server)
    migrate(testing_app(Settings(database_url=url, log_level="ERROR", **SECRETS)))
    yield url
    postgres.drop_database(server, url)


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on a fresh database of the kind that the test asks for (SQLite if silent)."""
    if getattr(request, "param", "sqlite") == "sqlite":
        app: Flask = request.getfixturevalue("_sqlite_app")
        folder = Path(app.extensions["settings"].instance_dir)
        for old in folder.glob("shanggang.db*"):
            old.unlink()
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "shanggang.db")
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        return
    app = request.getfixturevalue("_postgres_app")
    server, url = postgres.start(), app.extensions["settings"].database_url
    postgres.create_database(server, template=request.getfixturevalue("postgres_template"), url=url)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    postgres.drop_database(server, url)
