"""What a token lets its holder do: which tools, where, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.clock import Clock
from bot.config.web import Group, TokenSection


@dataclass(frozen=True, slots=True)
class Grant:
    """What the holder of a token may do; ``channels`` None: every channel of its servers."""

    name: str
    servers: frozenset[int]
    channels: frozenset[int] | None
    groups: frozenset[Group]
    questions_in: int | None = None
    people: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    on_behalf_of: int | None = None
    per_minute: int = 120

    @property
    def only_server(self) -> int | None:
        """The server that is meant where none is named."""
        return next(iter(self.servers)) if len(self.servers) == 1 else None

    @property
    def asks_in(self) -> int | None:
        """The channel that is meant where a question names none."""
        if self.questions_in is None and self.channels is not None and len(self.channels) == 1:
            return next(iter(self.channels))
        return self.questions_in


def grant_of(name: str, section: TokenSection) -> Grant:
    """What an entry of ``web.tokens`` lets its holder do."""
    return Grant(
        name=name,
        servers=frozenset(section.servers),
        channels=None if section.channels is None else frozenset(section.channels),
        groups=frozenset(section.tools),
        questions_in=section.questions_in,
        people=section.people,
        roles=section.roles,
        on_behalf_of=section.on_behalf_of,
        per_minute=section.per_minute,
    )


class Turnstile:
    """Lets each token use so many tools a minute: a bucket that fills evenly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, grant: Grant) -> float:
        """Take one; 0, or in how many seconds there is one."""
        now, most = self._clock.monotonic(), float(grant.per_minute)
        level, since = self._buckets.get(grant.name, (most, now))
        level = min(most, level + (now - since) * most / 60)
        if level < 1:
            self._buckets[grant.name] = (level, now)
            return (1 - level) * 60 / most
        self._buckets[grant.name] = (level - 1, now)
        return 0.0


type Grants = Mapping[str, Grant]
