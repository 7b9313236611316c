"""What rounds and points must come to: a model in plain Python that knows no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from core import clock

GRACE = timedelta(seconds=30)
TRIES = 3
PERCENT = 60  # of a round's points are on target


class Is(StrEnum):
    """What has become of a try."""

    UNDER_WAY = "under way"
    MARKED = "marked"
    VOID = "void"


@dataclass(eq=False)
class Round:
    """A round, with the period of points that began with it."""

    id: int
    occasion: int
    period: int
    opens_at: datetime
    closes_at: datetime
    most: int  # points that it gives
    target: int
    pass_right: int  # so many right answers are a pass
    ends_at: datetime | None = None  # of the period: when the next round opened


@dataclass(eq=False)
class Try:
    """One person's try. ``values``: answers by version, as keys are spelt in the model."""

    id: int
    person: int
    round: Round
    number: int
    values: dict[int, Any] = field(default_factory=dict)
    state: Is = Is.UNDER_WAY
    submitted_at: datetime | None = None
    right: int = 0  # as marked last


@dataclass(eq=False)
class Entry:
    """One line of the ledger. ``id`` is that of the row, once it was seen."""

    person: int
    period: int
    origin: int
    amount: int
    source: str
    attempt: Try | None = None
    right: int = 0
    reverses: Entry | None = None
    reversed: bool = False
    id: int = 0

    def row(self) -> tuple[Any, ...]:
        """As the table should have it."""
        source = f"reverse:{self.reverses.id}" if self.reverses else self.source
        reverses_id = self.reverses.id if self.reverses else None
        return (self.person, self.period, self.origin, self.amount, source, reverses_id)


