"""What a server's desk works with."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.clock import Clock
from bot.discord.direct.servers import DirectServers
from bot.discord.guild_life import GuildLife
from bot.errors import UserError
from bot.plugins.cog import Cog
from bot.plugins.doorkeeper import Doorkeeper
from bot.plugins.guilds import Guilds
from bot.plugins.refusal_book import RefusalBook
from bot.storage.database import Database
from bot.work.allocation.strategies import STRATEGIES


@dataclass(frozen=True, slots=True)
class ServerParts:
    """Made once; the same for every server."""

    cogs: Mapping[str, Cog]
    absent: Mapping[str, str]
    """Cogs that could not be loaded, with the reason."""
    guilds: Guilds
    life: GuildLife
    doorkeeper: Doorkeeper
    book: RefusalBook
    database: Database
    clock: Clock
    direct: DirectServers
    """Which server direct messages belong to."""

    @property
    def strategies(self) -> tuple[str, ...]:
        """What a queue can choose from to say who gets its tasks: the built-in strategies, then those of cogs."""
        return (*STRATEGIES, *(name for _, cog in sorted(self.cogs.items()) for name in cog.strategies))

    def cog(self, name: str) -> Cog:
        """A loaded cog. Raises `UserError` where there is none of that name."""
        cog = self.cogs.get(name)
        if cog is None:
            raise UserError(f"There is no feature called “{name[:50]}”. Type /cogs list to see all of them.")
        return cog
