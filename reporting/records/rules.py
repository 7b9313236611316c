"""What happened to a person, in order of time: as pure values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Topic(StrEnum):
    """What an event is about: the tabs of the page, in their order."""

    EXAMS = "exams"  # exams and certificates
    POSTS = "posts"  # postings, registrations, transfers
    TRAINING = "training"
    POINTS = "points"


class Mark(StrEnum):
    """How an event is drawn."""

    PLAIN = ""
    KEY = "key"  # from then on something holds in law
    BAD = "bad"  # returned, refused, failed


@dataclass(frozen=True)
class Event:
    """One thing that happened on a day, or will. ``at``: orders what falls on one day.

    ``chip``: kind and word; ``link``: word and address.
    """

    day: date
    at: datetime
    topic: Topic
    title: str
    text: str = ""
    mark: Mark = Mark.PLAIN
    chip: tuple[str, str] | None = None
    link: tuple[str, str] | None = None

    @property
    def is_strong(self) -> bool:
        """Whether its title is set in bold."""
        return self.mark is Mark.KEY or self.chip is not None


@dataclass(frozen=True)
class Timeline:
    """Events the newest first. ``coming``: after today; ``years``: the others by year."""

    coming: list[Event]
    years: list[tuple[int, list[Event]]]

    @property
    def is_empty(self) -> bool:
        return not self.coming and not self.years


def timeline(events: Iterable[Event], today: date) -> Timeline:
    """Events in order, the last first, what is still to come above all."""
    ordered = sorted(events, key=lambda event: (event.day, event.at), reverse=True)
    years: dict[int, list[Event]] = {}
    for event in ordered:
        if event.day <= today:
            years.setdefault(event.day.year, []).append(event)
    return Timeline([event for event in ordered if event.day > today], list(years.items()))


def counts(events: Iterable[Event]) -> dict[Topic, int]:
    """How many events there are on each topic, in the order of the topics."""
    found = [event.topic for event in events]
    return {topic: found.count(topic) for topic in Topic}


# What holds from a day that is not the day it was entered.
_DATED = frozenset(
    {("registration", "recorded"), ("registration", "ended"), ("transfer", "carried_out")}
)


def day_of(subject: str, kind: str, effective_on: date, entered_on: date) -> date:
    """On which civil day an event of the registry's ledger stands in the story.

    What has an effect stands where it takes effect; asking and deciding where they happened.
    """
    if subject == "certificate" or (subject, kind) in _DATED:
        return effective_on
    return entered_on


@dataclass(frozen=True)
class Posted:
    """A posting: its unit, its first and, once over, its last day."""

    unit_id: int
    first: date
    last: date | None


def changes(postings: Iterable[Posted]) -> list[tuple[str, int]]:
    """What each posting, oldest first, was: (word, its place), and the departures between.

    Words: ``begin``, ``move`` (another unit), ``post`` (another post there), ``leave``. A posting
    that begins the day after the one before follows it; one that covers no day is nothing.
    """
    story: list[tuple[str, int]] = []
    before: tuple[int, Posted] | None = None
    for place, posting in enumerate(postings):
        if posting.last is not None and posting.last < posting.first:
            continue
        if before is None:
            story.append(("begin", place))
        else:
            ended = before[1].last
            follows = ended is None or (posting.first - ended).days <= 1
            if not follows:
                story += [("leave", before[0]), ("begin", place)]
            else:
                story.append(("move" if posting.unit_id != before[1].unit_id else "post", place))
        before = (place, posting)
    if before is not None and before[1].last is not None:
        story.append(("leave", before[0]))
    return story


def is_first(source: str) -> bool:
    """Whether an entry of points is the first one of a round, not a correction of it."""
    return source.startswith("round:") and source.endswith("#1")
