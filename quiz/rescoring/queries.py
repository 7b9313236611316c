"""Which attempts a corrected key touches, and what it changes for each: one statement for all."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from accounts.approvals.models import TwoPersonAct
from accounts.people.models import Person
from quiz.attempts.models import Answer, Attempt, AttemptState, Score
from quiz.corrections.rules import MARKED_STATES
from quiz.grading.rules import grade
from quiz.keys.models import KeyCorrection
from quiz.keys.queries import CorrectionView, up_to
from quiz.keys.rules import marking_key, strict_key
from quiz.occasions.models import Occasion, PoolItem
from quiz.papers.models import Paper
from quiz.papers.queries import versions_of
from quiz.papers.rules import from_json
from quiz.practice.rules import KIND as PRACTICE
from quiz.rescoring.models import RescoredAttempt, RescoringDone
from quiz.rescoring.rules import HUNDREDTHS, Change, change_of
from quiz.results.queries import newest_score


@dataclass(frozen=True)
class Touched:
    """An attempt whose paper has the version, at ``position``. Marks in hundredths.

    ``was``: before the correction; ``marks``: with it; ``strict``: by the new key alone.
    """

    attempt_id: int
    person_id: int
    person: str
    staff_no: str
    kind: str
    title: str
    number: int
    state: AttemptState
    position: int
    was: int
    max_marks: int
    was_pass: bool
    marks: int
    strict: int
    is_pass: bool
    change: Change
    done_at: datetime | None


def _place(
    session: Session, version_id: int
) -> tuple[Any, ColumnElement[int], ColumnElement[bool]]:
    """The items of a paper as rows, the position of one, and the condition that it is the version."""
    if session.get_bind().dialect.name == "sqlite":
        one = func.json_each(Paper.items).table_valued("key", column("value", JSON), name="one")
        is_it = func.json_extract(one.c.value, "$[0]", type_=Integer) == version_id
        return one, cast(one.c.key, Integer) + 1, is_it
    one = (
        func.json_array_elements(Paper.items)
        .table_valued(column("value", JSON), with_ordinality="place", name="one")
        .render_derived()
    )
    is_it = cast(one.c.value.op("->>")(literal_column("0")), BigInteger) == version_id
    return one, cast(one.c.place, BigInteger), is_it


def _touched(session: Session, version_id: int) -> tuple[Select[*tuple[Any, ...]], Any, Any]:
    """(marked attempts at exams and rounds whose paper has the version, its item, its position).

    Only papers of occasions that could draw the version are looked through.
    """
    one, position, is_it = _place(session, version_id)
    could_draw = select(PoolItem.occasion_id).where(PoolItem.version_id == version_id)
    query: Select[*tuple[Any, ...]] = (
        select(Attempt.id)
        .join(Occasion, Occasion.id == Attempt.occasion_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .join(one, is_it)
        .where(
            Occasion.kind != PRACTICE, Occasion.id.in_(could_draw),
            Attempt.state.in_(MARKED_STATES),
        )
    )  # fmt: skip
    return query, one.c.value, position


@dataclass(frozen=True)
class Progress:
    """How many attempts a correction touches, and how many of them are marked anew."""

    all: int
    done: int

    @property
    def left(self) -> int:
        return self.all - self.done


def touched_count(session: Session, version_id: int) -> int:
    """How many marked attempts at exams and rounds have this version on their paper."""
    query, _item, _position = _touched(session, version_id)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _is_done(correction_id: int) -> ColumnElement[bool]:
    return exists().where(
        RescoredAttempt.correction_id == correction_id, RescoredAttempt.attempt_id == Attempt.id
    )


def progress(session: Session, correction: CorrectionView) -> Progress:
    """How far a correction has come, in one statement."""
    query, _item, _position = _touched(session, correction.version_id)
    rows = query.add_columns(case((_is_done(correction.id), 1), else_=0).label("done")).subquery()
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(rows.c.done), 0)).select_from(rows)
    ).one()
    return Progress(row[0], int(row[1]))


def has_sat(session: Session, version_id: int, person_id: int) -> bool:
    """Whether one of the touched attempts is this person's."""
    query, _item, _position = _touched(session, version_id)
    return session.execute(query.where(Attempt.person_id == person_id).limit(1)).first() is not None


