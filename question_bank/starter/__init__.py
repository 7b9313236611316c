"""The starter bank: questions of our own on the law of government openness.

``*.csv`` but articles.csv: questions in the main shape of an office's workbook. ``articles.csv``:
every article of the laws they rest on, with the digest of the text that they were written on
(law, version = day of promulgation, label, ordinal, in_force, sha256). The texts themselves are
not kept here; ``flask law import`` brings them in, and the questions then find their articles.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from question_bank.laws.rules import same_title

FOLDER = Path(__file__).resolve().parent
ARTICLES = FOLDER / "articles.csv"
PREFIX = "SG-"  # of the codes of starter questions


def question_files() -> list[Path]:
    """The files of questions, in order of their first code."""
    return sorted(
        (path for path in FOLDER.glob("*.csv") if path != ARTICLES),
        key=lambda path: path.read_text(encoding="utf-8").split("\n", 2)[1],
    )


def cited_articles() -> Iterator[dict[str, str]]:
    """The rows of articles.csv."""
    with ARTICLES.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def cited_digests() -> dict[tuple[str, str], str]:
    """(title as compared, label) → SHA-256 of the text that the starter questions rest on."""
    return {(same_title(row["law"]), row["label"]): row["sha256"] for row in cited_articles()}
