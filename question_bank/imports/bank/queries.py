"""What the bank holds of the questions of a file, some statements for every 500 of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from question_bank.formats.rows import ParsedRow
from question_bank.imports.models import ImportRow, QuestionImport
from question_bank.imports.rules import NO_TOPIC, Bank, ImportState, KnownVersion, Verdict
from question_bank.laws.queries import citation_index
from question_bank.questions.models import (
    Question,
    QuestionVersion,
    Topic,
)
from question_bank.questions.queries import draft_of, topic_ids
from question_bank.starter import cited_digests

PIECE = 500  # values in one IN (…)
T = TypeVar("T")


def was_undone() -> ColumnElement[bool]:
    """Condition: the version came with an import that was undone."""
    return exists().where(
        QuestionImport.id == QuestionVersion.import_id, QuestionImport.state == ImportState.UNDONE
    )


def bank_for(session: Session, rows: Sequence[ParsedRow], day: date) -> Bank:
    """What the bank holds of the questions of a file; some statements for every 500 rows."""
    drafts = [row.draft for row in rows if row.draft is not None]
    return replace(
        bank_on(session, day),
        by_code=versions_by_code(session, {row.code for row in rows if row.code}),
        by_digest=_by_digest(session, {draft.digest for draft in drafts}),
    )


def bank_on(session: Session, day: date) -> Bank:
    """What every file is compared with: topics and articles, in three statements."""
    return Bank(
        topics=frozenset(topic_ids(session)),
        articles=citation_index(session, day),
        to_come=frozenset(cited_digests()),
    )


def bank_of(session: Session, kept: QuestionImport, day: date) -> Bank:
    """The same for one upload, with what was said once for its whole file."""
    return replace(
        bank_on(session, day), no_topic=kept.topic or NO_TOPIC,
        pool=kept.pool if kept.pool_is_for_all else None,
    )  # fmt: skip


def pieces(values: Collection[T]) -> Iterator[list[T]]:
    """The values in lists short enough for one statement."""
    ordered = list(values)
    for start in range(0, len(ordered), PIECE):
        yield ordered[start : start + PIECE]


def versions_by_code(session: Session, codes: Collection[str]) -> dict[str, list[KnownVersion]]:
    """Code → versions of the question, newest first."""
    found: dict[str, list[KnownVersion]] = {}
    for piece in pieces(codes):
        for version, code, topic, is_undone in session.execute(
            select(QuestionVersion, Question.code, Topic.name, was_undone())
            .join(Question, Question.id == QuestionVersion.question_id)
            .join(Topic, Topic.id == QuestionVersion.topic_id)
            .where(Question.code.in_(piece))
            .order_by(QuestionVersion.question_id, QuestionVersion.number.desc())
        ):
            found.setdefault(code, []).append(
                KnownVersion(version.id, version.question_id, code, version.number,
                             version.state, topic, draft_of(version), is_undone)
            )  # fmt: skip
    return found


def _by_digest(session: Session, digests: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for piece in pieces(digests):
        rows = session.execute(
            select(QuestionVersion.digest, Question.code)
            .join(Question, Question.id == QuestionVersion.question_id)
            .where(QuestionVersion.digest.in_(piece), ~was_undone())
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def question_ids(session: Session, codes: Sequence[str]) -> list[int]:
    """Ids of the questions of these codes, in the same order."""
    found: dict[str, int] = {}
    for piece in pieces(codes):
        rows = session.execute(select(Question.code, Question.id).where(Question.code.in_(piece)))
        found.update((row[0], row[1]) for row in rows)
    return [found[code] for code in codes]


def version_ids(session: Session, numbers: Sequence[tuple[int, int]]) -> list[int]:
    """Ids of the versions of these (question id, number), in the same order."""
    found: dict[tuple[int, int], int] = {}
    for piece in pieces([question_id for question_id, _number in numbers]):
        rows = session.execute(
            select(QuestionVersion.question_id, QuestionVersion.number, QuestionVersion.id).where(
                QuestionVersion.question_id.in_(piece)
            )
        )
        found.update(((row[0], row[1]), row[2]) for row in rows)
    return [found[number] for number in numbers]


# --- rows of an upload that the bank has, or is to be asked about ----------------------


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
