"""Finding uploads, and what the bank holds of a file's questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from core.db import table_of
from core.errors import NotFound
from question_bank.imports.bank.queries import pieces
from question_bank.imports.models import NOT_GOOD, ImportFile, ImportRow, QuestionImport
from question_bank.imports.rules import ImportState, Verdict
from question_bank.questions.models import (
    QuestionVersion,
    ReviewEvent,
    VersionState,
)
from question_bank.questions.queries import draft_of
from question_bank.questions.rules import LIVE_STATES, Draft, Finding, Pool


@dataclass(frozen=True)
class ImportView:
    """An upload, without its rows."""

    id: int
    filename: str
    at: datetime
    state: ImportState
    imported_at: datetime | None
    undone_at: datetime | None
    is_table: bool  # its questions are rows of sheets, and not parts of a text
    sheets: int
    counts: dict[Verdict, int]
    rows_total: int | None
    rows_done: int
    beat_at: datetime | None
    trouble: str
    notes: Sequence[Finding] = ()
    source: str = ""
    pool: Pool | None = None
    pool_is_for_all: bool = False
    topic: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_open(self) -> bool:
        """Whether it waits for its rows to be imported."""
        return self.state is ImportState.READY


@dataclass(frozen=True)
class UploadRow:
    """One upload in the list of a person's own."""

    id: int
    filename: str
    at: datetime
    state: ImportState
    questions: int
    drafts: int


def own_upload(session: Session, import_id: int, person_id: int) -> QuestionImport:
    """The row of an upload of this person; NotFound for everybody else's."""
    found = session.scalar(
        select(QuestionImport).where(
            QuestionImport.id == import_id, QuestionImport.by_id == person_id
        )
    )
    if found is None:
        raise NotFound
    return found


def to_read(
    session: Session, import_id: int
) -> tuple[QuestionImport | None, ImportFile | None]:  # fmt: skip
    """An upload that is to be read, with its files; (None, None) where it is no more."""
    found = session.execute(
        select(QuestionImport, ImportFile)
        .join(ImportFile, ImportFile.import_id == QuestionImport.id)
        .where(QuestionImport.id == import_id, QuestionImport.state == ImportState.READING)
    ).one_or_none()
    return (found[0], found[1]) if found else (None, None)


def own_import(session: Session, import_id: int, person_id: int) -> ImportView:
    """An upload of this person; NotFound for everybody else's."""
    found = own_upload(session, import_id, person_id)
    return ImportView(
        found.id, found.filename, found.at, found.state, found.imported_at, found.undone_at,
        found.is_table,
        found.sheets, {verdict: getattr(found, verdict.value) for verdict in Verdict},
        found.rows_total, found.rows_done, found.beat_at, found.trouble,
        [Finding(**note) for note in found.notes], found.source, found.pool,
        found.pool_is_for_all, found.topic,
    )  # fmt: skip


def count_verdicts(session: Session, import_id: int) -> dict[Verdict, int]:
    """Verdict → number of rows."""
    own = ImportRow.import_id == import_id
    rows = session.execute(
        select(ImportRow.verdict, func.count()).where(own, NOT_GOOD).group_by(ImportRow.verdict)
    )
    counted = {row[0]: row[1] for row in rows}
    total = session.scalar(select(func.count()).select_from(ImportRow).where(own)) or 0
    return {**counted, Verdict.GOOD: total - sum(counted.values())}


def staged(session: Session, import_id: int, numbers: Sequence[int]) -> Sequence[Any]:
    """These rows of an upload, whole, in their order."""
    found: list[Any] = []
    for piece in pieces(numbers):
        found += session.execute(
            select(*table_of(ImportRow).c)
            .where(ImportRow.import_id == import_id, ImportRow.number.in_(piece))
            .order_by(ImportRow.number)
        )
    return found


def own_imports(session: Session, person_id: int, limit: int = 10) -> list[UploadRow]:
    """The last uploads of a person, newest first, with what became of them; in one statement."""
    counted = (
        select(
            QuestionVersion.import_id,
            func.count().label("questions"),
            func.count().filter(QuestionVersion.state == VersionState.DRAFT).label("drafts"),
        )
        .where(QuestionVersion.import_id.is_not(None))
        .group_by(QuestionVersion.import_id)
        .subquery()
    )
    rows = session.execute(
        select(
            QuestionImport.id, QuestionImport.filename, QuestionImport.at, QuestionImport.state,
            func.coalesce(counted.c.questions, 0), func.coalesce(counted.c.drafts, 0),
        )
        .outerjoin(counted, counted.c.import_id == QuestionImport.id)
        .where(QuestionImport.by_id == person_id)
        .order_by(QuestionImport.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [UploadRow(*row) for row in rows]


def import_counts(session: Session, import_id: int) -> tuple[int, int]:
    """(versions that an import made, those of them that are drafts still)."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(QuestionVersion.state == VersionState.DRAFT),
        ).where(QuestionVersion.import_id == import_id)
    ).one()
    return row[0], row[1]


def used_of(session: Session, import_id: int) -> int:
    """How many versions of an import are or were approved, or have a later version."""
    later = aliased(QuestionVersion)
    approved = exists().where(
        ReviewEvent.version_id == QuestionVersion.id, ReviewEvent.to_state == VersionState.APPROVED
    )
    replaced = exists().where(
        later.question_id == QuestionVersion.question_id, later.number > QuestionVersion.number
    )
    return (
        session.scalar(
            select(func.count())
            .select_from(QuestionVersion)
            .where(
                QuestionVersion.import_id == import_id,
                QuestionVersion.state.in_(LIVE_STATES) | approved | replaced,
            )
        )
        or 0
    )


def rich_drafts(session: Session, import_id: int) -> dict[int, Draft]:
    """Version id → what it says, of the versions of an import that may show pictures."""
    rows = session.scalars(
        select(QuestionVersion).where(
            QuestionVersion.import_id == import_id, QuestionVersion.is_rich
        )
    )
    return {version.id: draft_of(version) for version in rows}
