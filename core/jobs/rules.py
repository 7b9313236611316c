"""What a job is, and which slot an instant belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2018, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Job:
    """Something that happens by itself every so often.

    ``run(now)`` does everything that is due by ``now`` in transactions of its own, at most 100
    things each, may be repeated at any time, and returns a short sentence of what it did.
    ``offset``: how long after midnight UTC slots begin (of a nightly job: when it is night here).
    """

    name: str
    every: timedelta
    run: Callable[[datetime], str]
    help: str
    lease: timedelta = timedelta(minutes=10)
    offset: timedelta = timedelta(0)

    @property
    def first_slot(self) -> datetime:
        return EPOCH + self.offset


def slot_of(job: Job, now: datetime) -> str:
    """Name of the slot that ``now`` falls in: the instant at which the slot began."""
    first = job.first_slot
    return (first + (now - first) // job.every * job.every).isoformat()


def next_slot(job: Job, now: datetime) -> datetime:
    """When the slot after the present one begins."""
    first = job.first_slot
    return first + ((now - first) // job.every + 1) * job.every
