"""Lets things happen at a given rate, as if the guilds were very busy.

They are real: messages are stored and can be read again, reactions lie under them, and everybody who may see it is told.
"""

from dataclasses import dataclass, field

import structlog

from bot.local_discord.form import Form
from bot.local_discord.load_deeds import DEEDS, usual_channels
from bot.local_discord.model import Json
from bot.local_discord.refusals import Refusal, unknown
from bot.local_discord.stage import Stage

log = structlog.get_logger(__name__)

SLOWEST, FASTEST, MOST_EVENTS, MOST_SECONDS, MOST_CHANNELS = 0.001, 100_000.0, 1_000_000, 86_400.0, 1_000
AT_ONCE = 20
"""So many events happen in a row before others have their turn, also when the load is behind."""
ALMOST = 0.001
NOBODY = "nobody may go on"


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """What is to happen: ``rate`` events a second of a ``kind``, ``count`` of them or fewer if ``seconds`` pass first.

    They go in turn through ``channels``, by default through all of the guilds'.
    """

    kind: str
    rate: float
    count: int
    seconds: float | None = None
    channels: tuple[int, ...] = ()


def read_load(form: Form) -> LoadOrder:
    """A load from the body of ``POST /local/load``; call ``form.problems.raise_any()`` after it."""
    form.only("kind", "rate", "count", "seconds", "channels")
    kind = form.word("kind", tuple(DEEDS)) or "messages"
    rate = form.number("rate", least=SLOWEST, most=FASTEST)
    if form.data.get("rate") is None:
        form.refuse("rate", "BASE_TYPE_REQUIRED", "This field is required: events a second.")
    count = form.integer("count", least=1, most=MOST_EVENTS)
    seconds = form.number("seconds", least=SLOWEST, most=MOST_SECONDS)
    if form.has("count") == form.has("seconds"):
        form.refuse("count", "BASE_TYPE_REQUIRED", "Say either how many (count) or how long (seconds).")
    planned = count or max(1, round((rate or 0.0) * (seconds or 0.0)))
    if planned > MOST_EVENTS:
        form.refuse("seconds", "NUMBER_TYPE_MAX", f"That would be more than {MOST_EVENTS} events.")
    channels = form.snowflakes("channels", least=1, most=MOST_CHANNELS) or []
    return LoadOrder(kind, rate or SLOWEST, planned, seconds, tuple(channels))


@dataclass(slots=True)
class _Run:
    """A load that is under way or over; times are those of the clock that only goes forward."""

    order: LoadOrder
    channels: list[int]
    people: list[int]
    started: float
    done: int = 0
    turn: int = 0
    last: float = 0.0
    ended: str | None = None


@dataclass(slots=True)
class Load:
    """The load on a local Discord, one at a time."""

    stage: Stage
    _run: _Run | None = field(default=None)

    def start(self, order: LoadOrder) -> None:
        """Begin; the first event happens at once.

        Raises:
            Refusal: 409 while another load is under way, 10003 for a channel that does not exist, 400 where nobody
                may do what is asked for.
        """
        if self._run is not None and self._run.ended is None:
            raise Refusal(409, 0, "A load is under way; stop it first.")
        world = self.stage.world
        if any(channel not in world.channels for channel in order.channels):
            raise unknown("channel")
        channels = list(order.channels) or usual_channels(self.stage, order.kind)
        people = [user.id for user in world.users.values() if not user.bot]
        run = _Run(order, channels, people, self.stage.clock.monotonic())
        self._run = run
        self._step(run)
        if run.ended == NOBODY:
            raise Refusal(400, 0, "Nobody may do this in any of the channels.")

    def stop(self) -> None:
        """End the load that is under way, if there is one."""
        if self._run is not None and self._run.ended is None:
            _end(self._run, "stopped")

    def as_json(self) -> Json | None:
        """How far the load is, or how far the last one got; None before the first.

        ``achieved`` is the rate from the first event to the last one so far, null before the second; ``behind`` is
        how many more should have happened by now.
        """
        run = self._run
        if run is None:
            return None
        took = run.last - run.started
        return {
            "kind": run.order.kind,
            "rate": run.order.rate,
            "count": run.order.count,
            "seconds": run.order.seconds,
            "done": run.done,
            "achieved": round((run.done - 1) / took, 3) if run.done > 1 and took > 0 else None,
            "behind": 0 if run.ended else self._missing(run),
            "ended": run.ended,
        }

    def _missing(self, run: _Run) -> int:
        """How many events are due that have not happened.

        One that is almost due counts: the time may be rounded so that waiting any longer takes no time at all.
        """
        elapsed = self.stage.clock.monotonic() - run.started
        return max(0, min(run.order.count, int(elapsed * run.order.rate + ALMOST) + 1) - run.done)

    def _step(self, run: _Run) -> None:
        """Do what is due, then come back; every event is due by the start of the load, so that no delay adds up."""
        if run.ended is not None:
            return
        try:
            self._catch_up(run)
        except Exception:
            # nobody awaits this; whoever looks at the load must see that it did not just go quiet
            _end(run, "it broke")
            raise
        clock, order = self.stage.clock, run.order
        if run.ended is None:
            wait = run.started + run.done / order.rate - clock.monotonic()
            self.stage.later(max(0.0, wait), lambda: self._step(run))

    def _catch_up(self, run: _Run) -> None:
        order = run.order
        if order.seconds is not None and self.stage.clock.monotonic() - run.started >= order.seconds:
            _end(run, "time is over")
            return
        for _ in range(min(AT_ONCE, self._missing(run))):
            if not self._next(run):
                _end(run, NOBODY)
                return
        if run.done >= order.count:
            _end(run, "done")

    def _next(self, run: _Run) -> bool:
        """Let the next person who may do the next event, in the next channel where that is possible."""
        for _ in run.channels:
            channel = self.stage.world.channels.get(run.channels[run.turn % len(run.channels)])
            run.turn += 1
            if channel is not None and any(
                DEEDS[run.order.kind](self.stage, channel, run.people[number % len(run.people)], run.done)
                for number in range(run.done, run.done + len(run.people))
            ):
                run.done += 1
                run.last = self.stage.clock.monotonic()
                return True
        return False


def _end(run: _Run, reason: str) -> None:
    run.ended = reason
    log.info("local_discord_load_ended", reason=reason, kind=run.order.kind, events=run.done)
