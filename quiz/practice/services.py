"""Starting a practice, explaining an answer once it is given, and what follows for the notebook."""

from __future__ import annotations

import json
import random
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.rules import canonical
from core.clock import civil_date
from core.db import table_of, upsert
from core.errors import Conflict, Invalid
from question_bank.laws.queries import quoted_articles
from question_bank.topics.queries import topic
from quiz.attempts.kinds import ReleasedAttempt
from quiz.attempts.models import Attempt, AttemptState
from quiz.attempts.rules import is_overdue
from quiz.attempts.services import start
from quiz.grading.rules import grade
from quiz.keys.queries import in_force
from quiz.keys.rules import right_key, strict_key
from quiz.notebook.queries import versions_to_practise
from quiz.notebook.services import gather, review
from quiz.occasions.models import MultipleRule, ReleaseRule
from quiz.occasions.services import RowSpec, open_occasion
from quiz.papers.queries import Version, items_of, versions_of
from quiz.practice.models import Practice, PracticeCheck
from quiz.practice.queries import (
    Checked,
    answered_since,
    candidates,
    explained,
    unchecked_wrong,
    wrong_questions,
)
from quiz.practice.rules import KIND, LATELY, Source, choose, closes_at
from quiz.sitting.queries import Sitting, Who, answers_of, sitting_of

_dice = random.SystemRandom()
_check = table_of(PracticeCheck)

# --- start ----------------------------------------------------------------------------


def start_by_topic(
    session: Session, *, person_id: int, topic_id: int | None, count: int, now: datetime
) -> Attempt:
    """Begin a practice of so many questions of a topic, or of all. Raises NotFound and Conflict."""
    name = topic(session, topic_id).name if topic_id is not None else _("全部知识点")
    found = candidates(session, topic_id)
    lately = answered_since(session, person_id, now - LATELY)
    drawn = [one.version_id for one in choose(found, lately, count, _dice)]
    title = _("专项练习：%(topic)s", topic=name)
    return _start(session, person_id, Source.TOPIC, topic_id, title, drawn, now)


def start_from_notebook(
    session: Session,
    *,
    person_id: int,
    topic_id: int | None,
    count: int,
    now: datetime,
    question_ids: Collection[int] | None = None,
) -> Attempt:
    """Begin a practice from the person's notebook: what is due first, then the rest.

    ``question_ids``: only these. Raises NotFound and Conflict.
    """
    if topic_id is not None:
        topic(session, topic_id)
    drawn = versions_to_practise(
        session, person_id, topic_id=topic_id, question_ids=question_ids, limit=count
    )
    return _start(session, person_id, Source.NOTEBOOK, topic_id, _("错题本练习"), drawn, now)


def start_again(session: Session, *, person_id: int, attempt_id: int, now: datetime) -> Attempt:
    """Begin a practice of what was wrong in an earlier one. Raises NotFound and Conflict."""
    wrong = wrong_questions(session, attempt_id, person_id)
    return start_from_notebook(
        session, person_id=person_id, topic_id=None, count=len(wrong), now=now, question_ids=wrong
    )


def _start(
    session: Session,
    person_id: int,
    source: Source,
    topic_id: int | None,
    title: str,
    version_ids: list[int],
    now: datetime,
) -> Attempt:
    """An occasion of its own with exactly these versions, the practice, and its one attempt."""
    if not version_ids:
        raise Conflict(_("现在没有可以练的题"), code="nothing_to_practise")
    occasion = open_occasion(
        session, kind=KIND, title=title, opens_at=now, closes_at=closes_at(now), minutes=0,
        tries=1, pass_mark=0, multiple_rule=MultipleRule.ALL_OR_NOTHING,
        release_rule=ReleaseRule.AT_ONCE,
        rows=[RowSpec(title, len(version_ids), 1, version_ids)], now=now,
    )  # fmt: skip
    attempt, _is_new = start(session, occasion_id=occasion.id, person_id=person_id, now=now)
    session.add(
        Practice(
            person_id=person_id, occasion_id=occasion.id, attempt_id=attempt.id, source=source,
            topic_id=topic_id, started_at=now,
        )
    )  # fmt: skip
    session.flush()
    return attempt


