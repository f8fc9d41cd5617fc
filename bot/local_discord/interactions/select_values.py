"""The users, roles, channels and mentionables that were chosen in a select."""

from collections.abc import Collection

from bot.local_discord.form import as_snowflake
from bot.local_discord.interactions.component_parts import (
    CHANNEL_SELECT,
    MENTIONABLE_SELECT,
    ROLE_SELECT,
    USER_SELECT,
)
from bot.local_discord.interactions.resolving import Resolver


def resolve_values(resolver: Resolver, kind: int, values: list[str], kinds: Collection[int]) -> bool:
    """Bring along what was chosen in a select of this kind; False when one of them does not exist there."""
    return all(_resolve(resolver, kind, as_snowflake(value), kinds) for value in values)


def _resolve(resolver: Resolver, kind: int, value: int | None, kinds: Collection[int]) -> bool:
    if value is None:
        return False
    if kind in (USER_SELECT, MENTIONABLE_SELECT) and resolver.user(value):
        return True
    if kind in (ROLE_SELECT, MENTIONABLE_SELECT) and resolver.role(value):
        return True
    return kind == CHANNEL_SELECT and resolver.place(value, kinds)
