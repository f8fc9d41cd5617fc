"""Times that people type, read in their server's time zone."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UserError

LONGEST = timedelta(days=366 * 2)
_SPAN = re.compile(r"(?:in\s+)?(\d{1,5})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CLOCK = r"(?:(\d{1,2}):(\d{2}))"
_DAY = re.compile(rf"(today|tomorrow)(?:\s+(?:at\s+)?{_CLOCK})?", re.IGNORECASE)
_DATE = re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})(?:[\sT]+{_CLOCK})?")
_TIME = re.compile(_CLOCK)
MORNING = (9, 0)


def moment(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that somebody means by ``2h``, ``14:30``, ``tomorrow 9:00`` or ``2026-05-01 12:00``.

    A time of day that is over today is tomorrow's; a day without a time is nine in the morning. Raises `UserError`
    for anything else, for what is over, and for more than two years ahead.
    """
    here = now.astimezone(zone)
    found = _read(text.strip(), here)
    if found is None:
        raise UserError("I do not understand that time. Try 2h, 14:30, tomorrow 9:00 or 2026-05-01 12:00.")
    if not now < found <= now + LONGEST:
        raise UserError(f"{found.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key}) is over, or too far ahead.")
    return found


def _read(text: str, here: datetime) -> datetime | None:
    try:
        if span := _SPAN.fullmatch(text):
            # In UTC: two hours are two hours also in the night in which clocks change.
            return here.astimezone(UTC) + timedelta(**{_UNITS[span[2][0].lower()]: int(span[1])})
        if day := _DAY.fullmatch(text):
            later = timedelta(days=1 if day[1].lower() == "tomorrow" else 0)
            return _at(here + later, day[2], day[3])
        if date := _DATE.fullmatch(text):
            that_day = here.replace(year=int(date[1]), month=int(date[2]), day=int(date[3]))
            return _at(that_day, date[4], date[5])
        if time := _TIME.fullmatch(text):
            today = _at(here, time[1], time[2])
            return today if today > here else _at(here + timedelta(days=1), time[1], time[2])
    except (ValueError, OverflowError):
        return None
    return None


def _at(day: datetime, hour: str | None, minute: str | None) -> datetime:
    chosen = MORNING if hour is None or minute is None else (int(hour), int(minute))
    # fold: of an hour that comes twice when clocks go back, the first is meant
    return day.replace(hour=chosen[0], minute=chosen[1], second=0, microsecond=0, fold=0)