# --- the explanation after an answer ----------------------------------------------------


def check(
    session: Session, *, attempt_id: int, who: Who, position: int, epoch: int, now: datetime
) -> Checked:
    """Say whether the saved answer is right, and why. The first time, that answer counts.

    Asked again, it says the same. Raises NotFound, Invalid and Conflict (not_practice, closed,
    stale_epoch, not_answered).
    """
    sitting = sitting_of(session, attempt_id, who, now)
    _may_check(sitting, epoch, now)
    items = items_of(session, sitting.paper_key)
    if not 1 <= position <= len(items):
        raise Invalid(_("试卷没有第 %(n)d 题", n=position), position=position)
    item = items[position - 1]
    versions = versions_of(session, [item.version_id])
    version = versions[item.version_id]
    known = in_force(session, versions).get(version.id, [])
    held = answers_of(session, attempt_id)[attempt_id].get(position)
    value = json.loads(held.value) if held else None
    is_right = grade(value, strict_key(version.key, known), item, sitting.multiple_rule).is_right
    said = (canonical(value), is_right)
    if value is not None and _claim(session, attempt_id, position, *said, now):
        _learn(session, sitting, version, is_right, now)
    else:
        said = _said_before(session, attempt_id, position)
    articles = quoted_articles(session, [version.article_id], civil_date(now))
    shown = replace(version, key=right_key(version.key, known))
    return explained(position, item, shown, *said, articles, known[-1][0] if known else None)


def _may_check(sitting: Sitting, epoch: int, now: datetime) -> None:
    if sitting.kind != KIND:
        raise Conflict(_("只有练习可以边答边看答案"), code="not_practice")
    if sitting.state is not AttemptState.IN_PROGRESS or is_overdue(sitting.deadline_at, now):
        raise Conflict(_("练习已经结束，请看结果"), code="closed")
    if not 1 <= epoch <= sitting.epoch:
        raise Invalid(_("这份试卷没有这样打开过，请重新打开"), epoch=sitting.epoch)
    if epoch != sitting.epoch:
        raise Conflict(
            _("试卷已在另一处打开，这里不能再作答。之前存上的答案都在。"),
            code="stale_epoch", epoch=sitting.epoch,
        )  # fmt: skip


def _claim(
    session: Session, attempt_id: int, position: int, value: str, is_right: bool, now: datetime
) -> bool:
    """Keep the answer that counts; False where one was kept before."""
    done = session.connection().execute(
        upsert(session, PracticeCheck)
        .values(
            attempt_id=attempt_id, position=position, value=value, is_right=is_right,
            checked_at=now,
        )
        .on_conflict_do_nothing()
        .returning(_check.c.position)
    )  # fmt: skip
    return done.first() is not None


def _said_before(session: Session, attempt_id: int, position: int) -> tuple[str, bool]:
    row = (
        session.connection()
        .execute(
            select(_check.c.value, _check.c.is_right).where(
                _check.c.attempt_id == attempt_id, _check.c.position == position
            )
        )
        .first()
    )
    if row is None:
        raise Conflict(_("先作答，再看答案"), code="not_answered", position=position)
    return row.value, row.is_right


def _learn(
    session: Session, sitting: Sitting, version: Version, is_right: bool, now: datetime
) -> None:
    """What the answer means for the notebook: a wrong one is gathered, each one there is rated."""
    if not is_right:
        wrong = ReleasedAttempt(sitting.id, sitting.occasion_id, sitting.person_id, (version.id,))
        gather(session, wrong, now)
    review(
        session, person_id=sitting.person_id, question_id=version.question_id, is_right=is_right,
        now=now,
    )  # fmt: skip


def on_released(session: Session, released: ReleasedAttempt, now: datetime) -> None:
    """A practice has ended: answers that were never explained go to the notebook where wrong.

    What was checked is there already, and what was not answered says nothing.
    """
    if released.wrong:
        wrong = unchecked_wrong(session, released.attempt_id, released.wrong)
        gather(session, replace(released, wrong=wrong), now)
