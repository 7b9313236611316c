"""What people do with question files: upload, import all or nothing, discard."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.clock import civil_date
from core.db import rows_of
from core.errors import Conflict, Invalid
from core.uploads import check_upload
from question_bank.formats import parsed, rows, streams
from question_bank.formats.intake import Upload
from question_bank.formats.sentences import file_trouble
from question_bank.formats.tables import UnusableFile
from question_bank.imports import queries, staging
from question_bank.imports.adding import Imported, add_questions, add_staged, insert_all
from question_bank.imports.bank import queries as holding
from question_bank.imports.models import ImportFile, ImportRow, QuestionImport
from question_bank.imports.rules import ImportState, JudgedRow, Verdict, judge
from question_bank.media.services import note_uses
from question_bank.questions.rules import VersionState
from question_bank.twins import services as twins

__all__ = [
    "Imported", "SentFile", "add_questions", "discard", "import_rows", "insert_all", "judge_all",
    "read_file", "read_files", "upload",
]  # fmt: skip

KINDS = frozenset({"csv", "docx", "gift", "json", "txt", "xls", "xlsx", "xml", "zip"})
KEY_KINDS = frozenset({"csv", "docx", "txt", "xls", "xlsx"})


@dataclass(frozen=True)
class SentFile:
    """A file as somebody sent it."""

    name: str
    data: bytes


def read_file(filename: str, data: bytes) -> list[rows.ParsedRow]:
    """The rows of a file; Invalid with a sentence where it holds nothing that can be read."""
    return list(read_files(SentFile(filename, data)).rows)


def read_files(file: SentFile, key: SentFile | None = None) -> parsed.Parsed:
    """The rows of a file, and what is to be said about all of it. ``key``: its answers.

    Invalid with a sentence where a file cannot be used; ``field`` in extra is file or key.
    """
    upload, answers = checked(file, key)
    with told():
        return parsed.read(upload, answers)


def checked(file: SentFile, key: SentFile | None) -> tuple[Upload, Upload | None]:
    """Both files, fit to be read; Invalid with a sentence where one is not."""
    upload = Upload(check_upload(file.name, file.data, allowed=KINDS), file.data)
    return upload, _checked_key(key) if key else None


@contextmanager
def told() -> Iterator[None]:
    """What is wrong with a file, as a sentence."""
    try:
        yield
    except UnusableFile as error:
        raise Invalid(file_trouble(error), field="key" if error.in_key else "file") from None


def _checked_key(key: SentFile) -> Upload:
    try:
        return Upload(check_upload(key.name, key.data, allowed=KEY_KINDS), key.data)
    except Invalid as error:
        raise Invalid(error.detail, field="key") from None


def judge_all(session: Session, found: Sequence[rows.ParsedRow], day: date) -> list[JudgedRow]:
    """The verdict on every row, given what the bank holds now."""
    bank = holding.bank_for(session, found, day)
    return [judge(row, bank) for row in found]


def upload(
    session: Session,
    *,
    filename: str,
    data: bytes,
    by_id: int,
    now: datetime,
    key: SentFile | None = None,
    on_batch: Callable[[int, int], None] | None = None,
) -> QuestionImport:
    """Read and judge a file and keep it for its preview; nothing goes into the bank yet.

    ``key``: a second file with the answers. ``on_batch`` as in ``stage``.
    """
    file = SentFile(filename, data)
    upload, answers = checked(file, key)
    kept = keep(session, file, key, upload.kind, ImportState.READY, by_id, now)
    stage(session, kept, upload, answers, civil_date(now), on_batch or _silent)
    return kept


def keep(
    session: Session, file: SentFile, key: SentFile | None, kind: str, state: ImportState,
    by_id: int, now: datetime,
) -> QuestionImport:  # fmt: skip
    """A checked upload, without rows as yet."""
    kept = QuestionImport(
        by_id=by_id, at=now, filename=file.name[-200:], kind=kind, state=state,
        sha256=hashlib.sha256(file.data + (key.data if key else b"")).hexdigest(),
    )  # fmt: skip
    session.add(kept)
    session.flush()
    record(session, "import.upload", ("question_import", kept.id),
           facts={"file": kept.filename, "sha256": kept.sha256})  # fmt: skip
    return kept


def stage(
    session: Session, kept: QuestionImport, upload: Upload, key: Upload | None, day: date,
    on_batch: Callable[[int, int], None],
) -> None:  # fmt: skip
    """Read a checked file into the rows of an upload and judge them.

    ``on_batch``: told the rows so far, and about how many there are. Invalid with a sentence where
    the file cannot be used.
    """
    with told():
        stream = streams.opened(upload, key)
        comparer = staging.Comparer(holding.bank_on(session, day))
        stager = staging.Stager(kept.id, comparer, stream.items)
        while batch := stager.next_batch():
            stager.put(session, batch)
            on_batch(stager.number, stream.total)
    kept.rows_total, kept.notes = stream.total, notes_of(stream)
    staging.finish(session, kept, stager, comparer)
    session.flush()


def notes_of(stream: streams.Stream) -> list[dict[str, Any]]:
    """What is to be said about a file as a whole, as an upload keeps it."""
    return [dict(finding.__dict__) for finding in stream.notes]


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""


def discard(session: Session, *, import_id: int, by_id: int, now: datetime) -> None:
    """Give an upload up, also while it is read; its rows go.

    Conflict where it was imported or given up already.
    """
    states = {ImportState.READY, ImportState.READING, ImportState.FAILED}
    _claim(session, import_id, by_id, states, state=ImportState.DISCARDED, discarded_at=now)
    session.execute(delete(ImportRow).where(ImportRow.import_id == import_id))
    session.execute(delete(ImportFile).where(ImportFile.import_id == import_id))
    record(session, "import.discard", ("question_import", import_id))


def import_rows(
    session: Session, *, import_id: int, by_id: int, with_doubtful: bool, now: datetime
) -> Imported:
    """Put the good rows of an upload into the bank as drafts: all of them or none.

    Rows are judged anew, because the bank may have changed since the preview. Conflict where the
    upload was imported or given up already.
    """
    kept = queries.own_upload(session, import_id, by_id)
    ready = {ImportState.READY}
    _claim(session, import_id, by_id, ready, state=ImportState.IMPORTED, imported_at=now)
    session.refresh(kept)  # what was said of the whole file may have changed before the claim
    twins.settle(session, import_id)
    comparer = staging.Comparer(holding.bank_of(session, kept, civil_date(now)))
    staging.compare(session, import_id, comparer, anew=True)
    verdicts = {Verdict.GOOD, Verdict.DOUBTFUL} if with_doubtful else {Verdict.GOOD}
    versions = 0
    for batch in _batches(staging.known_rows(session, import_id, comparer.bank, verdicts)):
        versions += add_questions(
            session, batch, state=VersionState.DRAFT, author_id=by_id, now=now, import_id=import_id
        ).versions
    done = Imported(add_staged(session, kept=kept, verdicts=verdicts, now=now), versions)
    if rich := queries.rich_drafts(session, import_id):
        note_uses(session, rich)
    twins.remember(session, import_id=import_id, by_id=by_id, now=now)
    record(
        session, "import.import", ("question_import", import_id),
        facts={"file": kept.filename, "created": done.created, "versions": done.versions,
               **({"source": kept.source} if kept.source else {})},
    )  # fmt: skip
    return done


def _batches(rows: Iterator[tuple[int, JudgedRow]]) -> Iterator[list[JudgedRow]]:
    while batch := [row for _number, row in islice(rows, staging.BATCH)]:
        yield batch


def _claim(
    session: Session, import_id: int, by_id: int, states: Collection[ImportState], **values: Any
) -> None:
    result = session.execute(
        update(QuestionImport)
        .where(
            QuestionImport.id == import_id,
            QuestionImport.by_id == by_id,
            QuestionImport.state.in_(states),
        )
        .values(**values)
    )
    if rows_of(result) != 1:
        raise Conflict(_("这个文件已经导入或放弃了。没有重复导入。"))
