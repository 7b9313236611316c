"""Settings of one installation: read from SHANGGANG_* variables, typed, checked at boot."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

PREFIX = "SHANGGANG_"
ROOT = Path(__file__).resolve().parent
DATABASES = ("postgresql+psycopg://", "sqlite://")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SIGNING_KEY_BYTES = 32
NUMBER_WITHIN = 64  # characters of a certificate number


class SettingsError(click.ClickException):
    """A setting is missing or cannot be understood; the text names it and the remedy.

    A ClickException, so that ``flask …`` says it in one line.
    """


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError(f"{number} is not within {least} to {most}")
        return number

    return read


def _level(text: str) -> str:
    if text not in LOG_LEVELS:
        raise ValueError(text)
    return text


def _signing_key(text: str) -> str:
    if text and len(base64.b64decode(text, validate=True)) != SIGNING_KEY_BYTES:
        raise ValueError("not 32 bytes")
    return text


def _number_pattern(text: str) -> str:
    if len({text.format(year=2026, number=number) for number in (1, 2)}) == 1:
        raise ValueError("two certificates would have one number")
    if len(text.format(year=2026, number=10**9)) > NUMBER_WITHIN:
        raise ValueError("too long")
    return text


def _switch(text: str) -> bool:
    return {"on": True, "off": False}[text.strip().lower()]


def setting(help_: str, default: Any, parse: Callable[[str], Any] = str) -> Any:
    """Declare one setting: its default, how its text is read, and the sentence operators see."""
    return field(default=default, metadata={"help": help_, "parse": parse})


@dataclass(frozen=True)
class Settings:
    """What an operator may set. Every field is one variable: ``SHANGGANG_`` + its name."""

    database_url: str = setting(
        "Address of the database. Empty: the embedded SQLite file in the instance folder.", ""
    )
    instance_dir: Path = setting(  # noqa: RUF009 (a path does not change)
        "Folder for the embedded database and the keys made on first start.",
        ROOT / "instance",
        Path,
    )
    secret_key: str = setting(
        "Signs cookies. Made in the instance folder for SQLite; must be set for PostgreSQL.", ""
    )
    signing_key: str = setting(
        "Ed25519 private key (base64 of 32 bytes) that signs receipts and certificates. "
        "Made in the instance folder for SQLite; must be set for PostgreSQL.",
        "",
        _signing_key,
    )
    public_url: str = setting(
        "Address under which people reach the site; https:// switches on Secure cookies and HSTS.",
        "",
    )
    trusted_proxies: int = setting(
        "How many reverse proxies stand in front and may set X-Forwarded-*.", 0, whole(0, 10)
    )
    org_name: str = setting(
        "Name of the leading office, as printed.", "龙城市政务公开领导小组办公室"
    )
    office_hours: str = setting("Office hours in the page foot.", "8:00–12:00，15:00–18:00")
    certificate_number: str = setting(
        "Pattern of certificate numbers; {year} and {number} are filled in.",
        "政公证 {year}-{number:06d}",
        _number_pattern,
    )
    registration_number: str = setting(
        "Pattern of registration numbers; {year} and {number} are filled in.",
        "政公备 {year}-{number:03d}",
        _number_pattern,
    )
    points: bool = setting(
        "on or off: off opens no rounds and shows no points; exams, registration and practice go on.",
        True,
        _switch,
    )
    session_idle_hours: int = setting("A sign-in ends after so many idle hours.", 8, whole(1, 720))
    session_days: int = setting("A sign-in ends after so many days in any case.", 7, whole(1, 365))
    upload_mb: int = setting("Largest accepted upload, in MB.", 20, whole(1, 100))
    log_level: str = setting("DEBUG, INFO, WARNING or ERROR.", "INFO", _level)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read all settings; raise SettingsError that names a bad one."""
        env = os.environ if env is None else env
        values: dict[str, Any] = {}
        for item in fields(cls):
            text = env.get(PREFIX + item.name.upper())
            if text is None:
                continue
            try:
                values[item.name] = item.metadata["parse"](text)
            except (KeyError, IndexError, AttributeError, ValueError):
                shown = "" if "key" in item.name else f"={text!r}"  # secrets stay out of logs
                raise SettingsError(
                    f"{PREFIX}{item.name.upper()}{shown} cannot be understood: {item.metadata['help']}"
                ) from None
        settings = cls(**values)
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse combinations that would run unsafely."""
        if self.database_url and not self.database_url.startswith(DATABASES):
            raise SettingsError(
                f"{PREFIX}DATABASE_URL must begin with postgresql+psycopg:// (or sqlite:///)"
            )
        if not self.is_sqlite:
            for name in ("secret_key", "signing_key"):
                if not getattr(self, name):
                    raise SettingsError(
                        f"{PREFIX}{name.upper()} must be set when {PREFIX}DATABASE_URL is PostgreSQL; "
                        f"make one with: env -u {PREFIX}DATABASE_URL flask --app app keys new"
                    )
        parts = urlsplit(self.public_url)
        if self.public_url and (parts.scheme not in {"http", "https"} or not parts.netloc):
            raise SettingsError(
                f"{PREFIX}PUBLIC_URL must be an address that begins with http:// or https://"
            )

    @property
    def is_sqlite(self) -> bool:
        return not self.database_url or self.database_url.startswith("sqlite")

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def public_host(self) -> str:
        """Name (and port, where it is not the usual one) in the public address."""
        return urlsplit(self.public_url).netloc

    @property
    def sqlalchemy_url(self) -> str:
        """The database address; the embedded file where none is set."""
        return self.database_url or f"sqlite:///{(self.instance_dir / 'shanggang.db').resolve()}"
