"""Stands at the gate: remembers what came in before, why something was refused, and how often."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from bot.plugins.gate import GuildRules, Knock, Refused, gate
from bot.plugins.refusals_table import About, Refusal

REMEMBERED_EVENTS = 20_000
REMEMBERED_REFUSALS = 2_000
REPEAT = "repeat"
WRITTEN_OF_MESSAGES = frozenset(
    {
        "cog_broken",
        "denied_role",
        "denied_member",
        "denied_channel",
        "channel_not_allowed",
        "member_not_allowed",
    }
)
"""Reasons for ignoring one message that are written down. The others hold for all that is said somewhere, so that it can be
seen at any time, and writing would cost a row for each message that nobody wants."""

ASKED = frozenset({"command", "menu", "component", "form", "suggestion", "job", "tool"})
"""Ways on which somebody wanted something of a cog; what a cog only overhears is nobody's refusal."""

log = structlog.get_logger(__name__)

type Counts = Mapping[tuple[int, str, str], int]
"""How often something was refused, by guild, cog and the short form of the reason."""


@dataclass(frozen=True, slots=True)
class Turned:
    """Somebody or something that was turned away: of which cog, and why."""

    cog: str
    guild_id: int
    refused: Refused


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Doorkeeper:
    """Asks the gate for every cog, and keeps the answers within bounds: the oldest are forgotten first."""

    def __init__(
        self, rules: Callable[[int | None], GuildRules | None], now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._rules = rules
        self._now = now
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._by_event: OrderedDict[int, list[Turned]] = OrderedDict()
        self._by_member: OrderedDict[tuple[int, int], Turned] = OrderedDict()
        self._counts: Counter[tuple[int, str, str]] = Counter()
        self._new_counts: Counter[tuple[int, str, str]] = Counter()
        self._new: OrderedDict[tuple[int, About, int, str], Refusal] = OrderedDict()

    def first_time(self, event_id: int, guild_id: int | None) -> bool:
        """Whether this event is new; Discord sends some twice, after a reconnect for instance."""
        if event_id in self._seen:
            self._count(guild_id or 0, "", REPEAT)
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

    def ignored(self, cog: str, guild_id: int | None, reason: str) -> None:
        """Count something that the gate let in and that could not be taken all the same."""
        self._count(guild_id or 0, cog, reason)

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
        """How often what was ignored on a server, by reason."""
        found: Counter[str] = Counter()
        for (guild, name, reason), count in self._counts.items():
            if guild == guild_id and cog in (None, name):
                found[reason] += count
        return dict(found)

    # what is written down

    def knows(self, guild_id: int, counts: Counts) -> None:
        """Take over what was counted in a guild and written down, in place of what was known of it."""
        for key in [key for key in self._counts if key[0] == guild_id]:
            del self._counts[key]
        self._counts.update(counts)
        self._counts.update({key: count for key, count in self._new_counts.items() if key[0] == guild_id})

    def take_news(self) -> tuple[Counts, Sequence[Refusal]]:
        """What was counted and refused since this was called last."""
        counts, refusals = dict(self._new_counts), list(self._new.values())
        self._new_counts.clear()
        self._new.clear()
        return counts, refusals

    def give_back(self, counts: Counts, refusals: Sequence[Refusal]) -> None:
        """Take again what could not be written."""
        self._new_counts.update(counts)
        newer, self._new = self._new, OrderedDict[tuple[int, About, int, str], Refusal]()
        for refusal in (*refusals, *newer.values()):
            self._note(refusal)

    def _count(self, guild_id: int, cog: str, reason: str) -> None:
        self._counts[guild_id, cog, reason] += 1
        self._new_counts[guild_id, cog, reason] += 1

    def _keep(self, knock: Knock, event_id: int, turned: Turned) -> None:
        reason, sentence = turned.refused.reason, turned.refused.sentence
        self._count(turned.guild_id, knock.cog, reason)
        log.debug("refused_at_the_gate", cog=knock.cog, reason=reason, way=knock.way)
        if event_id:
            self._by_event.setdefault(event_id, []).append(turned)
            _shorten(self._by_event, REMEMBERED_REFUSALS)
            if turned.guild_id and reason in WRITTEN_OF_MESSAGES:
                self._note(
                    Refusal(turned.guild_id, "message", event_id, knock.cog, reason, sentence, self._now())
                )
        if knock.guild_id is not None and knock.way in ASKED and not knock.is_own:
            key = (knock.guild_id, knock.author_id)
            self._by_member[key] = turned
            self._by_member.move_to_end(key)
            _shorten(self._by_member, REMEMBERED_REFUSALS)
            refused_at = self._now()
            self._note(
                Refusal(knock.guild_id, "member", knock.author_id, knock.cog, reason, sentence, refused_at)
            )

    def _note(self, refusal: Refusal) -> None:
        key = (refusal.guild_id, refusal.about, refusal.subject_id, refusal.cog)
        self._new[key] = refusal
        self._new.move_to_end(key)
        _shorten(self._new, REMEMBERED_REFUSALS)


def _shorten[K, V](kept: OrderedDict[K, V], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
