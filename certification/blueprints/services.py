"""Keeping a blueprint, and freezing what it may draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from certification.blueprints import queries
from certification.blueprints.rules import Row, overlaps
from certification.exams.models import BlueprintRow
from certification.exams.services import claim_draft
from core.audit.services import record
from core.errors import Invalid
from question_bank.questions.models import Difficulty, QuestionType
from question_bank.questions.queries import eligible
from quiz.occasions.services import RowSpec


def save_rows(session: Session, *, exam_id: int, version: int, rows: Sequence[Row]) -> None:
    """Replace the blueprint of a draft.

    Raises Invalid where rows overlap, naming both, and Stale where the draft was changed meanwhile.
    """
    if overlaps(rows):
        names = dict(queries.topic_list(session))
        raise Invalid(" ".join(queries.overlap_sentences(rows, names)), field="rows")
    claim_draft(session, exam_id, version)
    session.execute(delete(BlueprintRow).where(BlueprintRow.exam_id == exam_id))
    if rows:
        session.execute(
            insert(BlueprintRow),
            [
                {
                    **asdict(row), "exam_id": exam_id, "ordinal": ordinal,
                    "type": QuestionType(row.type),
                    "difficulty": Difficulty(row.difficulty) if row.difficulty else None,
                }
                for ordinal, row in enumerate(rows)
            ],
        )  # fmt: skip
    record(
        session, "exam.blueprint", ("exam", exam_id),
        facts={"rows": [[*row.place, row.count, row.marks] for row in rows]},
    )  # fmt: skip


def row_specs(session: Session, rows: Sequence[Row]) -> list[RowSpec]:
    """The rows with the ids of all versions that they may draw now."""
    names = dict(queries.topic_list(session))
    return [
        RowSpec(
            label=queries.label(row, names), count=row.count, marks=row.marks,
            version_ids=list(
                session.scalars(
                    eligible(
                        row.topic_id,
                        QuestionType(row.type),
                        Difficulty(row.difficulty) if row.difficulty else None,
                    )
                )
            ),
        )
        for row in rows
    ]  # fmt: skip
