"""Stands at the gate: remembers what came in before, why something was refused, and how often."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.plugins.gate import GuildRules, Knock, Refused, gate

REMEMBERED_EVENTS = 20_000
REMEMBERED_REFUSALS = 2_000
REPEAT = "repeat"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Turned:
    """Somebody or something that was turned away: of which cog, and why."""

    cog: str
    guild_id: int
    refused: Refused


class Doorkeeper:
    """Asks the gate for every cog, and keeps the answers within bounds: the oldest are forgotten first."""

    def __init__(self, rules: Callable[[int | None], GuildRules | None]) -> None:
        self._rules = rules
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._by_event: OrderedDict[int, list[Turned]] = OrderedDict()
        self._by_member: OrderedDict[tuple[int, int], Turned] = OrderedDict()
        self._counts: Counter[tuple[int, str, str]] = Counter()

    def first_time(self, event_id: int, guild_id: int | None) -> bool:
        """Whether this event is new; Discord sends some twice, after a reconnect for instance."""
        if event_id in self._seen:
            self._counts[guild_id or 0, "", REPEAT] += 1
            log.debug("repeat_ignored", event_id=event_id)
            return False
        self._seen[event_id] = None
        _shorten(self._seen, REMEMBERED_EVENTS)
        return True

    def knock(self, knock: Knock, event_id: int = 0) -> Refused | None:
        """Ask the gate; what it refuses is counted and can be asked for. None lets it in."""
        refused = gate(knock, self._rules(knock.guild_id))
        if refused is not None and knock.way != "suggestion":
            self._keep(knock, event_id, Turned(knock.cog, knock.guild_id or 0, refused))
        return refused

    def allows(self, knock: Knock) -> bool:
        """Whether the gate would let it in; nothing is counted."""
        return gate(knock, self._rules(knock.guild_id)) is None

    def about_event(self, guild_id: int, event_id: int) -> list[Turned]:
        """Why a message was ignored, for each cog that would have listened; empty where it was not, or long ago."""
        return [one for one in self._by_event.get(event_id, ()) if one.guild_id == guild_id]

    def about_member(self, guild_id: int, member_id: int) -> Turned | None:
        """What somebody was refused last on a server."""
        return self._by_member.get((guild_id, member_id))

    def counts(self, guild_id: int, cog: str | None = None) -> dict[str, int]:
        """How often what was ignored on a server since the start of the bot, by reason."""
        found: Counter[str] = Counter()
        for (guild, name, reason), count in self._counts.items():
            if guild == guild_id and cog in (None, name):
                found[reason] += count
        return dict(found)

    def _keep(self, knock: Knock, event_id: int, turned: Turned) -> None:
        self._counts[knock.guild_id or 0, knock.cog, turned.refused.reason] += 1
        log.debug("refused_at_the_gate", cog=knock.cog, reason=turned.refused.reason, way=knock.way)
        if event_id:
            self._by_event.setdefault(event_id, []).append(turned)
            _shorten(self._by_event, REMEMBERED_REFUSALS)
        if knock.guild_id is not None and knock.way != "message":
            key = (knock.guild_id, knock.author_id)
            self._by_member[key] = turned
            self._by_member.move_to_end(key)
            _shorten(self._by_member, REMEMBERED_REFUSALS)


def _shorten[K, V](kept: OrderedDict[K, V], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
