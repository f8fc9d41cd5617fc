"""A server's cogs and settings as an admin sees them: their state, and whose choice it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.discord.server_parts import ServerParts
from bot.plugins.choices_table import SERVER
from bot.plugins.cog import MANAGEMENT
from bot.plugins.gate import Access
from bot.plugins.settings_fields import SettingField, fields_of, shown, written

type CogState = Literal["on", "partly on", "off", "not offered", "broken", "unavailable"]
type Origin = Literal["the default", "the bot's owner", "this server", "this channel"]


@dataclass(frozen=True, slots=True)
class CogView:
    """A cog as an admin sees it. ``chosen_by`` says whose choice its state is."""

    name: str
    summary: str
    state: CogState
    reason: str
    chosen_by: Origin
    commands: tuple[str, ...]
    channels: Mapping[int, bool]
    access: tuple[Access, ...]
    ignored: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SettingView:
    """A setting with its value and where that comes from; ``own`` says whether it was set right here."""

    field: SettingField
    value: Any
    shown: str
    written: str
    origin: Origin
    own: bool


def cog_view(parts: ServerParts, guild_id: int, name: str) -> CogView:
    """One cog. Raises `UserError` where there is none of that name."""
    if name in parts.absent:
        return CogView(name, "", "unavailable", parts.absent[name], "the bot's owner", (), {}, (), {})
    cog, guilds = parts.cog(name), parts.guilds
    own = guilds.choice(guild_id, name)
    channels = {
        channel: on
        for channel in guilds.channels_with_a_choice(guild_id, name)
        if (on := guilds.choice(guild_id, name, channel).enabled) is not None
    }
    state, reason = _state(parts, guild_id, name, channels)
    whose: Origin = (
        "the bot's owner"
        if state == "not offered" or (own.enabled is None and guilds.default_on(name))
        else "the default"
        if own.enabled is None
        else "this server"
    )
    commands = tuple(command.shown for command in cog.commands.values())
    ignored = parts.doorkeeper.counts(guild_id, name)
    return CogView(name, cog.summary, state, reason, whose, commands, channels, own.access, ignored)


def _state(
    parts: ServerParts, guild_id: int, name: str, channels: Mapping[int, bool]
) -> tuple[CogState, str]:
    rules, broken = parts.guilds.rules(guild_id), parts.guilds.broken(guild_id)
    if rules is not None and name in rules.withheld:
        return "not offered", ""
    if name in broken:
        return "broken", broken[name]
    if name == MANAGEMENT or (rules is not None and name in rules.enabled):
        return ("on" if all(channels.values()) else "partly on"), ""
    return ("partly on" if any(channels.values()) else "off"), ""


def setting_views(parts: ServerParts, guild_id: int, name: str, channel_id: int | None) -> list[SettingView]:
    """A cog's settings in a server (or in a channel of it), each with where its value comes from."""
    cog, place, guilds = parts.cog(name), channel_id or SERVER, parts.guilds
    values = guilds.settings(guild_id, name, place)
    layers: list[tuple[Origin, Mapping[str, Any]]] = [
        ("this channel", guilds.choice(guild_id, name, place).settings if place else {}),
        ("this server", guilds.choice(guild_id, name).settings),
        ("the bot's owner", guilds.owner_settings(name)),
    ]
    right_here = layers[0 if place else 1][1]
    found: list[SettingView] = []
    for field in fields_of(cog.settings):
        value = getattr(values, field.name)
        origins: list[Origin] = [said for said, layer in layers if field.name in layer]
        origin = origins[0] if origins else "the default"
        found.append(
            SettingView(
                field, value, shown(field, value), written(field, value), origin, own=field.name in right_here
            )
        )
    return found
