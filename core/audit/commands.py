"""``flask audit``: is the trail whole?"""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from core.audit import services
from core.db import reading

cli = AppGroup("audit", help="The audit trail.")


@cli.command("verify")
def verify() -> None:
    """Check the chain; name the first broken row and exit with 1 where there is one."""
    found = services.verify(reading())
    if found.broken is not None:
        click.echo(f"first broken row {found.broken}", err=True)
        sys.exit(1)
    click.echo(f"{found.rows} rows, the chain is whole; last hash {found.last_hash}")
