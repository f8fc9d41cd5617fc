"""What each guild has chosen: which cogs are enabled, and with which settings.

Values come from the guild's own choice, else from the owner's config, else from the cog's defaults.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import ValidationError

from bot.config.models import Config
from bot.plugins.cog import Cog
from bot.plugins.gate import GuildRules
from bot.plugins.settings import Settings
from bot.storage.database import Database

log = structlog.get_logger(__name__)


class Guilds:
    """The rules of every guild the bot has seen, read from the database when a guild appears."""

    def __init__(self, config: Config, cogs: Mapping[str, Cog], database: Database) -> None:
        self._config = config
        self._cogs = cogs
        self._database = database
        self._rules: dict[int, GuildRules] = {}
        self._settings: dict[tuple[int, str], Settings] = {}

    def rules(self, guild_id: int | None) -> GuildRules | None:
        """What stands in a guild; None for one that has not appeared yet."""
        return None if guild_id is None else self._rules.get(guild_id)

    def enabled(self, guild_id: int) -> list[Cog]:
        """The cogs that are live in a guild, by name."""
        rules = self._rules.get(guild_id)
        if rules is None or not rules.let_in:
            return []
        return [cog for name, cog in sorted(self._cogs.items()) if name in rules.enabled]

    def settings(self, guild_id: int, cog: str) -> Settings:
        """A cog's settings in a guild."""
        found = self._settings.get((guild_id, cog))
        return found if found is not None else self._cogs[cog].settings()

    async def refresh(self, guild_id: int) -> None:
        """Read again what a guild has chosen."""
        async with self._database.connection() as conn:
            cursor = await conn.execute(
                "SELECT cog, enabled, settings FROM guild_cog WHERE guild_id = %s", (guild_id,)
            )
            chosen = {str(row[0]): (row[1], dict(row[2])) for row in await cursor.fetchall()}
        allowed = self._config.servers.allow
        defaults = set(self._config.servers.defaults)
        enabled = {
            name
            for name in self._cogs
            if (on if (on := chosen.get(name, (None, {}))[0]) is not None else name in defaults)
        }
        self._rules[guild_id] = GuildRules(
            let_in=not allowed or guild_id in allowed, enabled=frozenset(enabled)
        )
        for name, cog in self._cogs.items():
            own = chosen.get(name, (None, {}))[1]
            self._settings[guild_id, name] = self._validated(guild_id, cog, own)

    def _validated(self, guild_id: int, cog: Cog, own: dict[str, Any]) -> Settings:
        owner = dict(self._config.cogs.get(cog.name, {}))
        try:
            return cog.settings.model_validate({**owner, **own})
        except ValidationError as error:
            # What a guild once chose may not fit a newer version of the cog; the owner's values were checked.
            log.warning("guild_settings_refused", guild=guild_id, cog=cog.name, errors=error.error_count())
            return cog.settings.model_validate(owner)
