"""``flask admin``: the first administrator, and new one-time links."""

from __future__ import annotations

import getpass
import os
from contextlib import AbstractContextManager

import click
from flask import current_app
from flask.cli import AppGroup

from accounts.signin import rules, services
from accounts.signin.queries import account_for
from core import clock
from core.audit.services import Actor, acting_as
from core.db import reading, transaction
from core.errors import AppError

cli = AppGroup("admin", help="Administrators and one-time links.")


@cli.command("create")
@click.argument("staff_no")
@click.argument("name")
def create(staff_no: str, name: str) -> None:
    """Create an administrator and print a one-time link that sets the password."""
    try:
        with _operator(), transaction() as session:
            token = services.create_admin(session, staff_no=staff_no, name=name, now=clock.now())
    except AppError as error:
        raise click.ClickException(error.detail) from error
    _show(token)


@cli.command("link")
@click.argument("staff_no")
def link(staff_no: str) -> None:
    """Print a new one-time link for a person; earlier links end."""
    account = account_for(reading(), rules.normal_staff_no(staff_no))
    if account is None:
        raise click.ClickException(f"There is no account {staff_no!r}, or it is disabled.")
    with _operator(), transaction() as session:
        token = services.new_one_time_link(session, account.person_id, clock.now())
    _show(token)


def _operator() -> AbstractContextManager[None]:
    return acting_as(Actor(f"cli:{getpass.getuser()}"[:64]))


def _show(token: str) -> None:
    base = current_app.extensions["settings"].public_url.rstrip("/")
    base = base or f"http://127.0.0.1:{os.environ.get('PORT', '5000')}"
    path = current_app.url_map.bind("localhost").build("accounts.use_link", {"token": token})
    click.echo(f"{base}{path}")
    click.echo(
        f"It works once, within {rules.LINK_LIFE.days} days. Give it to nobody else.", err=True
    )
