"""Papers, and the question versions on them: Core statements, remembered per process."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.db import table_of
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import QuestionType
from quiz.grading.rules import letters
from quiz.papers.cache import Remembered
from quiz.papers.models import Paper
from quiz.papers.rules import Item, from_json


@dataclass(frozen=True)
class Version:
    """What an approved question version says; it never changes. ``key`` as in QuestionVersion."""

    id: int
    question_id: int
    type: QuestionType
    stem: str
    options: tuple[str, ...]
    key: Any
    explanation: str
    article_id: int | None
    basis: str
    passage: str = ""
    is_rich: bool = False


PaperKey = tuple[int, datetime]

_versions: Remembered[int, Version] = Remembered(5_000)
_papers: Remembered[PaperKey, tuple[Item, ...]] = Remembered(5_000)

_version = table_of(QuestionVersion).c
_VERSIONS = select(
    _version.id, _version.question_id, _version.type, _version.stem, _version.options,
    _version.key, _version.explanation, _version.article_id, _version.basis, _version.passage,
    _version.is_rich,
).where(_version.id.in_(bindparam("ids", expanding=True)))  # fmt: skip
_PAPER = select(table_of(Paper).c["items"]).where(table_of(Paper).c.id == bindparam("paper_id"))
_PAPERS = select(table_of(Paper).c.id, table_of(Paper).c["items"]).where(
    table_of(Paper).c.id.in_(bindparam("ids", expanding=True))
)


def versions_of(session: Session, ids: Iterable[int]) -> dict[int, Version]:
    """Contents of frozen versions by id; at most one statement, none where all are remembered."""
    found: dict[int, Version] = {}
    unknown: list[int] = []
    for version_id in ids:
        known = _versions.get(version_id)
        if known is None:
            unknown.append(version_id)
        else:
            found[version_id] = known
    if unknown:
        for row in session.connection().execute(_VERSIONS, {"ids": unknown}):
            found[row.id] = _versions.put(
                row.id,
                Version(row.id, row.question_id, row.type, row.stem, tuple(row.options), row.key,
                        row.explanation, row.article_id, row.basis, row.passage, row.is_rich),
            )  # fmt: skip
    return found


def items_of(session: Session, key: PaperKey) -> tuple[Item, ...]:
    """The questions of one paper by position (the first is number 1).

    ``key``: the paper's id and the instant its attempt started, which no other attempt can share
    even where an id is used again after a rollback.
    """
    known = _papers.get(key)
    if known is not None:
        return known
    rows = session.connection().execute(_PAPER, {"paper_id": key[0]})
    return _papers.put(key, from_json(rows.scalar_one()))


def items_of_all(session: Session, keys: Collection[PaperKey]) -> dict[PaperKey, tuple[Item, ...]]:
    """The questions of several papers, in at most one statement."""
    found = {key: known for key in keys if (known := _papers.get(key)) is not None}
    unknown = {key[0]: key for key in keys if key not in found}
    if unknown:
        for row in session.connection().execute(_PAPERS, {"ids": list(unknown)}):
            key = unknown[row.id]
            found[key] = _papers.put(key, from_json(row._mapping["items"]))
    return found


# --- as it is shown ------------------------------------------------------------------


@dataclass(frozen=True)
class PaperQuestion:
    """A question as it is shown in a sitting. ``value``: the saved answer, None where none is.

    ``passage``: the material that it is about, "" where there is none.
    """

    position: int
    type: QuestionType
    stem: str
    options: tuple[tuple[str, str], ...]  # (letter, text) in the paper's order
    blanks: int
    marks: int
    value: Any = None
    epoch: int = 0  # the pair that put the value there; 0, 0 where there is none
    seq: int = 0
    passage: str = ""
    is_rich: bool = False


def shown(
    position: int, item: Item, version: Version, value: Any = None, epoch: int = 0, seq: int = 0
) -> PaperQuestion:
    """A question of a paper as a candidate sees it: neither key nor explanation nor difficulty."""
    texts = [version.options[index] for index in item.order]
    return PaperQuestion(
        position, item.type, version.stem, tuple(zip(letters(item.order), texts, strict=True)),
        item.blanks, item.marks, value, epoch, seq, version.passage, version.is_rich,
    )  # fmt: skip
