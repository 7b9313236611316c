"""Operator commands for the bank: bring questions in, and out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from accounts.roles.queries import holder_by_staff_no
from core import clock
from core.audit.services import Actor, acting_as
from core.db import reading, transaction
from core.errors import AppError
from core.permissions import Permission
from question_bank.formats import exports, xlsx
from question_bank.formats.reading import Written
from question_bank.formats.remarks import where
from question_bank.formats.sentences import note, what
from question_bank.imports import services
from question_bank.imports.exporting import queries as exporting
from question_bank.imports.models import QuestionImport
from question_bank.imports.preview.queries import PreviewRow, preview_rows
from question_bank.imports.rules import Verdict
from question_bank.questions.queries import Filters
from question_bank.questions.rules import Finding

SHOWN_EVERY = 10_000  # rows
cli = AppGroup("bank", help="The question bank.")


def _said(kept: QuestionImport, rows: Sequence[PreviewRow]) -> dict[str, Any]:
    return {
        "notes": [note(Finding(**each)) for each in kept.notes],
        "counts": {
            "rows": kept.rows_done,
            **{
                each.value: getattr(kept, each.value)
                for each in Verdict
                if each is not Verdict.DROPPED
            },
        },
        "rows": [
            {
                "row": row.place.number,
                "sheet": row.place.sheet,
                "place": where(row.place),
                "verdict": row.verdict.value,
                "reasons": [what(finding) for finding in row.findings],
            }
            for row in rows
        ],
    }


def _show(done: int, total: int) -> None:
    """A line for each ten thousand rows, beside the JSON."""
    if done % SHOWN_EVERY == 0:
        click.echo(f"{done} / {total}", err=True)


@cli.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--by", "staff_no", required=True, help="Staff number of the author.")
@click.option("--key", type=click.Path(path_type=Path), help="A file with the answers.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--with-doubtful", is_flag=True, help="Import doubtful rows, too.")
def import_(
    file: Path, staff_no: str, key: Path | None, dry_run: bool, with_doubtful: bool
) -> None:
    """Import the good questions of a file as drafts, all or none; verdicts as JSON."""
    try:
        data = file.read_bytes()
        answers = services.SentFile(key.name, key.read_bytes()) if key else None
        now = clock.now()
        by_id = holder_by_staff_no(reading(), staff_no, Permission.BANK_WRITE, now)
        with transaction() as session, acting_as(Actor(f"cli:{staff_no}", by_id)):
            kept = services.upload(
                session, filename=file.name, data=data, key=answers, by_id=by_id, now=now,
                on_batch=_show,
            )  # fmt: skip
            said = {"file": file.name, **_said(kept, preview_rows(session, kept.id))}
            done = services.Imported(0, 0)
            if dry_run:
                session.rollback()
            else:
                done = services.import_rows(
                    session, import_id=kept.id, by_id=by_id, with_doubtful=with_doubtful, now=now
                )
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    except AppError as error:
        raise click.ClickException(f"{file.name}: {error.detail}") from None
    said["dry_run"] = dry_run
    said["imported"] = done.total
    click.echo(json.dumps(said, ensure_ascii=False))


@cli.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--as", "name", type=click.Choice([exports.WORKBOOK, *exports.FORMATS]),
    default=exports.WORKBOOK, show_default=True, help="The format.",
)  # fmt: skip
def export(file: Path, name: str) -> None:
    """Write all questions in use or in work to a file; what it cannot carry as JSON.

    The workbook and json import back to the same bank.
    """
    try:
        total, written = _write(file, name)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    report = exports.report(written)
    said = {
        "file": str(file),
        "questions": total - len(report.left_out),
        "lost": {what: number for what, number, _codes in report.fields},
        "left_out": [lost.code for lost in report.left_out],
    }
    click.echo(json.dumps(said, ensure_ascii=False))


def _write(file: Path, name: str) -> tuple[int, Written]:
    if name == exports.WORKBOOK:
        _total, rich = exporting.export_total(reading(), Filters())
        with file.open("wb") as target:
            total = xlsx.write_bank(target, exporting.export_cells(reading(), Filters()))
        return total, exports.workbook_losses(rich)
    found = exporting.exported(reading(), Filters())
    written = exports.write(name, found)
    file.write_bytes(written.data)
    return len(found), written
