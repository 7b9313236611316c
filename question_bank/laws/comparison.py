"""What became of each article of a law in its next version. Pure; likeness is rapidfuzz's.

Equal texts are found first, then like ones, best pair first; an article has one successor at most.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

ALIKE = 60  # percent: the same article wherever it stands
ALIKE_IN_PLACE = 40  # percent: between the same neighbours, or under the same label
WHOLE = 100


class Kind(StrEnum):
    """What became of an article: ``changed`` is another text, ``moved`` the same text elsewhere."""

    SAME = "same"
    CHANGED = "changed"
    MOVED = "moved"
    NEW = "new"
    DELETED = "deleted"


# Whoever cites one of these may be wrong now.
IN_DOUBT = frozenset({Kind.CHANGED, Kind.DELETED})


@dataclass(frozen=True)
class Text:
    """An article as far as comparing needs it, in the order of its law."""

    label: str
    text: str
    digest: str


@dataclass(frozen=True)
class Pair:
    """One article before and after: indexes into the two versions, None where there is none.

    ``likeness``: percent, 100 for equal texts only, 0 where there is nothing to compare.
    """

    kind: Kind
    old: int | None
    new: int | None
    likeness: int


def compare(old: Sequence[Text], new: Sequence[Text]) -> list[Pair]:
    """Every article of both versions in exactly one pair: first as the new one has them, then deleted."""
    matched = dict(_equal(old, new))
    scores = list(_scores(old, new, matched))
    _assign(scores, matched, ALIKE)
    _assign([one for one in scores if _in_place(one, old, new, matched)], matched, ALIKE_IN_PLACE)
    former = {after: before for before, after in matched.items()}
    pairs = [_pair(old, new, former.get(at), at) for at in range(len(new))]
    gone = [Pair(Kind.DELETED, at, None, 0) for at in range(len(old)) if at not in matched]
    return pairs + gone


def _pair(old: Sequence[Text], new: Sequence[Text], before: int | None, after: int) -> Pair:
    if before is None:
        return Pair(Kind.NEW, None, after, 0)
    one, other = old[before], new[after]
    if one.digest == other.digest:
        kind = Kind.SAME if one.label == other.label else Kind.MOVED
        return Pair(kind, before, after, WHOLE)
    return Pair(Kind.CHANGED, before, after, _likeness(one, other))


def _likeness(one: Text, other: Text) -> int:
    """Percent of characters in common, in order; below 100, because the texts differ."""
    return min(int(fuzz.ratio(one.text, other.text)), WHOLE - 1)


def _equal(old: Sequence[Text], new: Sequence[Text]) -> Iterator[tuple[int, int]]:
    """Equal texts: under the same label where there is one, the others in their order."""
    places: dict[str, list[int]] = {}
    for at, one in enumerate(new):
        places.setdefault(one.digest, []).append(at)
    later = []
    for at, one in enumerate(old):
        same = [place for place in places.get(one.digest, ()) if new[place].label == one.label]
        if same:
            places[one.digest].remove(same[0])
            yield at, same[0]
        else:
            later.append(at)
    for at in later:
        if places.get(old[at].digest):
            yield at, places[old[at].digest].pop(0)


Score = tuple[int, int, int]  # percent, index before, index after


def _scores(old: Sequence[Text], new: Sequence[Text], matched: dict[int, int]) -> Iterator[Score]:
    taken = set(matched.values())
    for before, one in enumerate(old):
        if before in matched:
            continue
        for after, other in enumerate(new):
            if after not in taken:
                percent = int(fuzz.ratio(one.text, other.text, score_cutoff=ALIKE_IN_PLACE))
                if percent:
                    yield min(percent, WHOLE - 1), before, after


def _assign(scores: Sequence[Score], matched: dict[int, int], least: int) -> None:
    """Take the best pairs first; of equally like ones those whose places are nearer."""
    taken = set(matched.values())
    for percent, before, after in sorted(
        scores, key=lambda one: (-one[0], abs(one[1] - one[2]), one[1], one[2])
    ):
        if percent >= least and before not in matched and after not in taken:
            matched[before] = after
            taken.add(after)


def _in_place(
    score: Score, old: Sequence[Text], new: Sequence[Text], matched: dict[int, int]
) -> bool:
    """Whether a pair has one label, or stands between the same neighbours in both versions."""
    _percent, before, after = score
    if old[before].label == new[after].label:
        return True
    known = sorted(matched)
    at = bisect_left(known, before)
    above = matched[known[at - 1]] if at else -1
    below = matched[known[at]] if at < len(known) else len(new)
    return above < after < below
