"""The one clock: instants are aware UTC, civil dates are Asia/Shanghai."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def civil(instant: datetime) -> datetime:
    """The same instant on the clock of the people who use the system."""
    return instant.astimezone(SHANGHAI)


def civil_date(instant: datetime) -> date:
    """The civil date of an instant in Asia/Shanghai."""
    return civil(instant).date()


def today() -> date:
    """Today's civil date in Asia/Shanghai."""
    return civil_date(now())


def start_of(day: date) -> datetime:
    """The instant at which a civil day begins, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The instant at which a civil day has ended (24:00), in UTC."""
    return start_of(day + timedelta(days=1))


def from_form(local: datetime) -> datetime:
    """An instant from a date and time that a person typed without a zone."""
    return local.replace(tzinfo=SHANGHAI).astimezone(UTC)
