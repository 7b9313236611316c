"""Finding what is to be compared, the pairs that were found, and their questions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from question_bank.duplicates.beside import Beside, beside
from question_bank.duplicates.models import (
    DuplicateDecision,
    DuplicatePair,
    DuplicateRun,
    RunState,
)
from question_bank.duplicates.rules import (
    Asked,
    Decision,
    Kind,
    Standing,
    dropped,
    kind_of,
    offered,
    retirable,
)
from question_bank.questions.models import Question, QuestionVersion, Topic
from question_bank.questions.queries import draft_of
from question_bank.questions.rules import Draft, VersionState

# --- what is compared -------------------------------------------------------------


def _stands() -> ColumnElement[bool]:
    """Condition: the newest version of a question that is not retired."""
    newer = aliased(QuestionVersion)
    return (QuestionVersion.state != VersionState.RETIRED) & ~exists().where(
        newer.question_id == QuestionVersion.question_id,
        newer.number > QuestionVersion.number,
        newer.state != VersionState.RETIRED,
    )


def bank(session: Session) -> list[Asked]:
    """What the bank asks: of each question its newest version not retired, by question; one statement.

    ``rank`` and ``group`` are the question's id, ``ref`` the version's.
    """
    rows = session.execute(
        select(
            QuestionVersion.id, QuestionVersion.question_id, QuestionVersion.type,
            QuestionVersion.stem, QuestionVersion.options, QuestionVersion.key,
            QuestionVersion.passage, QuestionVersion.is_rich,
        )
        .where(_stands())
        .order_by(QuestionVersion.question_id)
    )  # fmt: skip
    return [
        Asked(
            question_id,
            Draft(type_, stem, tuple(options), key, passage=passage, is_rich=is_rich),
            question_id,
            id_,
        )
        for id_, question_id, type_, stem, options, key, passage, is_rich in rows
    ]


def codes(session: Session) -> dict[int, str]:
    """Question id → code, of every question."""
    return {row[0]: row[1] for row in session.execute(select(Question.id, Question.code))}


# --- runs -------------------------------------------------------------------------


@dataclass(frozen=True)
class Runs:
    """The comparison that goes on, and the last one that was finished."""

    running: DuplicateRun | None
    done: DuplicateRun | None


def runs(session: Session) -> Runs:
    """In two statements."""
    return Runs(running(session), last_done(session))


def running(session: Session) -> DuplicateRun | None:
    """The comparison that goes on."""
    return session.scalar(select(DuplicateRun).where(DuplicateRun.state == RunState.RUNNING))


def last_done(session: Session) -> DuplicateRun | None:
    """The last comparison that was finished."""
    return session.scalar(
        select(DuplicateRun)
        .where(DuplicateRun.state == RunState.DONE)
        .order_by(DuplicateRun.id.desc())
        .limit(1)
    )


# --- pairs ------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One question of a pair, as the page shows it."""

    standing: Standing
    revision: int
    code: str
    draft: Draft
    topic_id: int
    topic: str
    article_id: int | None
    author_id: int

    @property
    def asked(self) -> Asked:
        return Asked(
            self.standing.question_id, self.draft, self.standing.question_id,
            self.standing.version_id,
        )  # fmt: skip


def _waits() -> list[ColumnElement[bool]]:
    """Conditions: nobody has decided to keep both, and both stand as they were compared."""
    first, second = aliased(QuestionVersion), aliased(QuestionVersion)
    return [
        ~exists().where(
            DuplicateDecision.first_id == DuplicatePair.first_id,
            DuplicateDecision.second_id == DuplicatePair.second_id,
            DuplicateDecision.decision == Decision.KEEP,
            (DuplicatePair.kind != Kind.CONTRADICTION)
            | (DuplicateDecision.kind == Kind.CONTRADICTION),
        ),
        exists().where(
            first.id == DuplicatePair.first_version_id, first.state != VersionState.RETIRED
        ),
        exists().where(
            second.id == DuplicatePair.second_version_id, second.state != VersionState.RETIRED
        ),
    ]


def waiting(run_id: int, kinds: Collection[Kind] = ()) -> Select[*tuple[Any, ...]]:
    """Pairs of a run that wait for a decision, contradictions first, then the most alike.

    ``kinds``: only of these; none is all.
    """
    query: Select[*tuple[Any, ...]] = select(DuplicatePair).where(
        DuplicatePair.run_id == run_id, *_waits()
    )
    if kinds:
        query = query.where(DuplicatePair.kind.in_(kinds))
    grave = case((DuplicatePair.kind == Kind.CONTRADICTION, 0), else_=1)
    return query.order_by(
        grave, DuplicatePair.likeness.desc(), DuplicatePair.second_id, DuplicatePair.first_id
    )


def counts(session: Session, run_id: int) -> dict[Kind, int]:
    """How many pairs of each kind wait."""
    rows = session.execute(
        select(DuplicatePair.kind, func.count())
        .where(DuplicatePair.run_id == run_id, *_waits())
        .group_by(DuplicatePair.kind)
    )
    return {**dict.fromkeys(Kind, 0), **{row[0]: row[1] for row in rows}}


def pair(session: Session, pair_id: int) -> DuplicatePair | None:
    """One pair that waits; None where it is gone, or was decided."""
    return session.scalar(select(DuplicatePair).where(DuplicatePair.id == pair_id, *_waits()))


def sides(session: Session, version_ids: Collection[int]) -> dict[int, Side]:
    """Version id → what a page shows of it; in one statement."""
    rows = session.execute(
        select(QuestionVersion, Question.code, Topic.name)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .where(QuestionVersion.id.in_(version_ids))
    )
    return {
        version.id: Side(
            Standing(version.question_id, version.id, version.number, version.state),
            version.revision, code, draft_of(version), version.topic_id, topic, version.article_id,
            version.author_id,
        )
        for version, code, topic in rows
    }  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A pair side by side. ``kind`` and ``score`` are of what both say now; ``score`` 0: no longer alike."""

    id: int
    kind: Kind
    score: int
    first: Side
    second: Side
    beside: Beside
    offered: Sequence[Decision]

    @property
    def seen(self) -> str:
        return seen_of(self.first, self.second)

    @property
    def loser(self) -> Side | None:
        """Which of the two goes, where they are the same."""
        gone = dropped(self.first.standing, self.second.standing)
        if gone is None:
            return None
        return self.first if gone == self.first.standing else self.second

    @property
    def stays(self) -> Side:
        return self.second if self.loser is self.first else self.first

    @property
    def is_retirable(self) -> bool:
        return retirable(self.first.standing, self.second.standing)


def seen_of(first: Side, second: Side) -> str:
    """Names what a page shows of two questions: it changes with either."""
    return f"{first.standing.version_id}.{first.revision}-{second.standing.version_id}.{second.revision}"


def shown(session: Session, pairs: Sequence[DuplicatePair]) -> list[Shown]:
    """Pairs as the page shows them; in one statement."""
    known = sides(
        session, {id_ for each in pairs for id_ in (each.first_version_id, each.second_version_id)}
    )
    return [
        _shown(each.id, known[each.first_version_id], known[each.second_version_id])
        for each in pairs
    ]


def _shown(pair_id: int, first: Side, second: Side) -> Shown:
    from question_bank.duplicates.likeness import score_of

    one, other = first.asked, second.asked
    return Shown(
        pair_id, kind_of(one, other), score_of(one, other), first, second,
        beside(first.draft, second.draft), offered(first.standing, second.standing),
    )  # fmt: skip