@dataclass
class Model:
    """``keys``: by version; ``former``: those that were in force before; ``worth``: points for an answer, from days on; ``on_post``: since when.

    ``closed``: what each closed period's snapshot says, by person.
    """

    keys: dict[int, Any]
    on_post: dict[int, date]
    worth: list[tuple[date, int]]
    rounds: list[Round] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    closed: dict[int, dict[int, tuple[int, str]]] = field(default_factory=dict)
    former: dict[int, list[Any]] = field(default_factory=dict)

    # --- rounds and tries ---

    def worth_on(self, day: date) -> int:
        """Points for a right answer."""
        return max((since, place, value) for place, (since, value) in enumerate(self.worth)
                   if since <= day)[2]  # fmt: skip

    def a_round_opens(self, id_: int, occasion: int, period: int, month: date) -> Round:
        """From the 1st of a month to the 5th of the next."""
        after = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
        worth = self.worth_on(month)
        most = len(self.keys) * worth
        target = -(-most * PERCENT // 100)
        one = Round(id_, occasion, period, clock.start_of(month), clock.end_of(after.replace(day=5)),
                    most, target, -(-target // worth))  # fmt: skip
        if self.rounds:
            self.rounds[-1].ends_at = one.opens_at
        self.rounds.append(one)
        return one

    def of(self, person: int, one: Round) -> list[Try]:
        """A person's tries at a round."""
        return [a for a in self.tries if a.person == person and a.round is one]

    def refusal(self, person: int, one: Round, now: datetime) -> str:
        """Why no new try may begin; '' where it may."""
        live = [a for a in self.of(person, one) if a.state is not Is.VOID]
        if now >= one.closes_at:
            return "window_closed"
        if any(a.state is Is.MARKED and a.right >= one.pass_right for a in live):
            return "already_passed"
        return "no_tries" if len(live) >= TRIES else ""

    def rights(self, attempt: Try) -> int:
        """How many answers are right by a key that is or ever was in force (decision 0020)."""
        return sum(
            attempt.values.get(version) in (key, *self.former.get(version, ()))
            for version, key in self.keys.items()
        )

    def is_overdue(self, attempt: Try, now: datetime) -> bool:
        return attempt.state is Is.UNDER_WAY and now > attempt.round.closes_at + GRACE

    def ends(self, attempt: Try, at: datetime) -> None:
        """Submitted, marked and posted where it counts."""
        attempt.state, attempt.submitted_at, attempt.right = Is.MARKED, at, self.rights(attempt)
        self.follow(attempt)

    def time_is_up(self, now: datetime) -> int:
        """Ends what is overdue; how many."""
        late = sorted((a for a in self.tries if self.is_overdue(a, now)), key=lambda a: a.id)
        for attempt in late:
            self.ends(attempt, attempt.round.closes_at)
        return len(late)

    # --- the ledger ---

    def counts(self, person: int, one: Round) -> Try | None:
        """The first submitted try that is not void."""
        return min((a for a in self.of(person, one) if a.state is Is.MARKED),
                   key=lambda a: a.number, default=None)  # fmt: skip

    def amount(self, attempt: Try) -> int:
        """What a marked try is worth, by the rule of the day on which it was submitted."""
        assert attempt.submitted_at is not None
        return attempt.right * self.worth_on(clock.civil_date(attempt.submitted_at))

    def goes_to(self, origin: int) -> int:
        """The period in which something of this origin is posted now."""
        return self.rounds[-1].period if origin in self.closed else origin

    def follow(self, attempt: Try) -> None:
        """After a try has changed: what stands is what the try that counts is worth."""
        person, one = attempt.person, attempt.round
        first = self.counts(person, one)
        posted = [e for e in self.entries if e.person == person and e.attempt
                  and e.attempt.round is one]  # fmt: skip
        stands = next((e for e in posted if not e.reversed), None)
        is_so = stands and first and stands.attempt is first and stands.right == first.right
        if stands is not None and not is_so:
            stands.reversed = True
            self.post(person, one.period, -stands.amount, "", reverses=stands)
            stands = None
        if stands is None and first is not None:
            source = f"round:{one.id}/first#{len(posted) + 1}"
            self.post(person, one.period, self.amount(first), source, attempt=first)

    def post(self, person: int, origin: int, amount: int, source: str, *,
             attempt: Try | None = None, reverses: Entry | None = None) -> None:  # fmt: skip
        """One line more."""
        right = attempt.right if attempt else 0
        self.entries.append(Entry(person, self.goes_to(origin), origin, amount, source, attempt,
                                  right, reverses))  # fmt: skip

    # --- periods ---

    def earned(self, person: int, period: int) -> int:
        return sum(e.amount for e in self.entries if (e.person, e.origin) == (person, period))

    def posted(self, person: int, period: int) -> int:
        return sum(e.amount for e in self.entries if (e.person, e.period) == (person, period))

    def has_entries(self, person: int, period: int) -> bool:
        return any((e.person, e.origin) == (person, period) for e in self.entries)

    def is_over(self, one: Round, now: datetime) -> bool:
        """Whether the round's period can be closed."""
        return one.ends_at is not None and max(one.ends_at, one.closes_at) <= now

    def closes(self, one: Round) -> None:
        """The snapshot: everybody who counts, and everybody with entries."""
        self.closed[one.period] = {
            person: (self.earned(person, one.period),
                     self.standing(person, one, one.closes_at) if self.was_there(person, one)
                     else "not_counted")
            for person in self.on_post
            if self.was_there(person, one) or self.has_entries(person, one.period)
        }  # fmt: skip

    def was_there(self, person: int, one: Round) -> bool:
        """On post from the first day of the round."""
        return self.on_post[person] <= clock.civil_date(one.opens_at)

    def standing(self, person: int, one: Round, now: datetime) -> str:
        """Standing as of now, with what was posted since a closing."""
        is_counted = self.was_there(person, one)
        if one.period in self.closed:
            is_counted = self.closed[one.period].get(person, (0, ""))[1] in {"on_target", "short"}
        if not is_counted:
            return "not_counted"
        if self.earned(person, one.period) >= one.target:
            return "on_target"
        return "short" if now >= one.closes_at else "pending"
