"""What each guild has chosen: which cogs are enabled, and with which settings.

A value comes from the channel's own choice, else from the guild's, else from the owner's config (for the channel, then
for all), else from the cog's defaults. The owner's limits stand above all of it.
"""

from collections.abc import Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from pydantic import ValidationError

from bot.config.models import Config
from bot.plugins import choices_table
from bot.plugins.choices_table import NOTHING, SERVER, Choice
from bot.plugins.cog import MANAGEMENT, Cog
from bot.plugins.gate import GuildRules
from bot.plugins.owner import Limits, limits_of
from bot.plugins.settings import Settings
from bot.storage.database import Database

log = structlog.get_logger(__name__)


class Guilds:
    """The rules of every guild the bot has seen, read from the database when a guild appears or changes."""

    def __init__(self, config: Config, cogs: Mapping[str, Cog], database: Database) -> None:
        self._config = config
        self._cogs = cogs
        self._database = database
        self._rules: dict[int, GuildRules] = {}
        self._choices: dict[int, dict[tuple[int, str], Choice]] = {}
        self._broken: dict[int, dict[str, str]] = {}
        self._settings: dict[tuple[int, int, str], Settings] = {}
        self._versions: dict[int, int] = {}
        self._owner_channels = {
            (channel.id, cog): settings
            for channel in config.servers.channels
            for cog, settings in channel.cogs.items()
        }

    def rules(self, guild_id: int | None) -> GuildRules | None:
        """What stands in a guild; None for one of which nothing was read yet, and for direct messages that belong to none."""
        return None if guild_id is None else self._rules.get(guild_id)

    @property
    def everywhere(self) -> list[Cog]:
        """The cogs whose commands are not of single guilds: what manages them, and what is there in direct messages."""
        own = [self._cogs[MANAGEMENT]] if MANAGEMENT in self._cogs else []
        return [*own, *(cog for cog in self.direct if cog.name != MANAGEMENT)]

    @property
    def direct(self) -> list[Cog]:
        """The cogs that people may use in direct messages."""
        if not self._config.servers.direct_messages:
            return []
        return [cog for name, cog in sorted(self._cogs.items()) if cog.direct_messages or name == MANAGEMENT]

    def limits(self, guild_id: int) -> Limits:
        """What the owner lets a guild have."""
        return limits_of(self._config, guild_id)

    def lets_in(self, guild_id: int) -> bool:
        """Whether the owner lets a guild in."""
        allowed = self._config.servers.allow
        return not allowed or guild_id in allowed

    def enabled(self, guild_id: int) -> list[Cog]:
        """The cogs that are on somewhere in a guild, by name; without the one it is managed with."""
        rules = self._rules.get(guild_id)
        if rules is None or not rules.let_in:
            return []
        return [
            cog
            for name, cog in sorted(self._cogs.items())
            if name != MANAGEMENT and name not in rules.withheld and rules.on_anywhere(name)
        ]

    def broken(self, guild_id: int) -> dict[str, str]:
        """The cogs that could not start in a guild, with the reason; whoever starts them keeps this."""
        return self._broken.setdefault(guild_id, {})

    def choice(self, guild_id: int, cog: str, channel_id: int = SERVER) -> Choice:
        """What a guild or one of its channels has chosen about a cog."""
        return self._choices.get(guild_id, {}).get((channel_id, cog), NOTHING)

    def channels_with_a_choice(self, guild_id: int, cog: str) -> list[int]:
        """The channels that have chosen something of their own about a cog."""
        return sorted(
            channel for channel, name in self._choices.get(guild_id, {}) if name == cog and channel != SERVER
        )

    def default_on(self, cog: str) -> bool:
        """Whether the owner has a cog switched on where nobody has chosen."""
        return cog in self._config.servers.defaults

    def owner_settings(self, cog: str, channel_id: int = SERVER) -> Mapping[str, Any]:
        """What the owner's config says about a cog, in a channel where one is named."""
        return {**self._config.cogs.get(cog, {}), **self._owner_channels.get((channel_id, cog), {})}

    def owner_channels(self, cog: str) -> list[int]:
        """The channels, of whatever guild, for which the owner's config says something about a cog."""
        return sorted(channel for channel, name in self._owner_channels if name == cog)

    def settings(self, guild_id: int, cog: str, channel_id: int = SERVER) -> Settings:
        """A cog's settings in a guild, or in a channel of it."""
        own = self.choice(guild_id, cog, channel_id).settings
        place = channel_id if own or (channel_id, cog) in self._owner_channels else SERVER
        key = (guild_id, place, cog)
        if key not in self._settings:
            server = self.choice(guild_id, cog).settings
            self._settings[key] = self._validated(guild_id, self._cogs[cog], {**server, **own}, place)
        return self._settings[key]

    def zone(self, guild_id: int) -> ZoneInfo:
        """The time zone in which a guild's people write and read times."""
        chosen = ""
        if MANAGEMENT in self._cogs:
            chosen = str(getattr(self.settings(guild_id, MANAGEMENT), "timezone", "") or "")
        try:
            return ZoneInfo(chosen or self._config.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(self._config.timezone)

    async def learn(self, guild_id: int) -> None:
        """Know what a guild has chosen, also before it has appeared. Raises `OutsideError`, from the database."""
        if guild_id not in self._rules:
            await self.refresh(guild_id)

    async def refresh(self, guild_id: int) -> None:
        """Read again what a guild has chosen."""
        async with self._database.connection() as conn:
            # The version first: what changes between the two is noticed later, and read once too often.
            self._versions[guild_id] = (await choices_table.versions(conn, [guild_id])).get(guild_id, 0)
            chosen = await choices_table.of_guild(conn, guild_id)
        self._choices[guild_id] = chosen
        for key in [key for key in self._settings if key[0] == guild_id]:
            del self._settings[key]
        self._rules[guild_id] = self.rules_from(guild_id, chosen)

    def rules_from(self, guild_id: int, chosen: Mapping[tuple[int, str], Choice]) -> GuildRules:
        """What stands in a guild that has chosen this."""
        limits = self.limits(guild_id)
        channels: dict[str, dict[int, bool]] = {}
        for (channel_id, cog), choice in chosen.items():
            if channel_id != SERVER and choice.enabled is not None:
                channels.setdefault(cog, {})[channel_id] = choice.enabled
        return GuildRules(
            let_in=self.lets_in(guild_id),
            enabled=frozenset(name for name in self._cogs if self._is_on(name, chosen)),
            channels=channels,
            access={
                cog: one.access for (place, cog), one in chosen.items() if place == SERVER and one.access
            },
            withheld=frozenset() if limits.cogs is None else self._cogs.keys() - limits.cogs - {MANAGEMENT},
            broken=self.broken(guild_id),
            trusted_bots=frozenset(self._config.servers.trusted_bots),
            direct=frozenset(cog.name for cog in self.direct),
        )

    async def outdated(self, guilds: Collection[int]) -> list[int]:
        """Those of ``guilds`` that have chosen something since it was read, in whichever process."""
        async with self._database.connection() as conn:
            now = await choices_table.versions(conn, guilds)
        return [guild for guild in guilds if now.get(guild, 0) != self._versions.get(guild)]

    def _is_on(self, cog: str, chosen: Mapping[tuple[int, str], Choice]) -> bool:
        own = chosen.get((SERVER, cog), NOTHING).enabled
        return self.default_on(cog) if own is None else own

    def _validated(self, guild_id: int, cog: Cog, own: Mapping[str, Any], channel_id: int) -> Settings:
        owner = self.owner_settings(cog.name, channel_id)
        try:
            return cog.settings.model_validate({**owner, **own})
        except ValidationError as error:
            # What a guild once chose may not fit a newer version of the cog; the owner's values were checked.
            log.warning("guild_settings_refused", guild=guild_id, cog=cog.name, errors=error.error_count())
            return cog.settings.model_validate(owner)
