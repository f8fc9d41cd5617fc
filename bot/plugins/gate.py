"""The one place that decides whether something may reach a cog: commands, listeners, components, jobs and tools."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

from bot.plugins.cog import MANAGEMENT

type Heard = Literal["edit", "deletion", "reaction", "pins", "thread", "watched"]
"""What a cog can listen to beside messages."""

type Way = (
    Literal["command", "menu", "component", "form", "suggestion", "message", "job", "tool", "read_back"]
    | Heard
)
"""How something comes to a cog."""

type Subject = Literal["role", "member", "channel"]


@dataclass(frozen=True, slots=True)
class Access:
    """One rule of a server: whether a role, a member or a channel may use a cog."""

    kind: Subject
    id: int
    allowed: bool


@dataclass(frozen=True, slots=True)
class Knock:
    """Who wants what of which cog, and where. ``home_id`` is the channel, also for a thread in it.

    ``author_id`` 0 is nobody in particular (Discord does not say who deleted a message): only the place counts then.
    """

    cog: str
    guild_id: int | None
    author_id: int
    author_is_bot: bool
    author_is_me: bool = False
    roles: tuple[int, ...] = ()
    channel_id: int = 0
    home_id: int = 0
    way: Way = "command"
    direct: bool = False
    """In direct messages with the bot."""

    @property
    def is_own(self) -> bool:
        """Whether the cog acts by itself: a job, or a tool in work that a job began. Nobody's rules apply to that."""
        return self.way == "job" or (self.way == "tool" and self.author_is_me)


@dataclass(frozen=True, slots=True)
class GuildRules:
    """What stands in a guild: the owner's limits first, then what its admins chose within them.

    ``enabled`` are the cogs that are on; ``channels`` says where a cog is on or off otherwise. ``withheld`` are
    those the owner does not let this server have, ``broken`` those that could not start here, with the reason.
    """

    let_in: bool
    enabled: AbstractSet[str]
    channels: Mapping[str, Mapping[int, bool]] = field(default_factory=dict[str, Mapping[int, bool]])
    access: Mapping[str, tuple[Access, ...]] = field(default_factory=dict[str, tuple[Access, ...]])
    withheld: AbstractSet[str] = frozenset()
    broken: Mapping[str, str] = field(default_factory=dict[str, str])
    trusted_bots: AbstractSet[int] = frozenset()
    direct: AbstractSet[str] = frozenset()
    """The cogs that can be used in direct messages; empty where the owner lets nobody use the bot there."""

    def is_on(self, cog: str, channel_id: int) -> bool:
        """Whether a cog is on in a channel; a channel's own choice goes before the server's."""
        own = self.channels.get(cog, {}).get(channel_id)
        return cog in self.enabled if own is None else own

    def on_anywhere(self, cog: str) -> bool:
        """Whether a cog is on in some channel at least."""
        return cog in self.enabled or any(self.channels.get(cog, {}).values())


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, in a sentence a member can read; ``reason`` is the short form that is counted."""

    reason: str
    sentence: str


NOT_DIRECT = Refused("direct_message", "This works on a server, not in direct messages.")
NOT_LET_IN = Refused(
    "server_not_let_in", "The owner of this bot has not let this server in; ask them to add its id."
)


def gate(knock: Knock, rules: GuildRules | None) -> Refused | None:
    """None lets it in. The bot's own messages are refused before anything is looked up."""
    refused = _author(knock, rules)
    if refused is not None:
        return refused
    if rules is None:
        return NOT_DIRECT if knock.guild_id is None else NOT_LET_IN
    if not rules.let_in:
        return NOT_LET_IN
    # Agents may use there what the server has; people only what was made for it.
    if knock.direct and knock.way != "tool" and knock.cog not in rules.direct:
        return NOT_DIRECT
    if knock.cog == MANAGEMENT:
        return None
    return _cog(knock, rules) or _member(knock, rules.access.get(knock.cog, ()))


def _author(knock: Knock, rules: GuildRules | None) -> Refused | None:
    if knock.is_own:
        return None
    if knock.author_is_me:
        return Refused("from_myself", "The bot does not listen to itself.")
    if knock.author_is_bot and (rules is None or knock.author_id not in rules.trusted_bots):
        return Refused("from_a_bot", "Messages from bots are ignored here.")
    return None


def _cog(knock: Knock, rules: GuildRules) -> Refused | None:
    name = knock.cog
    if name in rules.withheld:
        return Refused("cog_withheld", f"The owner of this bot does not offer “{name}” on this server.")
    place = knock.home_id or knock.channel_id
    if not (rules.is_on(name, place) if place or not knock.is_own else rules.on_anywhere(name)):
        if rules.on_anywhere(name):
            return Refused(
                "cog_off_in_channel", f"“{name}” is turned off in this channel; an admin can turn it on."
            )
        return Refused("cog_disabled", f"“{name}” is turned off on this server; an admin can turn it on.")
    if name in rules.broken:
        return Refused("cog_broken", f"“{name}” could not be started on this server: {rules.broken[name]}")
    return None


def _member(knock: Knock, access: tuple[Access, ...]) -> Refused | None:
    """A rule against goes before a rule for; where one kind of subject is allowed, the others of it are not."""
    if knock.is_own:
        access = tuple(rule for rule in access if rule.kind == "channel") if knock.channel_id else ()
    here = {
        "channel": {knock.home_id, knock.channel_id},
        "role": set(knock.roles),
        "member": {knock.author_id},
    }
    against = next((rule for rule in access if not rule.allowed and rule.id in here[rule.kind]), None)
    if against is not None:
        place = {"channel": "this channel", "role": "one of your roles", "member": "you"}[against.kind]
        return Refused(
            f"denied_{against.kind}", f"An admin of this server has shut “{knock.cog}” off for {place}."
        )
    channels = [rule for rule in access if rule.allowed and rule.kind == "channel"]
    if channels and not any(rule.id in here["channel"] for rule in channels):
        named = ", ".join(f"<#{rule.id}>" for rule in channels[:5])
        return Refused("channel_not_allowed", f"“{knock.cog}” works in these channels only: {named}.")
    people = [rule for rule in access if rule.allowed and rule.kind != "channel"]
    if knock.author_id and people and not any(rule.id in here[rule.kind] for rule in people):
        roles = ", ".join(f"<@&{rule.id}>" for rule in people if rule.kind == "role")
        whom = f"people with one of these roles: {roles}" if roles else "people whom an admin named"
        return Refused("member_not_allowed", f"“{knock.cog}” is for {whom}.")
    return None
