"""Decisions of a sitting: which operation counts, which value is sound, when it is over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from core.audit.rules import canonical
from question_bank.questions.rules import QuestionType
from quiz.papers.rules import Item

GRACE = timedelta(seconds=30)  # for transit only
MAX_TEXT = 200  # characters in one blank
MAX_ANSWER = 4000  # characters of a short answer
MAX_NUMBER = 2**31 - 1  # of epochs and sequence numbers
FIRST_VISIBLE = " "


class AttemptState(StrEnum):
    """prepared → in_progress → submitted → scored → released, and voided from any."""

    PREPARED = "prepared"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    SCORED = "scored"
    RELEASED = "released"
    VOIDED = "voided"


class UnsoundValue(ValueError):
    """A value that cannot be an answer at its position; the text says why, for a program."""


# --- time -----------------------------------------------------------------------


def deadline(started_at: datetime, minutes: int, closes_at: datetime) -> datetime:
    """When an attempt is over: after its minutes, or when the window closes.

    ``minutes`` 0: there is no clock, only the window.
    """
    return min(closes_at, started_at + timedelta(minutes=minutes)) if minutes else closes_at


def is_overdue(deadline_at: datetime, now: datetime) -> bool:
    """Whether nothing more is accepted: the grace has passed, too."""
    return now > deadline_at + GRACE


# --- values ---------------------------------------------------------------------


def _is_unreadable(character: str) -> bool:
    return character < FIRST_VISIBLE or character == "\x7f" or "\ud800" <= character <= "\udfff"


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise UnsoundValue(f"a blank takes a text of at most {MAX_TEXT} characters")
    if any(_is_unreadable(c) for c in value):
        raise UnsoundValue("control characters cannot be part of an answer")
    return value


def tidy_lines(text: str) -> str | None:
    """A typed text without what ``checked`` refuses: tabs and their like become blanks."""
    lines = text.replace("\r\n", "\n")
    plain = "".join(" " if _is_unreadable(c) and c != "\n" else c for c in lines)
    return plain.strip() or None


def _lines(value: Any) -> str | None:
    """A text of several lines, parted by ``\\n``; None where there is nothing to read in it."""
    if not isinstance(value, str):
        raise UnsoundValue("the answer is a text")
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_ANSWER:
        raise UnsoundValue(f"the answer takes a text of at most {MAX_ANSWER} characters")
    if any(_is_unreadable(c) for c in text if c != "\n"):
        raise UnsoundValue("control characters cannot be part of an answer")
    return text if text.strip() else None


def _letter(value: Any, count: int) -> str:
    if not isinstance(value, str) or len(value) != 1 or not 0 <= ord(value) - ord("A") < count:
        raise UnsoundValue(f"the options of this question are A to {chr(ord('A') + count - 1)}")
    return value


def checked(value: Any, item: Item) -> Any:
    """The value in its one spelling; None stands for a cleared answer. Raises UnsoundValue.

    single ``"B"``; multiple ``["A", "C"]`` (sorted; empty is None); true/false a boolean; fill-in a
    text for each blank (all empty is None); short answer a text (empty is None).
    """
    if value is None:
        return None
    if item.type is QuestionType.SINGLE:
        return _letter(value, len(item.order))
    if item.type is QuestionType.TRUE_FALSE:
        if not isinstance(value, bool):
            raise UnsoundValue("the answer is true or false")
        return value
    if item.type is QuestionType.SHORT_ANSWER:
        return _lines(value)
    if not isinstance(value, list):
        raise UnsoundValue("the answer is a list")
    if item.type is QuestionType.MULTIPLE:
        chosen = sorted(_letter(one, len(item.order)) for one in value)
        if len(set(chosen)) != len(chosen):
            raise UnsoundValue("an option is chosen twice")
        return chosen or None
    if len(value) != item.blanks:
        raise UnsoundValue(f"the question has {item.blanks} blanks")
    texts = [_text(one) for one in value]
    return texts if any(text.strip() for text in texts) else None


# --- operations -----------------------------------------------------------------


@dataclass(frozen=True)
class Operation:
    """One change of one answer, as a page sends it. ``value`` in its one spelling."""

    position: int
    seq: int
    value: Any


@dataclass(frozen=True)
class Stored:
    """What a position holds: canonical JSON of the value, and the pair that put it there."""

    value: str
    epoch: int
    seq: int


@dataclass(frozen=True)
class Verdict:
    """What becomes of the operations of one request.

    ``apply``: the newest of each position that beats what is stored. ``recorded``: operations that
    were already there or are beaten by what is. ``conflicts``: positions where the same pair holds
    another value.
    """

    apply: tuple[Operation, ...] = ()
    recorded: tuple[Operation, ...] = ()
    conflicts: tuple[int, ...] = ()
    superseded: tuple[Operation, ...] = field(default=())  # by a newer one of the same request


def is_recorded(stored: Stored | None, epoch: int, operation: Operation) -> bool:
    """Whether what is stored is this operation or a later one."""
    if stored is None:
        return False
    pair, held = (epoch, operation.seq), (stored.epoch, stored.seq)
    return held > pair or (held == pair and stored.value == canonical(operation.value))


def judge(epoch: int, operations: Iterable[Operation], stored: Mapping[int, Stored]) -> Verdict:
    """Sort the operations of one request, in whatever order they came, by what is to be done."""
    recorded, fresh, superseded, conflicts = [], [], [], set()
    last: dict[int, int] = {}
    for operation in operations:
        held = stored.get(operation.position)
        if is_recorded(held, epoch, operation):
            recorded.append(operation)
        elif held is not None and (held.epoch, held.seq) == (epoch, operation.seq):
            conflicts.add(operation.position)
        else:
            fresh.append(operation)
            last[operation.position] = max(operation.seq, last.get(operation.position, 0))
    newest: dict[int, Operation] = {}
    for operation in fresh:
        if operation.seq < last[operation.position]:
            superseded.append(operation)
            continue
        rival = newest.setdefault(operation.position, operation)
        if canonical(operation.value) != canonical(rival.value):
            conflicts.add(operation.position)
    return Verdict(
        tuple(newest.values()), tuple(recorded), tuple(sorted(conflicts)), tuple(superseded)
    )


def missing(epoch: int, seqs: Mapping[int, int], stored: Mapping[int, Stored]) -> list[int]:
    """Positions whose stored pair is still smaller than what the page says it sent."""
    return sorted(
        position
        for position, seq in seqs.items()
        if position not in stored or (stored[position].epoch, stored[position].seq) < (epoch, seq)
    )


# --- the receipt ----------------------------------------------------------------


def answers_digest(stored: Mapping[int, Stored]) -> str:
    """SHA-256 (hex) over all answers by position, with the pairs that put them there."""
    rows = [
        [position, json.loads(held.value), held.epoch, held.seq]
        for position, held in sorted(stored.items())
    ]
    return hashlib.sha256(canonical(rows).encode()).hexdigest()


def receipt_content(
    *, attempt_id: int, paper: str, answers: str, submitted_at: datetime, kid: str
) -> dict[str, Any]:
    """What the signature on a receipt covers; ``paper`` and ``answers`` are digests."""
    return {
        "attempt": attempt_id,
        "paper": paper,
        "answers": answers,
        "submitted_at": submitted_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kid": kid,
    }


# --- tries ----------------------------------------------------------------------


@dataclass(frozen=True)
class Try:
    """An earlier attempt at the same occasion."""

    state: AttemptState
    number: int
    is_pass: bool | None


def tries_used(tries: Sequence[Try]) -> int:
    """How many tries count; a voided one is given back."""
    return sum(one.state is not AttemptState.VOIDED for one in tries)


def awaits_marks(tries: Sequence[Try]) -> bool:
    """Whether people are still marking one of the tries."""
    return any(one.state is AttemptState.SUBMITTED for one in tries)


def has_passed(tries: Sequence[Try]) -> bool:
    """Whether one of the tries that count was a pass."""
    return any(one.is_pass and one.state is not AttemptState.VOIDED for one in tries)


def may_release(
    rule: str, *, closes_at: datetime, released_at: datetime | None, now: datetime
) -> bool:
    """Whether key, explanation and article may be seen: by rule, or released by hand."""
    if released_at is not None or rule == "at_once":
        return True
    return rule == "after_window" and is_overdue(closes_at, now)
