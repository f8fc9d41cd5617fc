"""One event that reached a cog: who acted, where, and what there is to work with. What a context is made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.discord.answering import Answering
from bot.discord.context_services import ContextServices
from bot.discord.events import Author, Where
from bot.discord.server_desk import Server
from bot.errors import UserError
from bot.plugins.cog import Cog
from bot.storage.database import Connection
from bot.work.principal import Principal
from bot.work.tasks.giving import TaskServices


@dataclass(frozen=True, slots=True)
class Occasion:
    """One event that reached a cog.

    ``services`` are those of its server alone; ``server`` is that server as seen from the place and by the person.
    """

    services: ContextServices
    cog: Cog
    server: Server
    where: Where
    author: Author
    answering: Answering | None
    """Answers the person; None where there is nothing to answer, such as for a message."""
    event_id: int
    locale: str = ""

    @property
    def guild_id(self) -> int:
        """The server. Raises `UserError` in direct messages that belong to none."""
        if self.where.guild_id is None:
            raise UserError("This works on a server, not in direct messages.")
        return self.where.guild_id

    @property
    def principal(self) -> Principal:
        """On whose behalf whatever is started acts."""
        where, author = self.where, self.author
        return Principal(self.guild_id, where.channel_id, author.id, author.name, direct=where.direct)

    async def check_still_on(self, conn: Connection) -> None:
        """Raise `UserError` where the cog was switched off meanwhile; if not, it stays on until ``conn`` commits."""
        await self.server.check_still_on(conn, self.cog.name)

    def desk[T](
        self, kind: Callable[[TaskServices, int, str, Callable[[Connection], Awaitable[None]]], T]
    ) -> T:
        """The server's tasks, auctions or votes, where nothing begins once the cog is switched off."""
        return kind(self.services.tasks, self.guild_id, self.cog.name, self.check_still_on)
