"""The one place that decides whether something from Discord may reach a cog."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Knock:
    """Who wants what of which cog, and where."""

    cog: str
    guild_id: int | None
    author_id: int
    author_is_bot: bool


@dataclass(frozen=True, slots=True)
class GuildRules:
    """What stands in a guild: whether the owner lets it in, and which cogs are enabled."""

    let_in: bool
    enabled: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, in a sentence a member can read; ``reason`` is the short form that is counted."""

    reason: str
    sentence: str


def gate(knock: Knock, rules: GuildRules | None) -> Refused | None:
    """None lets it in. Bots, the bot's own messages included, are refused before anything is looked up."""
    if knock.author_is_bot:
        return Refused("from_a_bot", "Messages from bots are ignored here.")
    if knock.guild_id is None:
        return Refused("direct_message", "This works on a server, not in direct messages.")
    if rules is None or not rules.let_in:
        return Refused(
            "server_not_let_in", "The owner of this bot has not let this server in; ask them to add its id."
        )
    if knock.cog not in rules.enabled:
        return Refused(
            "cog_disabled", f"“{knock.cog}” is turned off on this server; an admin can turn it on."
        )
    return None
