"""Settings: read from the environment, checked at boot, all documented."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from config import PREFIX, ROOT, Settings, SettingsError
from tests.databases import SECRETS

VARIABLES = [PREFIX + field.name.upper() for field in fields(Settings)]
POSTGRES = "postgresql+psycopg://u:p@host/db"


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_is_documented(variable: str) -> None:
    assert f"| `{variable}` |" in (ROOT / "docs/settings.md").read_text()


def test_the_page_documents_no_setting_that_does_not_exist() -> None:
    lines = (ROOT / "docs/settings.md").read_text().splitlines()
    documented = [line.split("`")[1] for line in lines if line.startswith(f"| `{PREFIX}")]
    assert documented == VARIABLES


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.from_env({})
    assert settings.is_sqlite
    assert settings.sqlalchemy_url.startswith("sqlite:///")
    assert not settings.is_https


def test_values_are_typed() -> None:
    settings = Settings.from_env(
        {"SHANGGANG_SESSION_DAYS": "3", "SHANGGANG_INSTANCE_DIR": "/tmp/x", "OTHER": "1"}
    )
    assert settings.session_days == 3
    assert settings.instance_dir == Path("/tmp/x")


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("SHANGGANG_SESSION_DAYS", "many"),
        ("SHANGGANG_SESSION_DAYS", "0"),
        ("SHANGGANG_UPLOAD_MB", ""),
        ("SHANGGANG_TRUSTED_PROXIES", "-1"),
        ("SHANGGANG_PUBLIC_URL", "gov.example.cn"),
        ("SHANGGANG_PUBLIC_URL", "https://"),
        ("SHANGGANG_DATABASE_URL", POSTGRES),
        ("SHANGGANG_DATABASE_URL", "mysql://u:p@host/db"),
        ("SHANGGANG_SIGNING_KEY", "YWJj"),
        ("SHANGGANG_SIGNING_KEY", "no base64"),
        ("SHANGGANG_LOG_LEVEL", "LOUD"),
        ("SHANGGANG_CERTIFICATE_NUMBER", "{year}-{what}"),
        ("SHANGGANG_CERTIFICATE_NUMBER", "{year}"),
    ],
)
def test_a_bad_value_is_named(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match="SHANGGANG_"):
        Settings.from_env({variable: text})


def test_a_bad_key_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"SHANGGANG_SIGNING_KEY": "almost-a-key"})
    assert "almost" not in str(caught.value)


@pytest.mark.parametrize("missing", ["secret_key", "signing_key"])
def test_postgresql_needs_its_secrets(missing: str) -> None:
    given = {f"SHANGGANG_{name.upper()}": value for name, value in SECRETS.items()}
    complete = {**given, "SHANGGANG_DATABASE_URL": POSTGRES}
    assert not Settings.from_env(complete).is_sqlite
    del complete[f"SHANGGANG_{missing.upper()}"]
    with pytest.raises(SettingsError, match=missing.upper()):
        Settings.from_env(complete)
