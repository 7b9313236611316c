"""Sitting a paper as the page would."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from question_bank.questions.models import QuestionType
from quiz.attempts.services import open_paper, start, submit
from quiz.papers.queries import versions_of
from quiz.papers.rules import Item
from reporting.sitters.rules import wrong_positions


def sit(
    session: Session, occasion_id: int, person_id: int, number: int, at: datetime, *, passes: bool
) -> None:
    """One person sits the paper as the page would: start, open, answer, submit.

    ``number``: of the person, decides what is answered wrongly; more of it unless ``passes``.
    """
    attempt, _is_new = start(session, occasion_id=occasion_id, person_id=person_id, now=at)
    opened = open_paper(
        session, attempt_id=attempt.id, who=person_id, open_id=f"demo-{attempt.id}",
        now=at + timedelta(seconds=5),
    )  # fmt: skip
    versions = versions_of(session, [item.version_id for item in opened.items])
    wrong = wrong_positions(number, len(opened.items), passes=passes)
    operations = [
        (position, 1, answer(item, versions[item.version_id].key, is_right=position not in wrong))
        for position, item in enumerate(opened.items, 1)
    ]
    submit(
        session, attempt_id=attempt.id, who=person_id, epoch=opened.epoch, operations=operations,
        seqs=dict.fromkeys(range(1, len(operations) + 1), 1), now=at + timedelta(minutes=38),
    )  # fmt: skip


def answer(item: Item, key: Any, *, is_right: bool) -> Any:
    """What the page would send for a right or a wrong answer at this place of the paper."""
    if isinstance(key, bool):
        return key is is_right
    letters = [chr(ord("A") + item.order.index(index)) for index in key]
    if not is_right:
        others = [
            chr(ord("A") + place) for place, index in enumerate(item.order) if index not in key
        ]
        letters = [*letters[1:], others[0]] if others else letters[:1]
    return letters[0] if item.type is QuestionType.SINGLE else sorted(letters)
