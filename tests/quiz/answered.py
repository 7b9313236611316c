"""Whole occasions answered in bulk, with abilities and difficulties that a test knows."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import ascii_uppercase
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.audit.rules import canonical
from core.db import table_of
from question_bank.questions.models import QuestionType, QuestionVersion
from quiz.attempts.models import Answer, Attempt, AttemptState, Opening, Score
from quiz.grading.rules import mark
from quiz.occasions.models import MultipleRule, Occasion, ReleaseRule
from quiz.occasions.services import RowSpec, open_occasion
from quiz.papers.models import Paper
from quiz.papers.rules import Candidate, Item, Row, as_json, digest_of, draw

SECONDS = 40  # between one answer and the next


@dataclass(frozen=True)
class Nature:
    """How a question behaves. ``believed``: what the knowing choose, the key where None.

    ``avoided``: an option that nobody chooses.
    """

    hard: float = 0.0  # in standard deviations of ability
    believed: int | None = None
    avoided: int | None = None


def people_of(session: Session, count: int) -> list[int]:
    """So many people, in one statement; their ids."""
    now = clock.now()
    return list(
        session.scalars(
            insert(Person).returning(Person.id),
            [
                {"staff_no": f"B{now.timestamp():.0f}{n:05d}", "name": f"考生{n}", "phone": "1",
                 "created_at": now}
                for n in range(count)
            ],
        )
    )  # fmt: skip


def hold(
    session: Session,
    versions: Sequence[QuestionVersion],
    people: Sequence[int],
    *,
    natures: Mapping[int, Nature] | None = None,
    count: int | None = None,
    kind: str = "exam",
    opens_at: datetime | None = None,
    number: int = 1,
    state: AttemptState = AttemptState.RELEASED,
    seed: int = 1,
    marks: int = 2,
    title: str = "2026年第四季度政务公开资格考试",
    occasion: Occasion | None = None,
) -> Occasion:
    """An occasion at which these people answered ``count`` (all) of these questions each.

    ``natures``: by version id. Papers are drawn and marked by the real rules; who is how able
    follows from ``seed`` and the person's place in the list.
    """
    natures = natures or {}
    opens_at = opens_at or clock.now() - timedelta(days=2)
    count = count or len(versions)
    if occasion is None:
        occasion = open_occasion(
            session, kind=kind, title=title, opens_at=opens_at, minutes=60, tries=2,
            closes_at=opens_at + timedelta(days=1), pass_mark=count * marks * 6 // 10,
            multiple_rule=MultipleRule.ALL_OR_NOTHING, release_rule=ReleaseRule.AFTER_WINDOW,
            rows=[RowSpec("全部", count, marks, [one.id for one in versions])], now=opens_at,
        )  # fmt: skip
    dice = random.Random(seed)
    by_id = {one.id: one for one in versions}
    row = Row(count, marks, tuple(_candidate(one) for one in versions))
    ability = [dice.gauss(0, 1) for _ in people]
    papers, sheets = [], []
    for n, person_id in enumerate(people):
        items = draw([row], f"{occasion.id}-{number}-{person_id}")
        papers.append({"occasion_id": occasion.id, "seed": "s", "items": as_json(items),
                       "digest": digest_of(items), "created_at": opens_at})  # fmt: skip
        values = {
            position: _answer(by_id[item.version_id], item, ability[n],
                              natures.get(item.version_id, Nature()), dice)
            for position, item in enumerate(items, start=1)
        }  # fmt: skip
        sheets.append((items, values))
    paper_ids = session.scalars(
        insert(Paper).returning(Paper.id, sort_by_parameter_order=True), papers
    ).all()
    attempt_ids = session.scalars(
        insert(Attempt).returning(Attempt.id, sort_by_parameter_order=True),
        [
            {"occasion_id": occasion.id, "person_id": person_id, "number": number, "state": state,
             "paper_id": paper_id, "epoch": 1, "started_at": opens_at,
             "deadline_at": opens_at + timedelta(hours=1), "closed_by": "candidate",
             "submitted_at": opens_at + timedelta(minutes=50), "answers_digest": "", "marked": []}
            for person_id, paper_id in zip(people, paper_ids, strict=True)
        ],
    ).all()  # fmt: skip
    session.flush()
    keys = {one.id: one.key for one in versions}
    _write(session, attempt_ids, sheets, keys, opens_at, occasion.pass_mark)
    return occasion


def _write(
    session: Session,
    attempt_ids: Sequence[int],
    sheets: Sequence[tuple[Sequence[Item], Mapping[int, Any]]],
    keys: Mapping[int, Any],
    opens_at: datetime,
    pass_mark: int,
) -> None:
    scores, answers, openings = [], [], []
    for attempt_id, (items, values) in zip(attempt_ids, sheets, strict=True):
        marking = mark(items, values, keys, rule="all_or_nothing", pass_mark=pass_mark)
        scores.append(
            {"attempt_id": attempt_id, "number": 1, "scored_at": opens_at, "marks": marking.marks,
             "max_marks": marking.max_marks, "is_pass": marking.is_pass, "key_digest": "d",
             "detail": [[one.hundredths, one.is_right] for one in marking.by_position],
             "reason": ""}
        )  # fmt: skip
        openings.append({"attempt_id": attempt_id, "open_id": "o", "epoch": 1, "at": opens_at})
        answers += [
            {"attempt_id": attempt_id, "position": position, "value": canonical(value), "epoch": 1,
             "seq": position, "saved_at": opens_at + timedelta(seconds=SECONDS * position)}
            for position, value in values.items()
            if value is not None
        ]  # fmt: skip
    connection = session.connection()
    connection.execute(insert(table_of(Score)), scores)
    connection.execute(insert(table_of(Opening)), openings)
    connection.execute(insert(table_of(Answer)), answers)


def _candidate(one: QuestionVersion) -> Candidate:
    return Candidate(one.id, one.type, len(one.options), one.may_shuffle,
                     len(one.key) if one.type is QuestionType.FILL_IN else 0)  # fmt: skip


def _answer(
    version: QuestionVersion, item: Item, ability: float, nature: Nature, dice: random.Random
) -> Any:
    knows = dice.random() < 1 / (1 + math.exp(-1.5 * (ability - nature.hard)))
    if item.type is QuestionType.TRUE_FALSE:
        return version.key if knows else not version.key
    if item.type is QuestionType.FILL_IN:
        return [texts[0] if knows else "不知道" for texts in version.key]
    right = version.key if nature.believed is None else [nature.believed]
    if knows:
        wanted = right
    else:
        others = [n for n in item.order if n not in right and n != nature.avoided]
        wanted = [dice.choice(others)]
    letters = sorted(ascii_uppercase[item.order.index(n)] for n in wanted)
    return letters if item.type is QuestionType.MULTIPLE else letters[0]
