"""Drawing a paper from a frozen pool by a stored seed, the same bytes for ever."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from core.audit.rules import canonical
from question_bank.questions.rules import QuestionType

T = TypeVar("T")

# Sections of a paper, in the order in which Chinese papers have them.
SECTIONS = (
    QuestionType.SINGLE,
    QuestionType.MULTIPLE,
    QuestionType.TRUE_FALSE,
    QuestionType.FILL_IN,
    QuestionType.SHORT_ANSWER,
)


@dataclass(frozen=True)
class Candidate:
    """A question version as far as drawing needs it."""

    version_id: int
    type: QuestionType
    options: int  # how many
    may_shuffle: bool
    blanks: int = 0  # of a fill-in
    passage: int = 0  # which of the pool's passages it is about; 0: none


@dataclass(frozen=True)
class Row:
    """One row of a frozen pool: ``count`` questions of ``marks`` marks each out of ``items``."""

    count: int
    marks: int
    items: tuple[Candidate, ...]


@dataclass(frozen=True)
class Item:
    """One question of a paper. ``order``: indexes of the version's options as they are shown."""

    version_id: int
    order: tuple[int, ...]
    marks: int
    type: QuestionType
    blanks: int = 0


class PoolTooSmall(ValueError):
    """A row cannot be filled without using a question twice."""


class _Dice:
    """Shuffles by ``random.random()`` alone: the one method whose sequence Python keeps for ever."""

    def __init__(self, seed: str) -> None:
        digest = hashlib.sha256(seed.encode()).digest()
        self._next = random.Random(int.from_bytes(digest)).random  # nosec B311

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """``count`` of the items, in random order (Fisher–Yates)."""
        pool = list(items)
        for index in range(count):
            other = index + int(self._next() * (len(pool) - index))
            pool[index], pool[other] = pool[other], pool[index]
        return pool[:count]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self.sample(items, len(items))


def draw(rows: Sequence[Row], seed: str) -> tuple[Item, ...]:
    """The paper of this seed: sections by type, questions shuffled within, options where allowed.

    Questions of a section that share a passage stand together, where the first of them fell.
    A version that several rows offer is used once; rows with the least to spare draw first.
    Raises PoolTooSmall where a row cannot be filled.
    """
    dice = _Dice(seed)
    used: set[int] = set()
    drawn: list[tuple[Candidate, int]] = []
    tightest = sorted(range(len(rows)), key=lambda n: (len(rows[n].items) - rows[n].count, n))
    for number in tightest:
        row = rows[number]
        free = [item for item in row.items if item.version_id not in used]
        if len(free) < row.count:
            raise PoolTooSmall(f"row {number} has {len(free)} of {row.count} questions")
        for candidate in dice.sample(free, row.count):
            used.add(candidate.version_id)
            drawn.append((candidate, row.marks))
    paper: list[Item] = []
    for section in SECTIONS:
        members = [pair for pair in drawn if pair[0].type is section]
        for candidate, marks in _together(dice.shuffled(members)):
            order = list(range(candidate.options))
            if candidate.may_shuffle:
                order = dice.shuffled(order)
            paper.append(
                Item(candidate.version_id, tuple(order), marks, candidate.type, candidate.blanks)
            )
    return tuple(paper)


def _together(members: Sequence[tuple[Candidate, int]]) -> list[tuple[Candidate, int]]:
    """The same questions with those of one passage next to each other; without passages as given."""
    groups: dict[object, list[tuple[Candidate, int]]] = {}
    for place, pair in enumerate(members):
        passage = pair[0].passage
        groups.setdefault(("passage", passage) if passage else place, []).append(pair)
    return [pair for group in groups.values() for pair in group]


def as_json(items: Sequence[Item]) -> list[Any]:
    """The items as a table keeps them."""
    return [
        [item.version_id, list(item.order), item.marks, item.type.value, item.blanks]
        for item in items
    ]


def from_json(items: Sequence[Any]) -> tuple[Item, ...]:
    """The items as a table kept them."""
    return tuple(
        Item(version_id, tuple(order), marks, QuestionType(type_), blanks)
        for version_id, order, marks, type_, blanks in items
    )


def digest_of(items: Sequence[Item]) -> str:
    """SHA-256 (hex) over the canonical JSON of the items."""
    return hashlib.sha256(canonical(as_json(items)).encode()).hexdigest()


def max_marks(items: Sequence[Item]) -> int:
    """Marks of the whole paper."""
    return sum(item.marks for item in items)
