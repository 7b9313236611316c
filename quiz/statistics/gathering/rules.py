"""How long a question took, as far as the saves of a sitting tell."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_GAP = 600  # seconds; who took longer was away


def gaps(saves: Sequence[tuple[int, int, float]], openings: dict[int, float]) -> dict[int, float]:
    """Position → seconds of work on it, as far as the saves of one attempt tell.

    ``saves``: (position, epoch, seconds on any clock), the last accepted one of each position;
    ``openings``: epoch → when its paper was opened. The time at a question is taken as the gap from
    the save of the position before it (from the opening, for the first), within one opening of the
    paper. Left out, because the gap would then hold something else: saves out of order, several
    that arrived at once, and gaps of more than ten minutes. An answer changed later tells nothing.
    """
    when = {position: (epoch, at) for position, epoch, at in saves}
    at_once: dict[float, int] = {}
    for _position, _epoch, at in saves:
        at_once[at] = at_once.get(at, 0) + 1
    ordered = sorted(saves, key=lambda save: save[2])
    found = {}
    for number, (position, epoch, at) in enumerate(ordered):
        if position == 1 and number == 0:
            before = openings.get(epoch)
        else:
            known = when.get(position - 1)
            follows = number > 0 and ordered[number - 1][0] == position - 1
            before = known[1] if known and follows and known[0] == epoch else None
        if before is not None and at_once[at] == 1 and 0 < at - before <= LONGEST_GAP:
            found[position] = at - before
    return found
