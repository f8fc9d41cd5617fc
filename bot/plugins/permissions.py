"""Discord's permissions by the names that cogs use, after https://discord.com/developers/docs/topics/permissions."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bot.errors import ConfigError

PERMISSIONS: Mapping[str, int] = MappingProxyType(
    {
        "create_instant_invite": 1 << 0,
        "kick_members": 1 << 1,
        "ban_members": 1 << 2,
        "administrator": 1 << 3,
        "manage_channels": 1 << 4,
        "manage_guild": 1 << 5,
        "add_reactions": 1 << 6,
        "view_audit_log": 1 << 7,
        "priority_speaker": 1 << 8,
        "stream": 1 << 9,
        "view_channel": 1 << 10,
        "send_messages": 1 << 11,
        "send_tts_messages": 1 << 12,
        "manage_messages": 1 << 13,
        "embed_links": 1 << 14,
        "attach_files": 1 << 15,
        "read_message_history": 1 << 16,
        "mention_everyone": 1 << 17,
        "use_external_emojis": 1 << 18,
        "view_guild_insights": 1 << 19,
        "connect": 1 << 20,
        "speak": 1 << 21,
        "mute_members": 1 << 22,
        "deafen_members": 1 << 23,
        "move_members": 1 << 24,
        "use_vad": 1 << 25,
        "change_nickname": 1 << 26,
        "manage_nicknames": 1 << 27,
        "manage_roles": 1 << 28,
        "manage_webhooks": 1 << 29,
        "manage_guild_expressions": 1 << 30,
        "use_application_commands": 1 << 31,
        "request_to_speak": 1 << 32,
        "manage_events": 1 << 33,
        "manage_threads": 1 << 34,
        "create_public_threads": 1 << 35,
        "create_private_threads": 1 << 36,
        "use_external_stickers": 1 << 37,
        "send_messages_in_threads": 1 << 38,
        "use_embedded_activities": 1 << 39,
        "moderate_members": 1 << 40,
        "view_creator_monetization_analytics": 1 << 41,
        "use_soundboard": 1 << 42,
        "create_guild_expressions": 1 << 43,
        "create_events": 1 << 44,
        "use_external_sounds": 1 << 45,
        "send_voice_messages": 1 << 46,
        "set_voice_channel_status": 1 << 48,
        "send_polls": 1 << 49,
        "use_external_apps": 1 << 50,
        "pin_messages": 1 << 51,
        "bypass_slowmode": 1 << 52,
    }
)
"""The bit of each name; `manage_guild` is what Discord's page calls Manage Server."""

_PAGE_WORDS = {
    "manage_guild": "Manage Server",
    "view_channel": "View Channels",
    "moderate_members": "Timeout Members",
}


def bits_of(names: Iterable[str]) -> int:
    """The permissions as the one number Discord takes. Raises `ConfigError` for a name it does not have."""
    bits = 0
    for name in names:
        if name not in PERMISSIONS:
            known = ", ".join(sorted(PERMISSIONS))
            raise ConfigError(f"Discord has no permission {name!r}; write one of {known}.")
        bits |= PERMISSIONS[name]
    return bits


def names_of(bits: int) -> list[str]:
    """The names of the permissions in a number; one that is newer than this list goes by its bit."""
    known = [name for name, bit in PERMISSIONS.items() if bits & bit]
    others = bits & ~sum(PERMISSIONS.values())
    return known + [f"bit_{at}" for at in range(others.bit_length()) if others >> at & 1]


def holds(granted: int, name: str) -> bool:
    """Whether a member with these bits holds a permission; administrators hold all."""
    return bool(granted & (PERMISSIONS[name] | PERMISSIONS["administrator"]))


def shown(name: str) -> str:
    """A permission as Discord's page writes it."""
    return _PAGE_WORDS.get(name, name.replace("_", " ").title())
