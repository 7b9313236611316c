"""The made-up city from the command line: ``flask demo load``, ``flask demo serve``."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from werkzeug.serving import WSGIRequestHandler, make_server

from core import clock, logs
from core.audit.services import Actor, acting_as
from core.db import reading, transaction
from core.jobs.scheduler import start_background
from reporting.demo import queries, services

cli = AppGroup("demo", help="A made-up city to try things on; never for real data.")

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread from a screen


@cli.command("load")
@click.option(
    "--password", help="Password of all demo accounts; generated and shown once if missing."
)
@click.option("--people", default=150, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--questions", default=336, show_default=True, type=click.IntRange(60, 100_000))
@click.option(
    "--candidates",
    default=40,
    show_default=True,
    type=click.IntRange(0, 100_000),
    help="The first so many staff are admitted to the open exam with all tries left.",
)
@click.option(
    "--laws", type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="SHANGGANG_LAW_DIR", help="Folder of law texts to bring in as well.",
)  # fmt: skip
@click.option(
    "--if-empty", is_flag=True, help="Do nothing, without complaint, where there are data."
)
def load(
    password: str | None,
    people: int,
    questions: int,
    candidates: int,
    laws: Path | None,
    if_empty: bool,
) -> None:
    """Fill an empty database with the story of a city."""
    if not queries.is_empty(reading()):
        if if_empty:
            return
        raise click.ClickException(
            "The database is not empty; demo data go into an empty one only."
        )
    if candidates > people:
        raise click.ClickException(f"--candidates {candidates} is more than --people {people}.")
    chosen = password or "-".join(
        "".join(secrets.choice(ALPHABET) for _letter in range(4)) for _group in range(3)
    )
    with acting_as(Actor("cli:demo")), transaction() as session:
        made = services.load(
            session, password=chosen, people=people, questions=questions, candidates=candidates, laws=laws,
            now=clock.now(),
        )  # fmt: skip
    click.echo(f"Demo data: {made}.")
    shown = "the one given" if password else chosen
    click.echo(
        "Sign in as D00001 (staff), COORD01, EDITOR01, REVIEW01, OFFICE01, OFFICE02, AUDIT01"
    )
    click.echo(f"or ADMIN01. Password of all of them: {shown}")
    if not password:
        click.echo("It is shown only now. Forgotten? Remove the folder instance/ and start again.")


class _QuietHandler(WSGIRequestHandler):
    """The application logs its requests itself."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@cli.command("serve")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65_535))
def serve(port: int) -> None:
    """Serve on this machine only, with the jobs running beside."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler)
    except (OSError, SystemExit):
        raise click.ClickException(f"Port {port} is taken; try: make run PORT={port + 1}") from None
    if app.extensions["settings"].log_level == "INFO":  # what a newcomer must read stays in sight
        logs.configure("WARNING")
    start_background(app)
    click.echo(f"Shanggang is at http://127.0.0.1:{port}/ — sign in as D00001 … (Ctrl+C stops it)")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
