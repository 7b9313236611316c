"""The questions that match, as files hold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from question_bank.filters.queries import matching
from question_bank.formats.xlsx import VALUES, ExportedQuestion, cells_of, row_of
from question_bank.questions.models import (
    Question,
    QuestionVersion,
    Topic,
    VersionState,
)
from question_bank.questions.queries import Filters, draft_of
from question_bank.questions.rules import in_words

PIECE = 500  # rows fetched at once


def exported(session: Session, filters: Filters) -> list[ExportedQuestion]:
    """The questions that match, each with the version that the list shows; in one statement.

    Retired questions are left out unless the filter asks for them.
    """
    rows = session.execute(_in_codes(select(QuestionVersion, Question.code, Topic.name), filters))
    return [ExportedQuestion(code, topic, draft_of(version)) for version, code, topic in rows]


def export_cells(session: Session, filters: Filters) -> Iterator[list[str]]:
    """The same as rows of the workbook, fetched as they are wanted, however many there are."""
    columns = (getattr(QuestionVersion, name) for name in VALUES)
    query = select(QuestionVersion.is_rich, Question.code, Topic.name, *columns)
    # past the ORM, which makes each row a second time
    found = session.connection().execute(
        _in_codes(query, filters), execution_options={"yield_per": PIECE}
    )
    for row in found:
        is_rich, code, topic, *values = row
        if is_rich:
            yield cells_of(code, topic, in_words(draft_of(cast(QuestionVersion, row))))
        else:
            yield row_of(code, topic, values)


def export_total(session: Session, filters: Filters) -> tuple[int, list[str]]:
    """How many questions match, and the codes of those in rich text."""
    found = _of_export(filters).subquery()
    rich = (
        select(Question.code)
        .join(QuestionVersion, QuestionVersion.question_id == Question.id)
        .where(QuestionVersion.id.in_(select(found.c.id)), QuestionVersion.is_rich)
        .order_by(Question.code)
    )
    return (
        session.scalar(select(func.count()).select_from(found)) or 0,
        list(session.scalars(rich)),
    )


def _of_export(filters: Filters) -> Select[int]:
    listed = matching(filters)
    if filters.state is None:
        listed = listed.where(QuestionVersion.state != VersionState.RETIRED)
    return listed


def _in_codes(query: Select[*tuple[Any, ...]], filters: Filters) -> Select[*tuple[Any, ...]]:
    return (
        query.join(Question, Question.id == QuestionVersion.question_id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .where(QuestionVersion.id.in_(_of_export(filters)))
        .order_by(Question.code)
    )
