"""A server's cogs and settings as an admin sees them: their state, and whose choice it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.discord.server_parts import ServerParts
from bot.plugins import jobs_table
from bot.plugins.choices_table import SERVER
from bot.plugins.cog import MANAGEMENT
from bot.plugins.gate import Access
from bot.plugins.settings_fields import SettingField, fields_of, shown, written
from bot.work.surface import Connection

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


@dataclass(frozen=True, slots=True)
class JobView:
    """Something a cog does by the clock. ``schedule`` says when, such as ``daily at 09:00 (UTC)``.

    ``error`` is why it failed last; ``failures`` how often in a row.
    """

    name: str
    schedule: str
    next_at: datetime
    last_at: datetime | None
    running: bool
    error: str | None
    failures: int


@dataclass(frozen=True, slots=True)
class LimitsView:
    """What the owner lets a server have; None means all there is."""

    cogs: tuple[str, ...] | None
    agents: tuple[str, ...] | None
    models: tuple[str, ...] | None
    tokens: int | None
    calls: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Silence:
    """Something that Discord does not let the bot do in a channel: a kind of the outbox, or ``history``."""

    what: str
    reason: str
    until: datetime


async def job_views(conn: Connection, guild_id: int, cog: str) -> list[JobView]:
    """What a cog does by the clock in a server."""
    return [
        JobView(
            one.name,
            one.schedule,
            one.due_at,
            one.ended_at,
            running=one.started_at is not None and (one.ended_at is None or one.ended_at < one.started_at),
            error=one.error,
            failures=one.failures,
        )
        for one in await jobs_table.of_cog(conn, guild_id, cog)
    ]


def limits_view(parts: ServerParts, guild_id: int) -> LimitsView:
    """What the owner lets a server have."""
    limits = parts.guilds.limits(guild_id)
    most = limits.budget
    cogs, agents, models = (
        None if one is None else tuple(sorted(one)) for one in (limits.cogs, limits.agents, limits.models)
    )
    return LimitsView(
        cogs,
        agents,
        models,
        tokens=None if most is None else most.tokens,
        calls=None if most is None else most.calls,
        seconds=None if most is None else most.seconds,
    )


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
        ("the bot's owner", guilds.owner_settings(name, place)),
    ]
    right_here = layers[0 if place else 1][1]
    found: list[SettingView] = []
    for field in fields_of(cog.settings, parts.strategies):
        value = getattr(values, field.name)
        origins: list[Origin] = [said for said, layer in layers if field.name in layer]
        origin = origins[0] if origins else "the default"
        found.append(
            SettingView(
                field, value, shown(field, value), written(field, value), origin, own=field.name in right_here
            )
        )
    return found
