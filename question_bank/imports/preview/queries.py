"""The rows of a preview, what a row to mend repeats, and words that the bank does not know."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import Session

from core.db import table_of
from core.errors import NotFound
from core.richtext import plain
from question_bank.formats.reading import Place
from question_bank.formats.rows import ParsedRow
from question_bank.imports.models import NOT_GOOD, ImportRow, QuestionImport
from question_bank.imports.preview.rules import TWIN_CODES, cells_of, repeats
from question_bank.imports.rules import ImportState, Verdict
from question_bank.imports.staging import parsed_of
from question_bank.questions.models import Question, Topic
from question_bank.questions.rules import MAX_OPTIONS, Finding

MOST_SHOWN = 20  # words of a file that can be mapped at a time
_COUNTED = (Verdict.GOOD, Verdict.DOUBTFUL, Verdict.REFUSED)


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
class StagedRow:
    """One row of an upload, with what it is judged to be."""

    import_id: int
    number: int
    filename: str
    state: ImportState
    parsed: ParsedRow
    verdict: Verdict
    findings: Sequence[Finding]
    mended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it can still be mended."""
        return self.state is ImportState.READY and self.verdict is not Verdict.SAME

    @property
    def more_options(self) -> Sequence[str]:
        """What was read beyond the options that a question may have."""
        draft = self.parsed.draft or self.parsed.loose
        return draft.options[MAX_OPTIONS:] if draft else ()


@dataclass(frozen=True)
class Unknown:
    """A word of a file that the bank does not know, and how many rows have it."""

    text: str
    rows: int


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


def staged_row(session: Session, import_id: int, number: int, person_id: int) -> StagedRow:
    """One row of an upload of this person; NotFound for everybody else's."""
    found = session.execute(
        select(*table_of(ImportRow).c, QuestionImport.filename, QuestionImport.state)
        .join(QuestionImport, QuestionImport.id == ImportRow.import_id)
        .where(
            ImportRow.import_id == import_id, ImportRow.number == number,
            QuestionImport.by_id == person_id,
        )
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound
    return StagedRow(
        import_id, number, found.filename, found.state, parsed_of(found), found.verdict,
        said_of(found), found.mended_at,
    )  # fmt: skip


def twin_place(
    session: Session, import_id: int, number: int, row: ParsedRow
) -> tuple[str, Place] | None:
    """(finding, place) of another row that goes in with the same code or content; None if none does."""
    same_code = ImportRow.code == row.code if row.code else None
    same_content = (
        ImportRow.digest == row.draft.digest if row.draft and not row.is_refused else None
    )
    wanted: list[ColumnElement[bool]] = [
        each for each in (same_code, same_content) if each is not None
    ]
    if not wanted:
        return None
    found = session.execute(
        select(
            ImportRow.code, ImportRow.place_kind, ImportRow.place_number, ImportRow.place_id,
            ImportRow.sheet,
        )
        .where(
            ImportRow.import_id == import_id, ImportRow.number != number,
            ImportRow.digest.is_not(None), ImportRow.verdict != Verdict.DROPPED, or_(*wanted),
        )
        .order_by(ImportRow.number)
        .limit(1)
    ).one_or_none()  # fmt: skip
    if found is None:
        return None
    code = "code_twice" if row.code and found.code == row.code else "same_in_file"
    return code, Place(found.place_kind, found.place_number, found.place_id, found.sheet)


def rows_that_repeat(session: Session, import_id: int, place: Place) -> list[Any]:
    """The rows that are refused because they repeat the one at a place, in order."""
    said = cast(ImportRow.findings, String)
    found = session.execute(
        select(*table_of(ImportRow).c)
        .where(
            ImportRow.import_id == import_id, ImportRow.verdict == Verdict.REFUSED,
            or_(*(said.contains(f'"{code}"') for code in sorted(TWIN_CODES))),
        )
        .order_by(ImportRow.number)
    )  # fmt: skip
    return [row for row in found if repeats([Finding(**each) for each in row.findings], place)]


def rows_with(session: Session, import_id: int, column: str, text: str) -> list[Any]:
    """The rows whose topic or basis is this text."""
    return list(
        session.execute(
            select(*table_of(ImportRow).c)
            .where(ImportRow.import_id == import_id, getattr(ImportRow, column) == text)
            .order_by(ImportRow.number)
        )
    )


def unknown_topics(session: Session, import_id: int) -> tuple[list[Unknown], int]:
    """Topics that the bank lacks, most rows first, at most MOST_SHOWN; how many there are in all.

    A row that names a question of the bank needs none of its own, and '' is no topic.
    """
    return _unknown(
        session, ImportRow.topic, ImportRow.import_id == import_id,
        ImportRow.topic.not_in(select(Topic.name)),
    )  # fmt: skip


def unknown_bases(session: Session, import_id: int) -> tuple[list[Unknown], int]:
    """Citations that found no article, in the same way; but for laws that are known to come."""
    return _unknown(
        session, ImportRow.basis, ImportRow.import_id == import_id,
        ImportRow.article_id.is_(None), ImportRow.digest.is_not(None),
        cast(ImportRow.judged, String).not_like('%"basis_later"%'),
    )  # fmt: skip


def _unknown(
    session: Session, column: Any, *conditions: ColumnElement[bool]
) -> tuple[list[Unknown], int]:
    rows = session.execute(
        select(column, func.count(), func.count().over())
        .where(column != "", ImportRow.verdict.in_(_COUNTED), *conditions)
        .group_by(column)
        .order_by(func.count().desc(), func.min(ImportRow.number))
        .limit(MOST_SHOWN)
    ).all()
    return [Unknown(row[0], row[1]) for row in rows], rows[0][2] if rows else 0


def rows_without_topic(session: Session, import_id: int) -> int:
    """How many rows say no topic and do not name a question of the bank, which has one."""
    counted = (
        select(func.count())
        .select_from(ImportRow)
        .where(
            ImportRow.import_id == import_id, ImportRow.topic == "",
            ImportRow.verdict.in_(_COUNTED), ImportRow.code.not_in(select(Question.code)),
        )
    )  # fmt: skip
    return session.scalar(counted) or 0


def number_at(session: Session, import_id: int, place: int) -> int | None:
    """Number of the first row that stands at or behind this place in its file; None if none does."""
    return session.scalar(
        select(func.min(ImportRow.number)).where(
            ImportRow.import_id == import_id, ImportRow.place_number >= place
        )
    )


def refused_rows(
    session: Session, import_id: int
) -> list[tuple[dict[str, str], Place, list[Finding]]]:
    """(cells, place, findings) of the rows that cannot go in, in the order of the file."""
    found = session.execute(
        select(*table_of(ImportRow).c)
        .where(ImportRow.import_id == import_id, ImportRow.verdict == Verdict.REFUSED)
        .order_by(ImportRow.number)
    )
    made = []
    for row in found:
        parsed = parsed_of(row)
        made.append((cells_of(parsed), parsed.place, said_of(row)))
    return made
