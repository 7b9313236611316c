"""What a home page is made of: things to do, with the days left."""

from __future__ import annotations

from dataclasses import dataclass, field

SOON = 3  # days before a hard deadline from which the plate is red


@dataclass(frozen=True)
class Todo:
    """One thing to do. ``plate``: words above, figure, words below; ``action``: word and address."""

    title: str
    plate: tuple[str, str, str]
    action: tuple[str, str]
    text: str = ""
    kind: str = ""  # '' can wait, now, soon
    facts: list[tuple[str | None, str]] = field(default_factory=list)


def urgency(days_left: int, *, is_hard: bool = True) -> str:
    """Kind of the plate for something that can be done now and ends in so many days."""
    return "soon" if is_hard and days_left <= SOON else "now"
