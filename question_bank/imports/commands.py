"""Operator commands for the bank: bring questions in, and out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from core import clock
from core.audit.services import Actor, acting_as
from core.db import reading, transaction
from core.errors import AppError
from core.permissions import Permission
from question_bank.formats import xlsx
from question_bank.formats.sentences import what
from question_bank.imports import queries, services
from question_bank.imports.rules import JudgedRow, Verdict
from question_bank.questions.queries import Filters

cli = AppGroup("bank", help="The question bank.")


def _said(rows: Sequence[JudgedRow]) -> dict[str, Any]:
    counted = Counter(row.verdict for row in rows)
    return {
        "counts": {"rows": len(rows), **{each.value: counted[each] for each in Verdict}},
        "rows": [
            {
                "row": row.parsed.row,
                "sheet": row.parsed.sheet,
                "verdict": row.verdict.value,
                "reasons": [what(finding) for finding in row.findings],
            }
            for row in rows
        ],
    }


@cli.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--by", "staff_no", required=True, help="Staff number of the author.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--with-doubtful", is_flag=True, help="Import doubtful rows, too.")
def import_(file: Path, staff_no: str, dry_run: bool, with_doubtful: bool) -> None:
    """Import the good rows of a workbook as drafts, all or none; verdicts as JSON."""
    try:
        data = file.read_bytes()
        by_id = queries.writer_by_staff_no(reading(), staff_no, Permission.BANK_WRITE, clock.now())
        rows = services.read_file(file.name, data)
        said = {"file": file.name, **_said(services.judge_all(reading(), rows, clock.today()))}
        done = services.Imported(0, 0)
        if not dry_run:
            now = clock.now()
            with transaction() as session, acting_as(Actor(f"cli:{staff_no}", by_id)):
                kept = services.upload(session, filename=file.name, data=data, by_id=by_id, now=now)
                done = services.import_rows(
                    session, import_id=kept.id, by_id=by_id, with_doubtful=with_doubtful, now=now
                )
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    except AppError as error:
        raise click.ClickException(f"{file.name}: {error.detail}") from None
    said["dry_run"] = dry_run
    said["imported"] = done.total
    click.echo(json.dumps(said, ensure_ascii=False))


@cli.command("export")
@click.argument("file", type=click.Path(path_type=Path))
def export(file: Path) -> None:
    """Write all questions in use or in work to a workbook that imports back to the same bank."""
    found = queries.exported(reading(), Filters())
    try:
        file.write_bytes(xlsx.bank(found))
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    click.echo(json.dumps({"file": str(file), "questions": len(found)}, ensure_ascii=False))
