"""Operator commands that belong to no feature: keys."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from core import signing

cli = AppGroup("keys", help="Keys of this installation.")


@cli.command("new")
def new() -> None:
    """Print fresh values for the two secrets, as lines for an environment file."""
    click.echo(f"SHANGGANG_SECRET_KEY={signing.new_secret()}")
    click.echo(f"SHANGGANG_SIGNING_KEY={signing.new_signing_key()}")
