"""What differs between two texts, in pieces that a page can mark. Pure; the standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# One token: a figure or a Latin word stays whole (15 → 20, not 1[5→0]), blanks run together,
# every other character, Chinese ones too, stands for itself.
_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?%?|[A-Za-z]+|\s+|.", re.DOTALL)
# Two texts longer than this (in tokens) are compared line by line: difflib takes quadratic time.
MAX_TOKENS = 3000
# So few equal characters between two changes are taken into the change: confetti is hard to read.
MIN_EQUAL = 2


class Change(StrEnum):
    """Where a piece of text stands: in both, in the former only, in the new one only."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Segment:
    """A piece of text. ``change``: whether both texts hold it, or which one does."""

    change: Change
    text: str


def segments(before: str, after: str) -> list[Segment]:
    """Two texts as one list of pieces, in reading order; what was removed stands before what was added.

    Joining SAME and REMOVED gives ``before``, joining SAME and ADDED gives ``after``. No two
    neighbours are of one kind, no piece is empty. Equal texts are one SAME piece ([] where empty).
    """
    return list(_joined(_tidied(_raw(before, after))))


def former(pieces: list[Segment]) -> list[Segment]:
    """What the former text holds: for the left column, with REMOVED to be marked ``del``."""
    return list(_joined(piece for piece in pieces if piece.change is not Change.ADDED))


def latter(pieces: list[Segment]) -> list[Segment]:
    """What the new text holds: for the right column, with ADDED to be marked ``ins``."""
    return list(_joined(piece for piece in pieces if piece.change is not Change.REMOVED))


def _raw(before: str, after: str) -> Iterator[Segment]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > MAX_TOKENS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            yield Segment(Change.SAME, "".join(old[old_from:old_to]))
            continue
        yield Segment(Change.REMOVED, "".join(old[old_from:old_to]))
        yield Segment(Change.ADDED, "".join(new[new_from:new_to]))


def _tidied(pieces: Iterable[Segment]) -> Iterator[Segment]:
    """Short equal pieces between two changes become part of both; changes beside one another join."""
    found = [piece for piece in pieces if piece.text]
    removed, added = "", ""
    for at, piece in enumerate(found):
        is_between = 0 < at < len(found) - 1
        if piece.change is Change.SAME and not (is_between and len(piece.text) < MIN_EQUAL):
            yield Segment(Change.REMOVED, removed)
            yield Segment(Change.ADDED, added)
            yield piece
            removed, added = "", ""
            continue
        removed += piece.text if piece.change is not Change.ADDED else ""
        added += piece.text if piece.change is not Change.REMOVED else ""
    yield Segment(Change.REMOVED, removed)
    yield Segment(Change.ADDED, added)


def _joined(pieces: Iterable[Segment]) -> Iterator[Segment]:
    """Neighbours of one kind as one piece; without empty ones."""
    kept: Segment | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if kept is not None and kept.change is piece.change:
            kept = Segment(kept.change, kept.text + piece.text)
            continue
        if kept is not None:
            yield kept
        kept = piece
    if kept is not None:
        yield kept
