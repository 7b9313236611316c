"""Rounds as managers and as staff find them, and what counts of a person's tries at one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from accounts.people.models import Posting
from accounts.people.queries import is_posted_on
from core import clock
from core.errors import NotFound
from core.permissions import KEY_ROLES
from core.viewer import Viewer
from points.ledger.models import PointsEntry
from points.ledger.queries import EntryView
from quiz.attempts.models import Attempt, AttemptState
from quiz.attempts.queries import AttemptRow, attempts_of
from quiz.attempts.rules import is_overdue
from quiz.counting.queries import lines_of, source_stem
from quiz.opening.queries import are_points_on
from quiz.progress.queries import (
    SORTS,
    RoundProgress,
    RoundView,
    composition,
    participation,
    progress,
    round_by_id,
    round_views,
    rounds,
)
from quiz.results.queries import ResultView, ReviewedQuestion, result_of, reviewed
from quiz.rounds.models import QuizRound
from quiz.rounds.rules import Facts, Refusal, may_start

__all__ = [
    "SORTS", "Counted", "RoundEntry", "RoundProgress", "RoundResult", "RoundView", "composition",
    "entry_of", "own_attempt", "participation", "progress", "round_by_id", "round_entries",
    "round_result", "round_views", "rounds", "unsettled",
]  # fmt: skip

RECENT = 6  # rounds that staff are shown


# --- one person -------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """What a round posted for a person: how many right answers, how many points, by which try."""

    entry_id: int
    attempt_id: int
    right: int
    earned: int
    per_answer: int
    rule_version_id: int | None


@dataclass(frozen=True)
class RoundEntry:
    """One round as one person finds it. ``under_way``: an attempt to go on with."""

    round: RoundView
    under_way: int | None
    open_until: datetime | None
    tries_used: int
    last_attempt: int | None
    refusal: Refusal | None
    counted: Counted | None

    @property
    def id(self) -> int:
        return self.round.id

    @property
    def number(self) -> int:
        return self.round.number

    @property
    def title(self) -> str:
        return self.round.title

    @property
    def opens_at(self) -> datetime:
        return self.round.opens_at

    @property
    def closes_at(self) -> datetime:
        return self.round.closes_at

    @property
    def questions(self) -> int:
        return self.round.questions

    @property
    def target(self) -> int:
        return self.round.target

    @property
    def max_points(self) -> int:
        return self.round.max_points

    @property
    def tries_left(self) -> int:
        return max(0, self.round.tries - self.tries_used)

    @property
    def may_start(self) -> bool:
        return self.refusal is None

    @property
    def right(self) -> int | None:
        """Right answers of the try that counts; None before one does."""
        return self.counted.right if self.counted else None

    @property
    def earned(self) -> int | None:
        """Points that the try that counts posted; None before one does."""
        return self.counted.earned if self.counted else None

    @property
    def is_on_target(self) -> bool:
        return self.counted is not None and self.counted.earned >= self.target


def round_entries(session: Session, viewer: Viewer, now: datetime) -> list[RoundEntry]:
    """Open and recent rounds as the viewer finds them, newest first; three statements.

    Where points are switched off: only what the viewer has begun and not ended.
    """
    found = _entries(
        session, viewer, now, rounds().order_by(QuizRound.opens_at.desc()).limit(RECENT)
    )
    return found if are_points_on() else [one for one in found if one.under_way]


def entry_of(
    session: Session, round_id: int, viewer: Viewer, now: datetime, *, with_points: bool = True
) -> RoundEntry:
    """One round as the viewer finds it; NotFound where there is none.

    ``with_points`` False: without what it posted, which no decision on a start rests on.
    """
    query = rounds().where(QuizRound.id == round_id)
    found = _entries(session, viewer, now, query, with_points=with_points)
    if not found:
        raise NotFound(_("找不到这一轮答题"))
    return found[0]


def _entries(
    session: Session,
    viewer: Viewer,
    now: datetime,
    query: Select[*tuple[Any, ...]],
    *,
    with_points: bool = True,
) -> list[RoundEntry]:
    posted = exists().where(
        Posting.person_id == viewer.person_id, is_posted_on(clock.civil_date(now))
    )
    rows = session.execute(
        query.add_columns(posted.label("posted")).execution_options(populate_existing=True)
    ).all()
    if not rows:
        return []
    views = round_views([row[:3] for row in rows])
    attempts: dict[int, list[AttemptRow]] = {}
    for attempt in attempts_of(session, [one.occasion_id for one in views], viewer.person_id):
        attempts.setdefault(attempt.occasion_id, []).append(attempt)
    posted_by = _counted(session, viewer.person_id, views) if with_points else {}
    return [
        _entry(one, attempts.get(one.occasion_id, []), posted_by.get(one.id), viewer,
               bool(rows[0].posted), now)
        for one in views
    ]  # fmt: skip


def _entry(
    one: RoundView,
    attempts: Sequence[AttemptRow],
    counted: Counted | None,
    viewer: Viewer,
    is_on_post: bool,
    now: datetime,
) -> RoundEntry:
    tries = [each for each in attempts if each.state is not AttemptState.VOIDED]
    live = next((each for each in tries if each.state is AttemptState.IN_PROGRESS), None)
    # Its time is over and the next look closes it: nothing is left to go on with.
    is_over = live is not None and is_overdue(live.deadline_at, now)
    ended = [each.id for each in attempts if each is not live or is_over]
    facts = Facts(
        closes_at=one.closes_at, tries=one.tries, is_on=are_points_on(), is_on_post=is_on_post,
        sees_keys=bool(viewer.roles & KEY_ROLES), tries_used=len(tries),
        has_passed=any(each.is_pass for each in tries),
        under_way=live.id if live is not None and not is_over else None,
    )  # fmt: skip
    return RoundEntry(
        round=one, under_way=facts.under_way, open_until=live.deadline_at if live else None,
        tries_used=len(tries), last_attempt=ended[-1] if ended else None,
        refusal=may_start(facts, now), counted=counted,
    )  # fmt: skip


def _counted(session: Session, person_id: int, views: Sequence[RoundView]) -> dict[int, Counted]:
    """What these rounds have posted for a person and not taken back, by round; one statement."""
    reversal = aliased(PointsEntry)
    by_stem = {source_stem(one.id): one.id for one in views}
    rows = session.execute(
        select(PointsEntry)
        .where(
            PointsEntry.person_id == person_id,
            PointsEntry.origin_period_id.in_([one.period_id for one in views]),
            PointsEntry.source.like("round:%"),
            ~exists().where(reversal.reverses_id == PointsEntry.id),
        )
        .order_by(PointsEntry.id)
    ).scalars()
    found = {}
    for row in rows:
        round_id = by_stem.get(row.source.partition("#")[0])
        if round_id is not None:
            found[round_id] = Counted(
                row.id, row.facts["attempt"], row.facts["right"], row.amount,
                row.facts["per_answer"], row.rule_version_id,
            )  # fmt: skip
    return found


def unsettled(entry: RoundEntry, now: datetime) -> int | None:
    """The attempt whose time is over while it is under way: whoever reads it owes it a close."""
    if entry.open_until is not None and is_overdue(entry.open_until, now):
        return entry.last_attempt
    return None


# --- one result -------------------------------------------------------------------------


@dataclass(frozen=True)
class RoundResult:
    """One try at a round as its person sees it afterwards.

    ``lines``: everything that the round posted for the person, oldest first.
    """

    result: ResultView
    entry: RoundEntry
    questions: tuple[ReviewedQuestion, ...]
    lines: tuple[EntryView, ...]

    @property
    def right(self) -> int:
        """How many answers of this try were right."""
        return sum(one.question.is_right for one in self.questions)

    @property
    def counts(self) -> bool:
        """Whether this is the try that earns points."""
        counted = self.entry.counted
        return counted is not None and counted.attempt_id == self.result.attempt_id


def own_attempt(session: Session, attempt_id: int, viewer: Viewer) -> int:
    """The round that the viewer's own attempt belongs to; NotFound for everything else."""
    found = session.scalar(
        select(QuizRound.id)
        .join(Attempt, Attempt.occasion_id == QuizRound.occasion_id)
        .where(Attempt.id == attempt_id, Attempt.person_id == viewer.person_id)
    )
    if found is None:
        raise NotFound(_("找不到这次答题"))
    return int(found)


def round_result(session: Session, attempt_id: int, viewer: Viewer, now: datetime) -> RoundResult:
    """The viewer's own result; NotFound for everything else. ``settle`` it before."""
    round_id = own_attempt(session, attempt_id, viewer)
    result = result_of(session, attempt_id, viewer.person_id)
    return RoundResult(
        result=result, entry=entry_of(session, round_id, viewer, now),
        questions=reviewed(session, result.questions),
        lines=tuple(lines_of(session, round_id, viewer.person_id)),
    )  # fmt: skip
