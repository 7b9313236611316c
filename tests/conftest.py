"""Fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import Session

from core.db import transaction
from tests import cheap_hashes as cheap_hashes  # noqa: PLC0414 (imported for what it does)

pytest_plugins = ["tests.postgres", "tests.chromium", "tests.databases"]
# No test fails because the machine was busy; all else stays as the environment has it.
settings.register_profile(
    "untimed", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript and without a sign-in."""
    return app.test_client()


@pytest.fixture
def door(app: Flask) -> Iterator[Session]:
    """A session inside one committed transaction, for arranging rows in tests of services."""
    with app.app_context(), transaction() as session:
        yield session
