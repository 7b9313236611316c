"""Finding the questions that are alike among very many, and missing none.

Likeness is 100 × 2·LCS / (length + length), LCS being the longest common subsequence of characters.
What may be alike is found first, by a bound that never exceeds the true distance: each character of
a text, told apart by how often it occurred before, sets one of 256 bits. A bit that only one of two
texts has set stands for at least one character that the other lacks, so that two texts lie at least
as many insertions and deletions apart as bits of theirs differ. Only what remains is weighed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel

from question_bank.duplicates.rules import ALIKE, WHOLE, Asked, Likeness, kind_of, order

WORDS = 4  # of 64 bits in a signature
BITS = 64 * WORDS
WEIGHED = 100  # of one question, so many of the closest are weighed
MOST = 5  # and so many are told
PASSAGES = 100_000  # pairs of passages whose likeness is kept


def find(asked: Sequence[Asked], among: Sequence[Asked]) -> list[Likeness]:
    """The pairs of a question with one that came before it (a smaller rank), in ``order``.

    At most ``MOST`` for each question, its gravest and closest. Memory: some 300 bytes for each of
    ``among`` beyond the texts. Of a text that more than ``WEIGHED`` others may resemble, the closest
    by the bound are weighed.
    """
    haystack = _Haystack([each for each in among if each.body])
    found: list[Likeness] = []
    for one in asked:
        if one.body:
            alike = sorted(haystack.alike(one), key=order)
            found.extend(alike[:MOST])
    return sorted(found, key=order)


def score_of(one: Asked, other: Asked) -> int:
    """How alike two questions are, 0–100; 0 where it is less than ``ALIKE``."""
    return _score(one, other, _ratio)


def _score(one: Asked, other: Asked, of_passages: Callable[[str, str], int]) -> int:
    """That of their passages, where those are less alike: one stem may be asked of many cases."""
    score = _ratio(one.body, other.body)
    if score and one.passage != other.passage:
        score = min(score, of_passages(one.passage, other.passage))
    return score


class _Haystack:
    """Questions by length of their texts, with their signatures."""

    def __init__(self, questions: Sequence[Asked]) -> None:
        self.questions = sorted(questions, key=lambda each: (len(each.body), each.rank))
        self.lengths = np.array([len(each.body) for each in self.questions], dtype=np.int32)
        # few passages are shared by many questions
        self.of_passages = lru_cache(maxsize=PASSAGES)(_ratio)
        self.ranks = np.array([each.rank for each in self.questions], dtype=np.int64)
        signatures = [_signature(each.body) for each in self.questions]
        # one row for each word of the signatures: what is compared at once lies side by side
        self.words: NDArray[np.uint64] = np.ascontiguousarray(
            np.array(signatures, dtype=np.uint64).reshape(-1, WORDS).T
        )

    def alike(self, one: Asked) -> Iterator[Likeness]:
        for place in self._candidates(one):
            other = self.questions[place]
            if one.group is not None and one.group == other.group:
                continue
            score = _score(one, other, self.of_passages)
            if score:
                yield Likeness(one, other, kind_of(one, other), score)

    def _candidates(self, one: Asked) -> list[int]:
        """Places of what came before and may be alike, the closest by the bound where many."""
        length = len(one.body)
        # 2·min/(a+b) bounds the likeness of texts of these lengths
        shortest, longest = (
            length * ALIKE / (2 * WHOLE - ALIKE),
            length * (2 * WHOLE - ALIKE) / ALIKE,
        )
        start = int(np.searchsorted(self.lengths, shortest, "left"))
        end = int(np.searchsorted(self.lengths, longest, "right"))
        if start == end:
            return []
        apart = np.zeros(end - start, dtype=np.uint16)
        for word, mine in zip(self.words, _signature(one.body), strict=True):
            apart += np.bitwise_count(word[start:end] ^ np.uint64(mine))
        allowed = (self.lengths[start:end] + length) * (WHOLE - ALIKE) // WHOLE
        places = np.flatnonzero((apart <= allowed) & (self.ranks[start:end] < one.rank))
        if len(places) > WEIGHED:
            closest = np.argsort(apart[places], kind="stable")[:WEIGHED]
            places = places[closest]
        return [start + int(place) for place in places]


def _signature(text: str) -> tuple[int, ...]:
    """The bits that the characters of a text set; see the module."""
    bits = 0
    for sign, times in Counter(text).items():
        for nth in range(times):
            bits |= 1 << _bit(sign, nth)
    return tuple(bits >> (64 * word) & 0xFFFFFFFFFFFFFFFF for word in range(WORDS))


@lru_cache(maxsize=1 << 16)
def _bit(sign: str, nth: int) -> int:
    return crc32(f"{sign}{nth}".encode()) % BITS


def _ratio(one: str, other: str) -> int:
    """Likeness of two texts, 0–100 rounded down; 0 where it is below ``ALIKE``."""
    length = len(one) + len(other)
    allowed = length * (WHOLE - ALIKE) // WHOLE
    distance = Indel.distance(one, other, score_cutoff=allowed)
    return WHOLE * (length - distance) // length if distance <= allowed and length else 0
