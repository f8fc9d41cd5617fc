"""What a cog does by the clock: how it is declared, and when it is due."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import ConfigError

LEAST_EVERY = timedelta(seconds=10)
LONGEST_EVERY = timedelta(days=366)
LONGEST_LIMIT = timedelta(minutes=10)
USUAL_LIMIT = timedelta(seconds=60)
_USUAL_JITTER = timedelta(seconds=60)
_PART_OF_EVERY = 10
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))

type TimeOfDay = time | Callable[[Any], time | None]
"""A time of day, or what gives one from the cog's settings on a server; None: not there."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something a cog does by the clock, on each server where it is on. Either ``every`` or ``daily`` is set."""

    name: str
    handler: Callable[[Any], Awaitable[None]]
    every: timedelta | None
    daily: TimeOfDay | None
    limit: timedelta
    jitter: timedelta


@dataclass(frozen=True, slots=True)
class Timing:
    """When a job is due on one server. ``text`` changes whenever the times do."""

    text: str
    every: timedelta | None = None
    at: time | None = None
    zone: tzinfo = UTC
    offset: timedelta = timedelta()

    def next(self, after: datetime, due: datetime | None = None) -> datetime:
        """The first time after ``after``; periods that have passed since it was ``due`` are left out, not made up for."""
        if self.every is not None:
            if due is None:
                return after + self.every + self.offset
            return due + self.every * ((after - due) // self.every + 1)
        base = (after - self.offset).astimezone(self.zone)
        days = (self._on(base + timedelta(days=ahead)) for ahead in range(3))
        return next(day for day in days if day > base.astimezone(UTC)) + self.offset

    def _on(self, day: datetime) -> datetime:
        """That time of day, in UTC: what a change of clocks leaves out is later, of what comes twice the first counts."""
        at = self.at or time()
        return datetime.combine(day.date(), at.replace(tzinfo=None, fold=0), self.zone).astimezone(UTC)


def made_job(
    name: str,
    handler: Callable[[Any], Awaitable[None]],
    *,
    every: timedelta | None,
    daily: TimeOfDay | None,
    limit: timedelta,
    jitter: timedelta | None,
) -> Job:
    """A job as a cog declares it. Raises `ConfigError` for times that cannot be kept."""
    if (every is None) == (daily is None):
        raise ConfigError(f"The job {name} needs either every=… or daily=….")
    if every is not None and not LEAST_EVERY <= every <= LONGEST_EVERY:
        raise ConfigError(
            f"The job {name} can be due every 10 seconds at most often, and once a year at least."
        )
    if not timedelta() < limit <= LONGEST_LIMIT:
        raise ConfigError(f"The job {name} may take 10 minutes at most; start a workflow for more.")
    if jitter is None:
        jitter = _USUAL_JITTER if every is None else min(_USUAL_JITTER, every / _PART_OF_EVERY)
    if not timedelta() <= jitter <= (every or timedelta(hours=12)):
        raise ConfigError(f"The jitter of the job {name} must be shorter than the time between two runs.")
    return Job(name, handler, every, daily, limit, jitter)


def timing_of(job: Job, guild_id: int, cog: str, zone: ZoneInfo, settings: object) -> Timing | None:
    """When a job is due on a server with these settings; None where they say that it is not.

    Servers are spread over the job's jitter, each always at the same place in it.
    """
    digest = hashlib.sha256(f"{guild_id}:{cog}:{job.name}".encode()).digest()
    offset = job.jitter * (int.from_bytes(digest[:4]) / 2**32)
    if job.every is not None:
        return Timing(_in_words(job.every), every=job.every, offset=offset)
    at = job.daily(settings) if callable(job.daily) else job.daily
    if at is None:
        return None
    return Timing(f"daily at {at:%H:%M} ({zone.key})", at=at, zone=zone, offset=offset)


def _in_words(every: timedelta) -> str:
    """As people read it, such as ``every 6 hours``."""
    seconds = every.total_seconds()
    for unit, size in _UNITS:
        if seconds % size == 0:
            count = int(seconds // size)
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    return f"every {seconds:g} seconds"
