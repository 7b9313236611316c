"""How dates, times, marks, phones and names are written for people."""

from __future__ import annotations

from datetime import date, datetime

from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from core import clock
from core.richtext import plain, render

MOBILE_DIGITS = 11
WEEKDAYS = "一二三四五六日"


def _is_english() -> bool:
    return str(get_locale() or "").startswith("en")


def civil_date_text(value: date | datetime | None, *, short: bool = False) -> str:
    """2026年11月24日; ``short`` leaves out the present year."""
    if value is None:
        return "—"
    day = clock.civil_date(value) if isinstance(value, datetime) else value
    with_year = not (short and day.year == clock.today().year)
    if _is_english():
        return f"{day.day} {day:%B}" + (f" {day.year}" if with_year else "")
    return (f"{day.year}年" if with_year else "") + f"{day.month}月{day.day}日"


def month_day_text(day: date) -> str:
    """11月24日, where the year stands above."""
    return f"{day.day} {day:%B}" if _is_english() else f"{day.month}月{day.day}日"


def civil_time_text(value: datetime | None) -> str:
    """14:05."""
    return "—" if value is None else f"{clock.civil(value):%H:%M}"


def civil_moment_text(value: datetime | None, *, short: bool = False) -> str:
    """2026年11月24日 14:05."""
    if value is None:
        return "—"
    return f"{civil_date_text(value, short=short)} {civil_time_text(value)}"


def deadline_text(value: datetime | None) -> str:
    """Like a moment, but the end of a day is 24:00 of that day."""
    if value is None:
        return "—"
    if f"{clock.civil(value):%H:%M:%S}" == "00:00:00":
        return f"{civil_date_text(clock.civil_date(value).fromordinal(clock.civil_date(value).toordinal() - 1))} 24:00"
    return civil_moment_text(value)


def weekday_text(day: date) -> str:
    """星期二."""
    return f"{day:%A}" if _is_english() else f"星期{WEEKDAYS[day.weekday()]}"


def days_until(value: date | datetime) -> int:
    """Whole civil days from today."""
    day = clock.civil_date(value) if isinstance(value, datetime) else value
    return (day - clock.today()).days


def marks_text(hundredths: int | None) -> str:
    """8550 → 85.5; 8500 → 85."""
    if hundredths is None:
        return "—"
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def rich_text(text: str, is_rich: bool, inline: bool = False) -> Markup:
    """A text of a question as HTML; ``inline`` inside labels and wherever only words may stand."""
    return render(text, is_rich=is_rich, inline=inline)


def masked_phone(phone: str) -> str:
    """138****1234; shorter numbers keep their last two figures."""
    if len(phone) >= MOBILE_DIGITS:
        return f"{phone[:3]}****{phone[-4:]}"
    return "*" * max(0, len(phone) - 2) + phone[-2:] if phone else ""


def masked_name(name: str) -> str:
    """张*; two characters of a compound surname are not told apart, one is enough."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


def duration_text(seconds: int) -> str:
    """18 分 40 秒."""
    minutes, rest = divmod(max(0, seconds), 60)
    return _("%(m)s 分 %(s)s 秒", m=minutes, s=rest) if minutes else _("%(s)s 秒", s=rest)


FILTERS = {
    "rich": rich_text,
    "plain": plain,
    "cdate": civil_date_text,
    "mday": month_day_text,
    "ctime": civil_time_text,
    "cmoment": civil_moment_text,
    "cdeadline": deadline_text,
    "weekday": weekday_text,
    "days_until": days_until,
    "marks": marks_text,
    "mask_phone": masked_phone,
    "mask_name": masked_name,
    "duration": duration_text,
}


def init_app(app: Flask) -> None:
    """Make them filters of the templates."""
    app.jinja_env.filters.update(FILTERS)
