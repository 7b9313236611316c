"""``flask statistics``: the figures worked out by hand."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from core.jobs.services import run_now

cli = AppGroup("statistics", help="Figures of questions and exams.")


@cli.command("refresh")
def refresh() -> None:
    """Work out all figures now, as the nightly job does; repeatable."""
    click.echo(run_now(current_app.extensions["jobs"]["statistics.refresh"]))
