"""Gathering wrong answers after release, and keeping when each is to be practised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import literal, select, update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import UtcDateTime, rows_of, table_of, upsert
from core.errors import Conflict
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import PRACTICE_POOLS
from quiz.attempts.kinds import ReleasedAttempt
from quiz.notebook.models import NotebookEntry
from quiz.notebook.rules import rated

_entry = table_of(NotebookEntry)


def gather(session: Session, released: ReleasedAttempt, now: datetime) -> None:
    """Put what was answered wrongly into the person's notebook, due at once; one statement.

    Questions reserved for exams stay out. A question that its person had removed comes back.
    """
    if not released.wrong:
        return
    moment = literal(now, UtcDateTime())
    version = table_of(QuestionVersion).c
    wrong = (
        select(literal(released.person_id), version.question_id, literal(1), moment, moment, moment)
        .where(version.id.in_(released.wrong), version.pool.in_(PRACTICE_POOLS))
        .group_by(version.question_id)
        .order_by(version.question_id)  # two at once lock in one order
    )
    columns = ["person_id", "question_id", "wrong_count", "first_wrong_at", "last_wrong_at",
               "due_at"]  # fmt: skip
    statement: Any = upsert(session, NotebookEntry)
    session.connection().execute(
        statement.from_select(columns, wrong).on_conflict_do_update(
            index_elements=["person_id", "question_id"],
            set_={
                "wrong_count": _entry.c.wrong_count + 1, "last_wrong_at": now, "due_at": now,
                "removed_at": None,
            },
        )
    )  # fmt: skip


def review(
    session: Session, *, person_id: int, question_id: int, is_right: bool, now: datetime
) -> None:
    """A question of the notebook was practised: when it is due again. Nothing for any other."""
    is_it = (
        (_entry.c.person_id == person_id)
        & (_entry.c.question_id == question_id)
        & _entry.c.removed_at.is_(None)
    )
    connection = session.connection()
    row = connection.execute(select(_entry.c.card).where(is_it).with_for_update()).first()
    if row is None:
        return
    card, due_at = rated(row.card, question_id, is_right=is_right, now=now)
    connection.execute(update(_entry).where(is_it).values(card=card, due_at=due_at))


def remove(session: Session, *, person_id: int, question_id: int, now: datetime) -> None:
    """Take a question out of the person's notebook until it is answered wrongly again.

    Raises Conflict where it is not in it.
    """
    done = session.connection().execute(
        update(_entry)
        .where(
            _entry.c.person_id == person_id, _entry.c.question_id == question_id,
            _entry.c.removed_at.is_(None),
        )
        .values(removed_at=now)
    )  # fmt: skip
    if rows_of(done) != 1:
        raise Conflict(_("这道题已经不在错题本里"), code="not_in_notebook")
    record(session, "notebook.remove", ("question", question_id))
