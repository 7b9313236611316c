"""``flask jobs``: list, run by hand, run by the clock."""

from __future__ import annotations

from typing import cast

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from core import clock
from core.db import reading
from core.formats import civil_moment_text
from core.jobs import queries, scheduler, services
from core.jobs.rules import next_slot

cli = AppGroup("jobs", help="What happens by itself.")


@cli.command("list")
def list_() -> None:
    """Jobs with their last run and their next."""
    now = clock.now()
    runs = queries.last_runs(reading())
    for name, job in sorted(scheduler.jobs_of(_app()).items()):
        run = runs.get(name)
        last = (
            "never"
            if run is None
            else f"{civil_moment_text(run.finished_at or run.claimed_at)} "
            f"({run.outcome if run.finished_at else 'running or cut off'})"
        )
        click.echo(f"{name}  {job.help}")
        click.echo(
            f"    every {job.every}; last {last}; next {civil_moment_text(next_slot(job, now))}"
        )


@cli.command("run")
@click.argument("name")
def run(name: str) -> None:
    """Run one job now."""
    job = scheduler.jobs_of(_app()).get(name)
    if job is None:
        known = ", ".join(sorted(scheduler.jobs_of(_app())))
        raise click.ClickException(f"There is no job {name!r}; there are: {known}")
    try:
        outcome = services.run_now(job)
    except Exception as error:
        raise click.ClickException(f"{name} failed: {error}") from error
    click.echo(f"{name}: {outcome}")


@cli.command("start")
def start() -> None:
    """Run jobs by the clock until stopped; several at once do each slot once."""
    click.echo(f"Running {len(scheduler.jobs_of(_app()))} jobs by the clock. Stop with Ctrl+C.")
    scheduler.start(_app())


def _app() -> Flask:
    return cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
