"""Which dispatches an application asked for.

https://discord.com/developers/docs/events/gateway#list-of-intents
"""

GUILDS, GUILD_MEMBERS, GUILD_MODERATION, GUILD_EXPRESSIONS = 1 << 0, 1 << 1, 1 << 2, 1 << 3
GUILD_WEBHOOKS, GUILD_PRESENCES = 1 << 5, 1 << 8
GUILD_MESSAGES, GUILD_REACTIONS, GUILD_TYPING = 1 << 9, 1 << 10, 1 << 11
DIRECT_MESSAGES, DIRECT_REACTIONS, DIRECT_TYPING = 1 << 12, 1 << 13, 1 << 14
MESSAGE_CONTENT = 1 << 15

KNOWN = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25
"""Every intent that Discord has given a meaning; others close the connection with 4013."""

PRIVILEGED = {"members": GUILD_MEMBERS, "presences": GUILD_PRESENCES, "message_content": MESSAGE_CONTENT}
EVERYTHING = KNOWN

_BY_GUILD_AND_DIRECT = {
    "MESSAGE_CREATE": (GUILD_MESSAGES, DIRECT_MESSAGES),
    "MESSAGE_UPDATE": (GUILD_MESSAGES, DIRECT_MESSAGES),
    "MESSAGE_DELETE": (GUILD_MESSAGES, DIRECT_MESSAGES),
    "MESSAGE_DELETE_BULK": (GUILD_MESSAGES, DIRECT_MESSAGES),
    "MESSAGE_REACTION_ADD": (GUILD_REACTIONS, DIRECT_REACTIONS),
    "MESSAGE_REACTION_REMOVE": (GUILD_REACTIONS, DIRECT_REACTIONS),
    "MESSAGE_REACTION_REMOVE_ALL": (GUILD_REACTIONS, DIRECT_REACTIONS),
    "MESSAGE_REACTION_REMOVE_EMOJI": (GUILD_REACTIONS, DIRECT_REACTIONS),
    "TYPING_START": (GUILD_TYPING, DIRECT_TYPING),
    "CHANNEL_PINS_UPDATE": (GUILDS, DIRECT_MESSAGES),
    "CHANNEL_CREATE": (GUILDS, 0),
    "CHANNEL_UPDATE": (GUILDS, 0),
    "CHANNEL_DELETE": (GUILDS, 0),
    "WEBHOOKS_UPDATE": (GUILD_WEBHOOKS, 0),
    "GUILD_MEMBER_ADD": (GUILD_MEMBERS, 0),
    "GUILD_MEMBER_UPDATE": (GUILD_MEMBERS, 0),
    "GUILD_MEMBER_REMOVE": (GUILD_MEMBERS, 0),
    "PRESENCE_UPDATE": (GUILD_PRESENCES, 0),
}


def needed(name: str, *, in_guild: bool) -> int:
    """The intent without which a dispatch is not sent; 0 for what everybody gets."""
    if name in _BY_GUILD_AND_DIRECT:
        return _BY_GUILD_AND_DIRECT[name][0 if in_guild else 1]
    if name.startswith(("GUILD_", "THREAD_")):
        return GUILDS if in_guild else 0
    return 0


def not_granted(intents: int, privileged: tuple[str, ...]) -> bool:
    """Whether a privileged intent is asked for that is not switched on for the application."""
    return any(intents & bit and name not in privileged for name, bit in PRIVILEGED.items())
