"""Judged rows become questions of the bank: some at once, or all of an upload in sets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.orm import Session

from core.audit.services import record
from question_bank.imports.bank import queries as holding
from question_bank.imports.models import ImportRow, QuestionImport
from question_bank.imports.rules import NO_TOPIC, JudgedRow, Verdict
from question_bank.questions.models import Question, QuestionVersion, ReviewEvent, Topic
from question_bank.questions.rules import VersionState
from question_bank.questions.services import new_codes, note_replaced
from question_bank.topics.queries import topic_ids

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
    ids = holding.version_ids(session, [(each["question_id"], each["number"]) for each in versions])
    for start in range(len(fresh), len(ids), BATCH):
        note_replaced(session, ids[start : start + BATCH])
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
    return _create_topics(session, missing) if missing else known


def _create_topics(session: Session, names: Sequence[str]) -> dict[str, int]:
    last = session.scalar(select(func.max(Topic.ordinal))) or 0
    session.execute(
        insert(Topic),
        [{"name": name, "ordinal": last + place} for place, name in enumerate(names, 1)],
    )
    for name in names:
        record(session, "topic.create", ("topic", name[:64]), facts={"name": name})
    return topic_ids(session)


def _new_questions(session: Session, fresh: Sequence[JudgedRow], now: datetime) -> list[int]:
    """Ids of new questions, one for each row; rows without a code get one."""
    provisional: list[dict[str, Any]] = [
        {"code": row.parsed.code or f"new-{now.timestamp():.0f}-{place}", "created_at": now}
        for place, row in enumerate(fresh)
    ]
    insert_all(session, Question, provisional)
    ids = holding.question_ids(session, [each["code"] for each in provisional])
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


# --- all of an upload -----------------------------------------------------------------


def add_staged(
    session: Session, *, kept: QuestionImport, verdicts: Collection[Verdict], now: datetime
) -> int:
    """Insert the rows with these verdicts as new questions, a set a statement; how many there were.

    Rows whose code the bank knows already are not among them: they become versions before.
    """
    last = session.scalar(select(func.max(Question.id))) or 0
    missing = holding.new_topics(session, kept.id, verdicts)
    names = list(dict.fromkeys(name or kept.topic or NO_TOPIC for name in missing))
    known = topic_ids(session)
    if missing := [name for name in names if name not in known]:
        _create_topics(session, missing)
    code = case(
        (ImportRow.code != "", ImportRow.code),
        else_=literal(f"new-{kept.id}-") + cast(ImportRow.number, String),
    )
    chosen = (
        ImportRow.import_id == kept.id, ImportRow.verdict.in_(verdicts),
        ImportRow.digest.is_not(None),
    )  # fmt: skip
    session.execute(
        insert(Question).from_select(
            ["code", "created_at"],
            select(code, literal(now))
            .where(*chosen, code.not_in(select(Question.code)))
            .order_by(ImportRow.number),
        )
    )
    made = _insert_versions(session, kept, chosen, code, last, now)
    _name_questions(session, f"new-{kept.id}-", last)
    return made


def _insert_versions(
    session: Session, kept: QuestionImport, chosen: Sequence[ColumnElement[bool]],
    code: ColumnElement[str], last: int, now: datetime,
) -> int:  # fmt: skip
    """The first version of each question with an id above ``last``, and the event that begins it."""
    alike = ("type", "stem", "options", "key", "passage", "is_rich", "explanation", "difficulty",
             "may_shuffle", "article_id", "digest")  # fmt: skip
    no_topic = kept.topic or NO_TOPIC
    values: dict[str, Any] = {
        **{name: getattr(ImportRow, name) for name in alike}, "pool": _pool(kept),
        "question_id": Question.id, "number": literal(1), "revision": literal(1),
        "state": literal(VersionState.DRAFT, QuestionVersion.state.type),
        "topic_id": Topic.id, "basis": func.coalesce(ImportRow.basis_taken, ImportRow.basis),
        "author_id": literal(kept.by_id), "created_at": literal(now),
        "import_id": literal(kept.id),
    }  # fmt: skip
    session.execute(
        insert(QuestionVersion).from_select(
            list(values),
            select(*values.values())
            .select_from(ImportRow)
            .join(Question, Question.code == code)
            .join(Topic, Topic.name == func.coalesce(func.nullif(ImportRow.topic, ""), no_topic))
            .where(*chosen, Question.id > last)
            .order_by(ImportRow.number),
            include_defaults=False,
        )
    )
    first = (
        QuestionVersion.import_id == kept.id, QuestionVersion.number == 1,
        QuestionVersion.question_id > last,
    )  # fmt: skip
    session.execute(
        insert(ReviewEvent).from_select(
            ["version_id", "from_state", "to_state", "by_id", "at", "comment"],
            select(
                QuestionVersion.id, null(), QuestionVersion.state, literal(kept.by_id),
                literal(now), literal(""),
            )
            .where(*first)
            .order_by(QuestionVersion.id),
            include_defaults=False,
        )
    )  # fmt: skip
    return session.scalar(select(func.count()).select_from(QuestionVersion).where(*first)) or 0


def _pool(kept: QuestionImport) -> ColumnElement[Any]:
    """What a row is for, given what was said once for the whole file."""
    own: ColumnElement[Any] = ImportRow.pool.expression
    if kept.pool is None:
        return own
    said = literal(kept.pool, ImportRow.pool.type)
    return (
        said if kept.pool_is_for_all else case((ImportRow.given.contains("pool"), own), else_=said)
    )


def _name_questions(session: Session, prefix: str, last: int) -> None:
    """Give each question without a code of its own one made of its id."""
    unnamed = list(
        session.scalars(
            select(Question.id)
            .where(Question.id > last, Question.code.startswith(prefix, autoescape=True))
            .order_by(Question.id)
        )
    )
    if unnamed:
        codes = new_codes(session, unnamed)
        session.execute(
            update(Question),
            [{"id": id_, "code": code} for id_, code in zip(unnamed, codes, strict=True)],
        )
