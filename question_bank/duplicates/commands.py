"""Operator command: which questions of the bank are alike or contradict each other."""

from __future__ import annotations

import json
from typing import Any

import click

from core.db import reading
from core.richtext import plain
from question_bank.duplicates import queries
from question_bank.duplicates.rules import Kind, Likeness
from question_bank.imports.commands import cli

__all__ = ["cli"]


@cli.command("duplicates")
@click.option("--contradictions", is_flag=True, help="Only keys that contradict each other.")
def duplicates(contradictions: bool) -> None:
    """Compare the whole bank; contradictions and pairs that are alike as JSON. Changes nothing."""
    from question_bank.duplicates.likeness import find

    questions = queries.bank(reading())
    codes = queries.codes(reading())
    found = [
        each
        for each in find(questions, questions)
        if not contradictions or each.kind is Kind.CONTRADICTION
    ]
    said = {
        "questions": len(questions),
        "contradictions": sum(each.kind is Kind.CONTRADICTION for each in found),
        "pairs": [_said(each, codes) for each in found],
    }
    click.echo(json.dumps(said, ensure_ascii=False))


def _said(found: Likeness, codes: dict[int, str]) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "likeness": found.score,
        "first": codes[found.earlier.rank],
        "second": codes[found.later.rank],
        "stems": [plain(one.draft.stem, one.draft.is_rich) for one in (found.earlier, found.later)],
    }
