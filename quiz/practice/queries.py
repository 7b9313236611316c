"""What there is to practise, and a person's practices with what they were told."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from core import clock
from core.errors import NotFound
from question_bank.laws.queries import ArticleView, quoted_articles
from question_bank.questions.models import QuestionVersion, Topic
from quiz.attempts.models import Answer, Attempt, AttemptState
from quiz.attempts.rules import GRACE
from quiz.keys.queries import as_corrected
from quiz.keys.rules import Verdict
from quiz.notebook.queries import practisable
from quiz.occasions.models import Occasion
from quiz.papers.queries import PaperQuestion, Version, items_of, items_of_all, versions_of
from quiz.papers.rules import Item
from quiz.practice.models import Practice, PracticeCheck
from quiz.practice.rules import Candidate, Source, Tally, counted, tally
from quiz.results.queries import ResultView, ReviewedQuestion, result_of, reviewed, shown_key

PAST = 6  # practices on the page
RECENT_ATTEMPTS = 50  # of a person, as far as drawing looks back

# --- what there is ------------------------------------------------------------------


@dataclass(frozen=True)
class TopicStock:
    """A topic with the number of questions that may be practised."""

    id: int
    name: str
    questions: int


def topics_to_practise(session: Session) -> list[TopicStock]:
    """Topics that have something to practise, in their order; in one statement."""
    query = (
        select(Topic.id, Topic.name, func.count())
        .join(QuestionVersion, QuestionVersion.topic_id == Topic.id)
        .where(practisable())
        .group_by(Topic.id, Topic.name, Topic.ordinal)
        .order_by(Topic.ordinal, Topic.id)
    )
    return [TopicStock(*row) for row in session.execute(query)]


def candidates(session: Session, topic_id: int | None) -> list[Candidate]:
    """Approved versions that practice may draw, of one topic or of all; never exam-only ones."""
    query = select(QuestionVersion.id, QuestionVersion.question_id).where(practisable())
    if topic_id is not None:
        query = query.where(QuestionVersion.topic_id == topic_id)
    return [Candidate(*row) for row in session.execute(query.order_by(QuestionVersion.id))]


def answered_since(session: Session, person_id: int, since: datetime) -> dict[int, datetime]:
    """Question id → when the person last answered it since then, in exams, rounds and practice."""
    attempts = (
        select(Attempt.id, Attempt.paper_id, Attempt.started_at)
        .where(Attempt.person_id == person_id, Attempt.started_at >= since)
        .order_by(Attempt.id.desc())
        .limit(RECENT_ATTEMPTS)
    )
    keys = {row.id: (row.paper_id, row.started_at) for row in session.execute(attempts)}
    papers = items_of_all(session, list(keys.values()))
    versions = versions_of(
        session, {item.version_id for items in papers.values() for item in items}
    )
    found: dict[int, datetime] = {}
    for attempt_id, position, saved_at in session.execute(
        select(Answer.attempt_id, Answer.position, Answer.saved_at).where(
            Answer.attempt_id.in_(keys)
        )
    ):
        item = papers[keys[attempt_id]][position - 1]
        question_id = versions[item.version_id].question_id
        found[question_id] = max(saved_at, found.get(question_id, saved_at))
    return found


# --- practices of a person ------------------------------------------------------------


@dataclass(frozen=True)
class PracticeRow:
    """One practice in a list. ``checked`` and ``right``: of its explained answers."""

    attempt_id: int
    title: str
    source: Source
    started_at: datetime
    deadline_at: datetime
    state: AttemptState
    checked: int
    right: int

    def is_open(self, now: datetime) -> bool:
        """Whether it can be resumed."""
        return self.state is AttemptState.IN_PROGRESS and now <= self.deadline_at + GRACE


def practices_of(session: Session, person_id: int, limit: int = PAST) -> list[PracticeRow]:
    """The person's last practices, newest first, in one statement."""
    is_its = PracticeCheck.attempt_id == Practice.attempt_id
    checked = select(func.count()).where(is_its).scalar_subquery()
    right = select(func.count()).where(is_its, PracticeCheck.is_right).scalar_subquery()
    query = (
        select(
            Practice.attempt_id, Occasion.title, Practice.source, Practice.started_at,
            Attempt.deadline_at, Attempt.state, checked, right,
        )
        .join(Attempt, Attempt.id == Practice.attempt_id)
        .join(Occasion, Occasion.id == Practice.occasion_id)
        .where(Practice.person_id == person_id)
        .order_by(Practice.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [PracticeRow(*row) for row in session.execute(query)]


# --- what was explained ---------------------------------------------------------------


@dataclass(frozen=True)
class Checked:
    """What the person is told after an answer. ``value`` and ``key`` in the paper's letters.

    ``corrected``: how the key was corrected, None where it was not.
    """

    position: int
    value: Any
    is_right: bool
    key: Any
    explanation: str
    basis: str
    article: ArticleView | None
    is_rich: bool = False  # the explanation is in the markup of core.richtext
    corrected: Verdict | None = None


def checked_positions(session: Session, attempt_id: int) -> dict[int, PracticeCheck]:
    """The checks of an attempt by position."""
    rows = session.scalars(select(PracticeCheck).where(PracticeCheck.attempt_id == attempt_id))
    return {row.position: row for row in rows}


def explained(
    position: int, item: Item, version: Version, value: str, is_right: bool,
    articles: dict[int, ArticleView], corrected: Verdict | None,
) -> Checked:  # fmt: skip
    """One check with what there is to say about it; ``value`` as canonical JSON."""
    return Checked(
        position, json.loads(value), is_right, shown_key(item, version), version.explanation,
        version.basis, articles.get(version.article_id or 0), version.is_rich, corrected,
    )  # fmt: skip


def checks_of(session: Session, attempt_id: int, person_id: int) -> dict[int, Checked]:
    """All that was explained in a practice, by position; NotFound unless it is this person's.

    Nothing of questions whose answer was not checked.
    """
    row = session.execute(
        select(Attempt.paper_id, Attempt.started_at)
        .join(Practice, Practice.attempt_id == Attempt.id)
        .where(Attempt.id == attempt_id, Practice.person_id == person_id)
    ).first()
    if row is None:
        raise NotFound
    items = items_of(session, (row.paper_id, row.started_at))
    checks = checked_positions(session, attempt_id)
    versions, corrected = as_corrected(
        session, versions_of(session, {items[position - 1].version_id for position in checks})
    )
    articles = quoted_articles(
        session, [version.article_id for version in versions.values()], clock.today()
    )
    return {
        position: explained(
            position, items[position - 1], versions[items[position - 1].version_id],
            check.value, check.is_right, articles,
            corrected.get(items[position - 1].version_id),
        )
        for position, check in sorted(checks.items())
    }  # fmt: skip


def as_checked(
    questions: Sequence[PaperQuestion], checks: Mapping[int, Checked]
) -> tuple[PaperQuestion, ...]:
    """Questions of a paper with the answers that count, where they were explained."""
    return tuple(
        replace(one, value=checks[one.position].value) if one.position in checks else one
        for one in questions
    )


# --- its result -----------------------------------------------------------------------


@dataclass(frozen=True)
class PracticeResult:
    """What a practice came to. ``wrong``: what was not right, as it counted."""

    result: ResultView
    source: Source
    tally: Tally
    questions: tuple[ReviewedQuestion, ...]
    wrong: tuple[ReviewedQuestion, ...]


def practice_result(session: Session, attempt_id: int, person_id: int) -> PracticeResult:
    """The result of one's own practice, counted from the checks; NotFound for everyone else."""
    source = session.scalar(
        select(Practice.source).where(
            Practice.attempt_id == attempt_id, Practice.person_id == person_id
        )
    )
    if source is None:
        raise NotFound
    result = result_of(session, attempt_id, person_id)
    checks = checked_positions(session, attempt_id)
    questions = []
    verdicts = []
    for question in result.questions:
        check = checks.get(question.position)
        verdict = counted(
            check.is_right if check else None, question.value is not None, question.is_right
        )
        verdicts.append(verdict)
        if check is not None:
            question = replace(question, value=json.loads(check.value))  # noqa: PLW2901
        questions.append(replace(question, is_right=verdict is True))
    seen = reviewed(session, questions)
    wrong = tuple(one for one, verdict in zip(seen, verdicts, strict=True) if verdict is False)
    return PracticeResult(result, source, tally(verdicts), seen, wrong)


def wrong_questions(session: Session, attempt_id: int, person_id: int) -> set[int]:
    """Questions that were answered wrongly in one's own practice; NotFound for everyone else."""
    found = practice_result(session, attempt_id, person_id)
    items = items_of_result(session, attempt_id)
    versions = versions_of(session, (item.version_id for item in items))
    return {
        versions[items[one.question.position - 1].version_id].question_id for one in found.wrong
    }


def items_of_result(session: Session, attempt_id: int) -> tuple[Item, ...]:
    """The paper of an attempt; whoever calls has decided that the viewer may see it."""
    row = session.execute(
        select(Attempt.paper_id, Attempt.started_at).where(Attempt.id == attempt_id)
    ).one()
    return items_of(session, (row.paper_id, row.started_at))


def unchecked_wrong(session: Session, attempt_id: int, wrong: Collection[int]) -> tuple[int, ...]:
    """Of these versions of a practice: the ones that were answered and never checked."""
    is_checked = exists().where(
        PracticeCheck.attempt_id == Answer.attempt_id, PracticeCheck.position == Answer.position
    )
    positions = session.scalars(
        select(Answer.position).where(
            and_(Answer.attempt_id == attempt_id, Answer.value != "null", ~is_checked)
        )
    )
    items = items_of_result(session, attempt_id)
    answered = {items[position - 1].version_id for position in positions}
    return tuple(version_id for version_id in wrong if version_id in answered)