def left_to_mark(session: Session, correction: CorrectionView, limit: int) -> list[int]:
    """Touched attempts that are not marked anew yet, in an order that two batches share."""
    query, _item, _position = _touched(session, correction.version_id)
    query = query.where(~_is_done(correction.id)).order_by(Attempt.person_id, Attempt.id)
    return list(session.scalars(query.limit(limit)))


def touched(
    session: Session, correction: CorrectionView, attempt_ids: Collection[int] | None = None
) -> list[Touched]:
    """Every touched attempt, or these of them, with what the correction changes; in name order.

    Three statements however many there are.
    """
    version = versions_of(session, [correction.version_id])[correction.version_id]
    known = up_to(session, correction)
    keys = marking_key(version.key, known), strict_key(version.key, known)
    query, item, position = _touched(session, correction.version_id)
    query = (
        query.add_columns(
            Attempt.person_id, Person.name, Person.staff_no, Occasion.kind, Occasion.title,
            Occasion.pass_mark, Occasion.multiple_rule, Attempt.number, Attempt.state,
            item.label("item"), position.label("position"), Score.marks, Score.max_marks,
            Score.is_pass, Score.detail, Answer.value.label("answer"), RescoredAttempt,
        )
        .join(Person, Person.id == Attempt.person_id)
        .join(Score, newest_score())
        .outerjoin(
            Answer, and_(Answer.attempt_id == Attempt.id, Answer.position == position)
        )
        .outerjoin(
            RescoredAttempt,
            and_(
                RescoredAttempt.attempt_id == Attempt.id,
                RescoredAttempt.correction_id == correction.id,
            ),
        )
        .order_by(Occasion.id.desc(), Person.name, Attempt.id)
    )  # fmt: skip
    if attempt_ids is not None:
        query = query.where(Attempt.id.in_(attempt_ids))
    return [_as_touched(row, *keys) for row in session.execute(query)]


def _as_touched(row: Any, by_rule: Any, by_new: Any) -> Touched:
    done: RescoredAttempt | None = row.RescoredAttempt
    if done is not None:
        was, marks, strict = done.was, done.marks, done.strict
        was_pass, is_pass = done.was_pass, done.is_pass
    else:
        (item,) = from_json([row.item])
        value = json.loads(row.answer) if row.answer is not None else None
        rest = row.marks - row.detail[row.position - 1][0]
        was, was_pass = row.marks, row.is_pass
        marks, strict = (
            rest + grade(value, key, item, row.multiple_rule).hundredths
            for key in (by_rule, by_new)
        )
        is_pass = marks >= row.pass_mark * HUNDREDTHS
    change = change_of(
        was=was, marks=marks, strict=strict, was_pass=was_pass, is_pass=is_pass,
        pass_mark=row.pass_mark,
    )  # fmt: skip
    return Touched(
        row.id, row.person_id, row.name, row.staff_no, row.kind, row.title, row.number, row.state,
        row.position, was, row.max_marks, was_pass, marks, strict, is_pass, change,
        done.at if done else None,
    )  # fmt: skip


def unfinished(session: Session) -> list[tuple[int, datetime]]:
    """Corrections in force whose attempts are not all marked anew: (id, since when), oldest first."""
    rows = session.execute(
        select(KeyCorrection.id, TwoPersonAct.decided_at)
        .join(TwoPersonAct, TwoPersonAct.id == KeyCorrection.act_id)
        .where(
            TwoPersonAct.approved.is_(True),
            ~exists().where(RescoringDone.correction_id == KeyCorrection.id),
        )
        .order_by(KeyCorrection.id)
    )
    return [(row[0], row[1]) for row in rows if row[1] is not None]
