"""Finding uploads, and what the bank holds of a file's questions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Person
from accounts.roles.queries import live_roles
from core.db import table_of
from core.errors import Forbidden, NotFound
from core.permissions import Permission, permissions_of
from core.richtext import plain
from question_bank.formats.reading import Place
from question_bank.imports.bank.queries import PIECE, pieces, was_undone
from question_bank.imports.models import NOT_GOOD, ImportFile, ImportRow, QuestionImport
from question_bank.imports.rules import ImportState, Verdict
from question_bank.questions.models import (
    Question,
    QuestionVersion,
    ReviewEvent,
    Topic,
    VersionState,
)
from question_bank.questions.queries import draft_of
from question_bank.questions.rules import LIVE_STATES, Draft, Finding, Pool


@dataclass(frozen=True)
class PreviewRow:
    """One row as the preview shows it."""

    number: int
    place: Place
    type_text: str
    stem: str
    answer: str
    verdict: Verdict
    findings: Sequence[Finding]
    is_mended: bool = False


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


def preview_rows(
    session: Session,
    import_id: int,
    shown: Collection[Verdict] = (),
    *,
    words: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> list[PreviewRow]:
    """Rows of an upload in the order of its file.

    ``shown``: only these verdicts; none is all. ``words``: only rows that hold them.
    """
    query = (
        select(
            ImportRow.number, ImportRow.place_kind, ImportRow.place_number, ImportRow.place_id,
            ImportRow.sheet, ImportRow.type_text, ImportRow.stem, ImportRow.answer,
            ImportRow.verdict, ImportRow.findings, ImportRow.judged, ImportRow.mended_at,
            ImportRow.is_rich,
        )
        .where(*_shown(import_id, shown, words))
        .order_by(ImportRow.number)
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    return [_preview(row) for row in session.execute(query)]


def _shown(import_id: int, shown: Collection[Verdict], words: str) -> list[ColumnElement[bool]]:
    conditions = [ImportRow.import_id == import_id]
    if shown:
        conditions.append(ImportRow.verdict.in_(shown))
        if Verdict.GOOD not in shown:
            conditions.append(NOT_GOOD)
    if words:
        texts = (ImportRow.stem, ImportRow.answer, ImportRow.code, ImportRow.topic, ImportRow.basis)
        conditions.append(or_(*(text.icontains(words, autoescape=True) for text in texts)))
    return conditions


def count_rows(
    session: Session, import_id: int, shown: Collection[Verdict] = (), words: str = ""
) -> int:
    """How many rows ``preview_rows`` has without a limit."""
    counted = select(func.count()).select_from(ImportRow).where(*_shown(import_id, shown, words))
    return session.scalar(counted) or 0


def said_of(row: Any) -> list[Finding]:
    """What is to be said of a row. Where the bank has it, or is not ready for it, nothing else matters."""
    settled = row.judged and row.verdict in {Verdict.SAME, Verdict.REFUSED}
    said = row.judged if settled else [*row.findings, *row.judged]
    return [Finding(**each) for each in said]


def _preview(row: Any) -> PreviewRow:
    return PreviewRow(
        row.number, Place(row.place_kind, row.place_number, row.place_id, row.sheet),
        row.type_text, plain(row.stem, row.is_rich), row.answer, row.verdict, said_of(row), row.mended_at is not None,
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


# --- comparing the rows of an upload with the bank ------------------------------------


def twins(
    session: Session, import_id: int, only: Collection[int] | None = None
) -> list[tuple[int, str]]:
    """(number, code of a question with the same content) of the rows that the bank has already.

    What an import brought that was undone does not count. ``only``: of these rows.
    """
    rows = session.execute(
        select(ImportRow.number, func.min(Question.code))
        .join(QuestionVersion, QuestionVersion.digest == ImportRow.digest)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(ImportRow.import_id == import_id, *_wanted(only), ~was_undone())
        .group_by(ImportRow.number)
    )
    return [(row[0], row[1]) for row in rows]


def _wanted(only: Collection[int] | None) -> list[ColumnElement[bool]]:
    """Conditions: not left out by a person, and one of these rows."""
    conditions = [ImportRow.verdict != Verdict.DROPPED]
    if only is not None:
        conditions.append(ImportRow.number.in_(only))
    return conditions


def rows_with_known_code(
    session: Session, import_id: int, verdicts: Collection[Verdict],
    only: Collection[int] | None = None,
) -> list[int]:  # fmt: skip
    """Numbers of the sound rows that name a question of the bank, in order. ``only``: of these."""
    return list(
        session.scalars(
            select(ImportRow.number)
            .join(Question, Question.code == ImportRow.code)
            .where(
                ImportRow.import_id == import_id, ImportRow.code != "",
                ImportRow.digest.is_not(None), ImportRow.verdict.in_(verdicts), *_wanted(only),
            )
            .order_by(ImportRow.number)
        )
    )  # fmt: skip


def rich_rows(
    session: Session, import_id: int, only: Collection[int] | None = None
) -> list[int]:  # fmt: skip
    """Numbers of the sound rows that may show pictures, in order. ``only``: of these."""
    return list(
        session.scalars(
            select(ImportRow.number)
            .where(
                ImportRow.import_id == import_id, ImportRow.is_rich,
                ImportRow.digest.is_not(None), *_wanted(only),
            )
            .order_by(ImportRow.number)
        )
    )  # fmt: skip


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


def rows_to_judge(session: Session, import_id: int) -> Iterator[Any]:
    """The sound rows of an upload with what their verdict rests on."""
    return iter(
        session.execute(
            select(
                ImportRow.number, ImportRow.verdict, ImportRow.topic, ImportRow.basis,
                ImportRow.findings, ImportRow.judged, ImportRow.basis_taken, ImportRow.article_id,
            )
            .where(ImportRow.import_id == import_id, ImportRow.digest.is_not(None), *_wanted(None))
            .order_by(ImportRow.number)
            .execution_options(yield_per=PIECE)
        )
    )  # fmt: skip


def new_topics(session: Session, import_id: int, verdicts: Collection[Verdict]) -> list[str]:
    """Topics that rows with these verdicts name and the bank lacks, as the file names them first."""
    return list(
        session.scalars(
            select(ImportRow.topic)
            .where(
                ImportRow.import_id == import_id, ImportRow.verdict.in_(verdicts),
                ImportRow.topic.not_in(select(Topic.name)),
                ImportRow.code.not_in(select(Question.code)),
            )
            .group_by(ImportRow.topic)
            .order_by(func.min(ImportRow.number))
        )
    )  # fmt: skip


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


def writer_by_staff_no(
    session: Session, staff_no: str, permission: Permission, now: datetime
) -> int:
    """Id of a person who holds a permission; NotFound or Forbidden with a sentence otherwise."""
    found = session.scalar(select(Person.id).where(Person.staff_no == staff_no.strip().upper()))
    if found is None:
        raise NotFound(_("没有工号为 %(no)s 的人", no=staff_no))
    roles = frozenset(role for role, _unit in live_roles(session, found, now))
    if permission not in permissions_of(roles):
        raise Forbidden(_("工号 %(no)s 没有这项权限", no=staff_no))
    return found
