"""What the nightly job reads: attempts in batches, and the questions on their papers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from core.db import table_of
from question_bank.questions.models import QuestionVersion, VersionState
from question_bank.questions.rules import LIVE_STATES, WITH_OPTIONS, QuestionType
from quiz.attempts.models import Answer, Attempt, AttemptState, Opening, Score
from quiz.keys.queries import Corrections, all_in_force
from quiz.keys.rules import right_key
from quiz.occasions.models import Occasion, PoolItem
from quiz.papers.models import Paper
from quiz.statistics.tally import Line, Tried

KINDS = ("exam", "round")  # practice is answered with the book open, and again and again
MARKED = (AttemptState.SCORED, AttemptState.RELEASED)
ONCE_LIVE = (VersionState.APPROVED, VersionState.NEEDS_REVIEW, VersionState.RETIRED)
BATCH = 1_000

_attempt, _score, _paper, _occasion = (
    table_of(Attempt).c, table_of(Score), table_of(Paper).c, table_of(Occasion).c,
)  # fmt: skip
_answer, _opening, _version = table_of(Answer).c, table_of(Opening).c, table_of(QuestionVersion).c
_later = _score.alias("later")
_ATTEMPTS = (
    select(
        _attempt.id, _attempt.occasion_id, _attempt.person_id, _attempt.number, _attempt.state,
        _attempt.started_at, _paper["items"].label("on_paper"), _score.c.detail, _score.c.is_pass,
        _occasion.multiple_rule,
    )
    .select_from(table_of(Attempt))
    .join(table_of(Occasion), _occasion.id == _attempt.occasion_id)
    .join(table_of(Paper), _paper.id == _attempt.paper_id)
    .outerjoin(
        _score,
        (_score.c.attempt_id == _attempt.id)
        & (
            _score.c.number
            == select(func.max(_later.c.number))
            .where(_later.c.attempt_id == _attempt.id)
            .correlate(table_of(Attempt))
            .scalar_subquery()
        ),
    )
    .where(_occasion.kind.in_(KINDS), _attempt.id > bindparam("after"))
    .order_by(_attempt.id)
    .limit(BATCH)
)  # fmt: skip
_ANSWERS = select(
    _answer.attempt_id, _answer.position, _answer.value, _answer.epoch, _answer.saved_at
).where(_answer.attempt_id.in_(bindparam("ids", expanding=True)))
_OPENINGS = select(_opening.attempt_id, _opening.epoch, _opening.at).where(
    _opening.attempt_id.in_(bindparam("ids", expanding=True))
)


def tried(session: Session) -> Iterator[Tried]:
    """Every attempt at exams and rounds, with marks and answers where it is a first try that counts.

    A first try: number 1, marked, not voided. Three statements for each batch of a thousand.
    """
    connection = session.connection()
    after = 0
    while rows := connection.execute(_ATTEMPTS, {"after": after}).all():
        after = rows[-1].id
        firsts = [row.id for row in rows if _is_first(row)]
        answers: dict[int, dict[int, tuple[Any, int, float]]] = {}
        openings: dict[int, dict[int, float]] = {}
        if firsts:
            for attempt_id, position, value, epoch, at in connection.execute(
                _ANSWERS, {"ids": firsts}
            ):
                of_attempt = answers.setdefault(attempt_id, {})
                of_attempt[position] = (_parsed(value), epoch, at.timestamp())
            for attempt_id, epoch, at in connection.execute(_OPENINGS, {"ids": firsts}):
                openings.setdefault(attempt_id, {})[epoch] = at.timestamp()
        for row in rows:
            if _is_first(row):
                yield Tried(
                    row.occasion_id, row.person_id, row.started_at, row.on_paper, row.detail,
                    row.is_pass, answers.get(row.id, {}), openings.get(row.id, {}),
                    row.multiple_rule,
                )  # fmt: skip
            else:
                yield Tried(row.occasion_id, row.person_id, row.started_at, row.on_paper)


@lru_cache(4_096)
def _parsed(value: str) -> Any:
    """An answer as stored; most are one of a few, and nobody changes them."""
    return json.loads(value)


def _is_first(row: Row[*tuple[Any, ...]]) -> bool:
    return row.number == 1 and row.state in MARKED and row.detail is not None


def opened_at(session: Session) -> dict[int, tuple[datetime, str]]:
    """When each exam and round opened, and which of both it is; one statement."""
    found = session.execute(
        select(Occasion.id, Occasion.opens_at, Occasion.kind).where(Occasion.kind.in_(KINDS))
    )
    return {row.id: (row.opens_at, row.kind) for row in found}


def lines(session: Session) -> list[Line]:
    """Questions that an exam or a round may have shown, by what they say; two statements.

    Versions of one question with the same content (digest) are one line: what was learnt of one
    holds for the next, and so does a corrected key. Another word makes another line.
    """
    drawn = (
        select(_version.question_id)
        .join(table_of(PoolItem), table_of(PoolItem).c.version_id == _version.id)
        .join(table_of(Occasion), _occasion.id == table_of(PoolItem).c.occasion_id)
        .where(_occasion.kind.in_(KINDS))
    )
    rows = session.connection().execute(
        select(
            _version.id, _version.question_id, _version.digest, _version.type, _version.options,
            _version.key, _version.difficulty, _version.state,
        )
        .where(_version.question_id.in_(drawn), _version.state.in_(ONCE_LIVE))
        .order_by(_version.question_id, _version.number)
    )  # fmt: skip
    same: dict[tuple[int, str], list[Row[*tuple[Any, ...]]]] = {}
    for row in rows:
        same.setdefault((row.question_id, row.digest), []).append(row)
    corrections = all_in_force(session)
    return [_line(members, corrections) for members in same.values()]


def _line(members: Sequence[Row[*tuple[Any, ...]]], corrections: Mapping[int, Corrections]) -> Line:
    newest = members[-1]
    said = [one for row in members for one in corrections.get(row.id, [])]
    right = right_key(newest.key, said)
    is_by_key = newest.type is not QuestionType.SHORT_ANSWER
    options, key = len(newest.options), frozenset[int]()
    if newest.type in WITH_OPTIONS:
        key = frozenset(right)
    elif newest.type is QuestionType.TRUE_FALSE:
        options, key = 2, frozenset({0 if right else 1})
    else:
        options = 0
    return Line(
        newest.id, newest.question_id, tuple(row.id for row in members), newest.type, options, key,
        newest.difficulty, newest.state in LIVE_STATES, (right,) if said and is_by_key else (),
    )  # fmt: skip
