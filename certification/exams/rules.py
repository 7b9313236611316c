"""Pure decisions on exams: where one stands, and what keeps it from being published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from certification.blueprints.rules import Row, Stock, overlaps, shortages, totals


class Phase(StrEnum):
    """Where an exam stands now."""

    DRAFT = "draft"
    COMING = "coming"
    OPEN = "open"
    PAST = "past"
    CANCELLED = "cancelled"


class Obstacle(StrEnum):
    """Why an exam cannot be published."""

    NOBODY = "nobody"
    CLOSES_BEFORE_OPENING = "closes_before_opening"
    WINDOW_PAST = "window_past"
    WINDOW_SHORT = "window_short"
    NO_ROWS = "no_rows"
    OVERLAP = "overlap"
    SHORTAGE = "shortage"
    PASS_MARK = "pass_mark"


def phase(state: str, opens_at: datetime, closes_at: datetime, now: datetime) -> Phase:
    """Where an exam stands at an instant; the window is open from its first instant, closed at its last."""
    if state in (Phase.DRAFT, Phase.CANCELLED):
        return Phase(state)
    if now < opens_at:
        return Phase.COMING
    return Phase.OPEN if now < closes_at else Phase.PAST


def window_obstacles(opens_at: datetime, closes_at: datetime, minutes: int) -> list[Obstacle]:
    """What is wrong with a window, whatever the time is."""
    if closes_at <= opens_at:
        return [Obstacle.CLOSES_BEFORE_OPENING]
    short = closes_at - opens_at < timedelta(minutes=minutes)
    return [Obstacle.WINDOW_SHORT] if short else []


def obstacles(
    *,
    opens_at: datetime,
    closes_at: datetime,
    minutes: int,
    pass_mark: int,
    rows: Sequence[Row],
    stock: Stock,
    has_audience: bool,
    now: datetime,
) -> list[Obstacle]:
    """Everything that keeps an exam from being published now; empty where nothing does."""
    found = window_obstacles(opens_at, closes_at, minutes)
    if closes_at <= now:
        found.append(Obstacle.WINDOW_PAST)
    if not has_audience:
        found.append(Obstacle.NOBODY)
    if not rows:
        found.append(Obstacle.NO_ROWS)
        return found
    if overlaps(rows):
        found.append(Obstacle.OVERLAP)
    if shortages(rows, stock):
        found.append(Obstacle.SHORTAGE)
    if not 0 < pass_mark <= totals(rows).marks:
        found.append(Obstacle.PASS_MARK)
    return found
