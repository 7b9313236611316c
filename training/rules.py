"""How long an attended training counts."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

MONTHS = 12


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or that month's last day where there is none."""
    year, month = divmod(day.year * MONTHS + day.month - 1 - months, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def counts_since(day: date, months: int) -> date:
    """The earliest day of a training that still counts on ``day`` (rule training.months)."""
    return months_before(day, months)


def counts_through(attended: date, months: int) -> date:
    """The last day on which a training attended on a day still counts; agrees with counts_since."""
    last = months_before(attended, -months)
    while counts_since(last + timedelta(days=1), months) <= attended:
        last += timedelta(days=1)
    return last


def numbers_in(text: str) -> list[tuple[int, str]]:
    """(line, first word) of every line that is not empty; lines count from 1."""
    return [
        (number, line.replace("，", " ").replace(",", " ").split()[0])
        for number, line in enumerate(text.splitlines(), start=1)
        if line.replace("，", " ").replace(",", " ").strip()
    ]
