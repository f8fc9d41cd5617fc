"""Discord's permissions by the names that cogs use, after https://discord.com/developers/docs/topics/permissions."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bot.errors import ConfigError

PERMISSIONS: Mapping[str, int] = MappingProxyType(
    {
        "kick_members": 1 << 1,
        "ban_members": 1 << 2,
        "administrator": 1 << 3,
        "manage_channels": 1 << 4,
        "manage_guild": 1 << 5,
        "add_reactions": 1 << 6,
        "view_channel": 1 << 10,
        "send_messages": 1 << 11,
        "manage_messages": 1 << 13,
        "embed_links": 1 << 14,
        "attach_files": 1 << 15,
        "read_message_history": 1 << 16,
        "mention_everyone": 1 << 17,
        "use_external_emojis": 1 << 18,
        "manage_roles": 1 << 28,
        "manage_webhooks": 1 << 29,
        "manage_threads": 1 << 34,
        "create_public_threads": 1 << 35,
        "create_private_threads": 1 << 36,
        "send_messages_in_threads": 1 << 38,
        "moderate_members": 1 << 40,
        "send_polls": 1 << 49,
        "pin_messages": 1 << 51,
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


def holds(granted: int, name: str) -> bool:
    """Whether a member with these bits holds a permission; administrators hold all."""
    return bool(granted & (PERMISSIONS[name] | PERMISSIONS["administrator"]))


def shown(name: str) -> str:
    """A permission as Discord's page writes it."""
    return _PAGE_WORDS.get(name, name.replace("_", " ").title())
