"""Operator commands for laws."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from accounts.roles.queries import holder_by_staff_no
from core import clock
from core.audit.services import Actor, acting_as
from core.db import reading, transaction
from core.errors import AppError
from core.permissions import Permission
from question_bank.laws import services
from question_bank.laws.comparison import Kind
from question_bank.laws.revisions import queries as revisions
from question_bank.suspensions import queries as suspensions

cli = AppGroup("law", help="Laws that questions rest on.")


@cli.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--in-force", "in_force", type=click.DateTime(["%Y-%m-%d"]), required=True,
    help="Day from which the text is in force, e.g. 2019-05-15.",
)  # fmt: skip
@click.option("--by", "staff_no", help="Staff number of who brings it in.")
def import_(file: Path, in_force: datetime, staff_no: str | None) -> None:
    """Bring in a version of a law from its text; the same file twice changes nothing."""
    try:
        law = services.read_law(file.name, file.read_bytes())
        with transaction() as session:
            by_id = (
                holder_by_staff_no(session, staff_no, Permission.LAW_WRITE, clock.now())
                if staff_no
                else None
            )
            with acting_as(Actor(f"cli:{staff_no or 'law'}", by_id)):
                done = services.import_law(
                    session, law=law, in_force_on=in_force.date(), by_id=by_id, now=clock.now()
                )
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    except AppError as error:
        raise click.ClickException(f"{file.name}: {error.detail}") from None
    click.echo(json.dumps(asdict(done), ensure_ascii=False, default=str))


@cli.command("changes")
@click.argument("version_id", type=int)
def changes(version_id: int) -> None:
    """Say what became of each article since the version before, one line each."""
    session = reading()
    try:
        head = revisions.revision(session, version_id)
    except AppError:
        raise click.ClickException(f"There is no version {version_id} of a law.") from None
    counts = revisions.change_counts(session, version_id)
    said = ", ".join(f"{kind.value} {counts[kind]}" for kind in Kind if kind in counts)
    suspended, waiting = suspensions.suspended_by(session, version_id)
    click.echo(
        f"{head.title} {head.promulgated_on}, in force {head.in_force_on}: {said or 'first version'}"
    )
    if head.is_to_come:
        click.echo(f"will suspend {suspensions.will_be_suspended(session, version_id)} questions")
    click.echo(f"suspended {suspended} questions, {waiting} still wait")
    for kind, likeness, before, after in revisions.change_lines(session, version_id):
        click.echo(f"{kind.value}\t{before or '-'}\t{after or '-'}\t{likeness}%")
