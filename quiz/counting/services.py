"""What rounds post to the ledger: the first submitted try that counts, and every correction of it.

All of it under the person's lock, so that of a void and a submission at once each sees the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.rulebook.queries import rule_on
from points.ledger.queries import EntryView, unreversed
from points.ledger.services import post_first, reverse
from quiz.attempts.kinds import ScoredAttempt
from quiz.counting.queries import Counting, counting, hold_person, source_stem

# What the line says to its person, for good: in the language of the office, whoever corrects.
REASONS = {"voided": "这次作答已作废", "rescored": "试题更正后重新评分"}


def on_scored(session: Session, scored: ScoredAttempt, now: datetime) -> None:
    """Post what a try earned, where it is the person's first submitted one that counts."""
    hold_person(session, scored.person_id)
    first = counting(session, scored.occasion_id, scored.person_id)
    if first is not None and first.attempt_id == scored.attempt_id:
        _post(session, first, scored.person_id, now)


def on_voided(session: Session, scored: ScoredAttempt, now: datetime) -> None:
    """Take back what a void try posted; the next try that counts posts in its place."""
    hold_person(session, scored.person_id)
    first = counting(session, scored.occasion_id, scored.person_id)
    if first is None:
        return
    entry = unreversed(session, scored.person_id, source_stem(first.round_id))
    if entry is None or entry.facts["attempt"] != scored.attempt_id:
        return
    _take_back(session, entry, "voided", now)
    if first.attempt_id is not None:
        _post(session, first, scored.person_id, now)


def on_rescored(session: Session, scored: ScoredAttempt, now: datetime) -> None:
    """Post anew what the try that counts earned, where its number of right answers has changed."""
    hold_person(session, scored.person_id)
    first = counting(session, scored.occasion_id, scored.person_id)
    if first is None or first.attempt_id != scored.attempt_id:
        return
    entry = unreversed(session, scored.person_id, source_stem(first.round_id))
    if entry is not None and entry.facts["right"] == first.right:
        return
    if entry is not None:
        _take_back(session, entry, "rescored", now)
    _post(session, first, scored.person_id, now)


def _post(session: Session, first: Counting, person_id: int, now: datetime) -> None:
    """One posting of ``first``, which has an attempt; the ledger refuses a second one."""
    if first.submitted_on is None:
        raise RuntimeError(f"attempt {first.attempt_id} is marked and was not submitted")
    rule = rule_on(session, "points.per_answer", first.submitted_on)
    per_answer = int(rule.value)
    post_first(
        session, person_id=person_id, origin_period_id=first.period_id,
        stem=source_stem(first.round_id), amount=first.right * per_answer,
        rule_version_id=rule.id, now=now,
        facts={"title": first.title, "right": first.right, "total": first.total,
               "per_answer": per_answer, "attempt": first.attempt_id, "round": first.round_id},
    )  # fmt: skip


def _take_back(session: Session, entry: EntryView, why: str, now: datetime) -> None:
    kept: dict[str, Any] = {
        name: entry.facts[name]
        for name in ("title", "right", "total", "per_answer", "attempt", "round")
    }
    facts = {**kept, "why": why, "reason": REASONS[why]}
    reverse(session, entry_id=entry.id, facts=facts, now=now)
