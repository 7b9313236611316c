"""What people do with question files: upload, import all or nothing, discard."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.clock import civil_date
from core.errors import Conflict, Invalid
from core.uploads import check_upload
from question_bank.formats import parsed, rows
from question_bank.formats.intake import Upload
from question_bank.formats.sentences import file_trouble
from question_bank.formats.tables import UnusableFile
from question_bank.imports import queries
from question_bank.imports.models import QuestionImport
from question_bank.imports.rules import JudgedRow, goes_in, judge, note_to_json
from question_bank.questions.models import Question, QuestionVersion, ReviewEvent, Topic
from question_bank.questions.rules import VersionState
from question_bank.questions.services import new_codes
from question_bank.topics.queries import topic_ids
from question_bank.twins import services as twins

KINDS = frozenset({"csv", "docx", "gift", "json", "txt", "xlsx", "xml", "zip"})
KEY_KINDS = frozenset({"csv", "docx", "txt", "xlsx"})
BATCH = 1000


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    created: int
    versions: int
    version_ids: Sequence[int] = ()

    @property
    def total(self) -> int:
        return self.created + self.versions


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
    upload = Upload(check_upload(file.name, file.data, allowed=KINDS), file.data)
    try:
        return parsed.read(upload, _checked_key(key) if key else None)
    except UnusableFile as error:
        raise Invalid(file_trouble(error), field="key" if error.in_key else "file") from None


def _checked_key(key: SentFile) -> Upload:
    try:
        return Upload(check_upload(key.name, key.data, allowed=KEY_KINDS), key.data)
    except Invalid as error:
        raise Invalid(error.detail, field="key") from None


def judge_all(session: Session, found: Sequence[rows.ParsedRow], day: date) -> list[JudgedRow]:
    """The verdict on every row, given what the bank holds now."""
    bank = queries.bank_for(session, found, day)
    return [judge(row, bank) for row in found]


def upload(
    session: Session,
    *,
    filename: str,
    data: bytes,
    by_id: int,
    now: datetime,
    key: SentFile | None = None,
) -> QuestionImport:
    """Read and judge a file and keep it for its preview; nothing goes into the bank yet.

    ``key``: a second file with the answers.
    """
    read = read_files(SentFile(filename, data), key)
    judged = judge_all(session, read.rows, civil_date(now))
    kept = QuestionImport(
        by_id=by_id, at=now, filename=filename[-200:],
        sha256=hashlib.sha256(data + (key.data if key else b"")).hexdigest(),
        rows=[*(row.to_json() for row in judged), *map(note_to_json, read.notes)],
    )  # fmt: skip
    session.add(kept)
    session.flush()
    record(session, "import.upload", ("question_import", kept.id),
           facts={"file": kept.filename, "rows": len(judged), "sha256": kept.sha256})  # fmt: skip
    return kept


def discard(session: Session, *, import_id: int, by_id: int, now: datetime) -> None:
    """Give an upload up. Conflict where it was imported or given up already."""
    _claim(session, import_id, by_id, discarded_at=now)
    record(session, "import.discard", ("question_import", import_id))


def import_rows(
    session: Session, *, import_id: int, by_id: int, with_doubtful: bool, now: datetime
) -> Imported:
    """Put the good rows of an upload into the bank as drafts: all of them or none.

    Rows are judged anew, because the bank may have changed since the preview. Conflict where the
    upload was imported or given up already.
    """
    view = queries.own_import(session, import_id, by_id)
    _claim(session, import_id, by_id, imported_at=now)
    judged = judge_all(session, view.parsed(), civil_date(now))
    good = [
        (number, row)
        for number, row in enumerate(judged, 1)
        if goes_in(row, with_doubtful=with_doubtful)
    ]
    chosen = twins.settle(session, import_id, good)
    done = add_questions(
        session, [row for _number, row in chosen], state=VersionState.DRAFT, author_id=by_id,
        now=now, import_id=import_id,
    )  # fmt: skip
    # new questions come first in what was made, then next versions
    ordered = sorted(chosen, key=lambda each: each[1].base is not None)
    made = {number: id_ for (number, _row), id_ in zip(ordered, done.version_ids, strict=True)}
    twins.remember(session, import_id=import_id, made=made, by_id=by_id, now=now)
    record(
        session, "import.import", ("question_import", import_id),
        facts={"file": view.filename, "created": done.created, "versions": done.versions},
    )  # fmt: skip
    return done


def _claim(session: Session, import_id: int, by_id: int, **values: datetime) -> None:
    result = session.execute(
        update(QuestionImport)
        .where(
            QuestionImport.id == import_id,
            QuestionImport.by_id == by_id,
            QuestionImport.imported_at.is_(None),
            QuestionImport.discarded_at.is_(None),
        )
        .values(**values)
    )
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise Conflict(_("这个文件已经导入或放弃了。没有重复导入。"))


# --- many at once ----------------------------------------------------------------


def add_questions(
    session: Session,
    judged: Sequence[JudgedRow],
    *,
    state: VersionState,
    author_id: int,
    now: datetime,
    import_id: int | None = None,
) -> Imported:
    """Insert judged rows as new questions or next versions, a thousand a statement."""
    topics = _topics(session, judged)
    fresh = [row for row in judged if row.base is None]
    later = [row for row in judged if row.base is not None]
    questions = _new_questions(session, fresh, now)
    _retire_returned(session, later, author_id, now)
    versions = [
        _values(row, question_id, 1, topics)
        for row, question_id in zip(fresh, questions, strict=True)
    ] + [
        _values(row, row.base.question_id, row.base.number + 1, topics) for row in later if row.base
    ]
    common = {"state": state, "author_id": author_id, "created_at": now, "import_id": import_id}
    insert_all(session, QuestionVersion, [{**each, **common} for each in versions])
    ids = queries.version_ids(session, [(each["question_id"], each["number"]) for each in versions])
    insert_all(
        session, ReviewEvent,
        [{"version_id": id_, "from_state": None, "to_state": VersionState.DRAFT,
          "by_id": author_id, "at": now} for id_ in ids],
    )  # fmt: skip
    return Imported(len(fresh), len(later), ids)


def _topics(session: Session, judged: Sequence[JudgedRow]) -> dict[str, int]:
    """Name → id; topics that are new are made, in the order in which the file names them."""
    known = topic_ids(session)
    missing = list(dict.fromkeys(row.topic for row in judged if row.topic not in known))
    if missing:
        last = session.scalar(select(func.max(Topic.ordinal))) or 0
        session.execute(
            insert(Topic),
            [{"name": name, "ordinal": last + place} for place, name in enumerate(missing, 1)],
        )
        for name in missing:
            record(session, "topic.create", ("topic", name[:64]), facts={"name": name})
        known = topic_ids(session)
    return known


def _new_questions(session: Session, fresh: Sequence[JudgedRow], now: datetime) -> list[int]:
    """Ids of new questions, one for each row; rows without a code get one."""
    provisional: list[dict[str, Any]] = [
        {"code": row.parsed.code or f"new-{now.timestamp():.0f}-{place}", "created_at": now}
        for place, row in enumerate(fresh)
    ]
    insert_all(session, Question, provisional)
    ids = queries.question_ids(session, [each["code"] for each in provisional])
    unnamed = [id_ for row, id_ in zip(fresh, ids, strict=True) if not row.parsed.code]
    if unnamed:
        codes = new_codes(session, unnamed)
        session.execute(
            update(Question),
            [{"id": id_, "code": code} for id_, code in zip(unnamed, codes, strict=True)],
        )
    return ids


def _retire_returned(
    session: Session, later: Sequence[JudgedRow], by_id: int, now: datetime
) -> None:
    """A returned version makes room for its correction."""
    returned = [
        row.base.id for row in later if row.base and row.base.state is VersionState.RETURNED
    ]
    if not returned:
        return
    session.execute(
        update(QuestionVersion), [{"id": id_, "state": VersionState.RETIRED} for id_ in returned]
    )
    insert_all(
        session, ReviewEvent,
        [{"version_id": id_, "from_state": VersionState.RETURNED, "to_state": VersionState.RETIRED,
          "by_id": by_id, "at": now} for id_ in returned],
    )  # fmt: skip


def _values(
    row: JudgedRow, question_id: int, number: int, topics: Mapping[str, int]
) -> dict[str, Any]:
    draft = row.draft
    if draft is None:
        raise ValueError(f"row {row.parsed.row} has no question")
    return {
        "question_id": question_id, "number": number, "type": draft.type, "stem": draft.stem,
        "options": list(draft.options), "key": draft.key, "explanation": draft.explanation,
        "topic_id": topics[row.topic], "difficulty": draft.difficulty, "pool": draft.pool,
        "may_shuffle": draft.may_shuffle, "article_id": row.article_id, "basis": draft.basis,
        "digest": draft.digest, "passage": draft.passage, "is_rich": draft.is_rich,
    }  # fmt: skip


def insert_all(session: Session, model: Any, values: Sequence[dict[str, Any]]) -> None:
    """Insert rows, a thousand a statement."""
    for start in range(0, len(values), BATCH):
        session.execute(insert(model), values[start : start + BATCH])
