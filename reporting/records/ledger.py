"""Rounds and corrections of points as events in a person's story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from flask_babel import gettext as _

from core import clock
from points.ledger.queries import EntryView
from points.standing.queries import PersonPeriod
from points.standing.rules import Standing
from reporting.records.rules import Event, Topic, is_first
from reporting.records.words import STANDING_WORDS


def events(
    periods: Sequence[PersonPeriod], entries: Sequence[EntryView], now: datetime
) -> Iterator[Event]:
    """One event for each round that concerned the person, and for each later correction.

    ``entries``: the newest first.
    """
    first = {entry.origin_period_id: entry for entry in reversed(entries) if is_first(entry.source)}
    for one in periods:
        event = _period(one, first.get(one.period.id), now)
        if event is not None:
            yield event
    yield from _corrections(entries)


def _period(one: PersonPeriod, entry: EntryView | None, now: datetime) -> Event | None:
    """How a person came out of a round; None for what did not concern them, or not yet."""
    period = one.period
    is_over = period.is_settled(now)
    if entry is None and (not is_over or one.standing is Standing.NOT_COUNTED):
        return None
    facts = entry.facts if entry else {}
    named = {"title": facts.get("title", period.label), "earned": one.earned}
    line = {"target": period.target, **{key: facts.get(key, "—") for key in ("right", "total")}}
    text = (
        _("%(total)s 题答对 %(right)s 题，达标线 %(target)s 分。", **line)
        if entry
        else _("没有作答，达标线 %(target)s 分。", **line)
    )
    if one.is_restated:
        text += _("期末是 %(closed)s 分，更正后 %(earned)s 分。", closed=one.closed_earned, earned=one.earned)  # fmt: skip
    chip, word = STANDING_WORDS[one.standing]
    day, at = period.last_day, period.settles_at
    if not is_over and entry is not None:
        day, at = clock.civil_date(entry.posted_at), entry.posted_at
    title = _("%(title)s，%(earned)s 分", **named)
    return Event(day, at, Topic.POINTS, title, text, chip=(chip, str(word)))


def _corrections(entries: Sequence[EntryView]) -> Iterator[Event]:
    """What was posted together later on, as one event: a reversal with what replaces it."""
    together: dict[tuple[datetime, int], list[EntryView]] = {}
    for entry in entries:
        if not is_first(entry.source):
            together.setdefault((entry.posted_at, entry.origin_period_id), []).append(entry)
    for (at, _origin), posted in together.items():
        one, amount = posted[0], sum(entry.amount for entry in posted)
        reason = next((entry.facts["reason"] for entry in posted if entry.facts.get("reason")), "")
        where = (
            _("记入%(period)s。", period=one.period_label)
            if one.period_id != one.origin_period_id
            else ""
        )
        title = _(
            "积分更正 %(amount)s 分：%(period)s", amount=f"{amount:+d}", period=one.origin_label
        )
        text = (_("%(reason)s。", reason=reason.rstrip("。")) if reason else "") + where
        yield Event(clock.civil_date(at), at, Topic.POINTS, title, text)
