"""``flask points``: do the totals say what the entries say?"""

from __future__ import annotations

import getpass

import click
from flask.cli import AppGroup

from core.audit.services import Actor, acting_as
from core.db import reading, transaction
from points.ledger import services
from points.ledger.rules import Proof
from points.periods.services import first_broken_snapshot

cli = AppGroup("points", help="The ledger of points.")


@cli.command("rebuild")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 where totals differ.")
def rebuild(check: bool) -> None:
    """Make all totals anew from the entries, or with --check prove that they agree."""
    if check:
        _check()
        return
    with acting_as(Actor(f"cli:{getpass.getuser()}"[:64])), transaction() as session:
        before, after = services.rebuild(session)
    click.echo(f"{before.wrong_count} totals corrected; {_summary(after)}")


def _check() -> None:
    proof = services.prove(reading())
    if proof.wrong is not None:
        row = proof.wrong
        raise click.ClickException(
            f"{proof.wrong_count} totals differ; first: person {row.person_id}, period "
            f"{row.period_id}, kept earned {row.kept_earned} posted {row.kept_posted}, entries "
            f"say earned {row.earned} posted {row.posted}"
        )
    broken = first_broken_snapshot(reading())
    if broken is not None:
        raise click.ClickException(
            f"the snapshot of period {broken.number} is not what its digest was made of"
        )
    click.echo(f"totals agree; {_summary(proof)}")


def _summary(proof: Proof) -> str:
    return (
        f"{proof.entries} entries of {proof.persons} persons in {proof.totals} totals; "
        f"digest {proof.digest}"
    )
