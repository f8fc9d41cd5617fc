"""Where everything from Discord comes in: who knocks is put to the gate, and what is let in is given its context."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.discord.answering import Answering
from bot.discord.answers import Answers
from bot.discord.context import Context
from bot.discord.context_services import ContextServices
from bot.discord.events import NOBODY_ID, Author, Where
from bot.discord.occasion import Occasion
from bot.discord.server_desk import Server
from bot.discord.server_parts import ServerParts
from bot.plugins.cog import Cog
from bot.plugins.doorkeeper import Doorkeeper
from bot.plugins.gate import NOT_LET_IN, Knock, Refused, Way, gate
from bot.plugins.guilds import Guilds


class Entrance:
    """The one way from what Discord tells to a cog.

    ``me`` is the bot's user id. ``parts`` is asked for late, since the life of guilds, which is one of them, needs contexts
    itself.
    """

    def __init__(
        self,
        me: int,
        cogs: Mapping[str, Cog],
        guilds: Guilds,
        services: ContextServices,
        parts: Callable[[], ServerParts],
    ) -> None:
        self.me = me
        self.cogs = cogs
        self.services = services
        self.doorkeeper = Doorkeeper(guilds.rules, services.clock.now)
        self._guilds = guilds
        self._parts = parts

    def knock(self, cog: str, where: Where, author: Author, way: Way, event_id: int = 0) -> Refused | None:
        """Ask the gate. None lets it in; what is refused is counted, and can be asked for by ``event_id``."""
        knock = Knock(
            cog,
            where.guild_id,
            author.id,
            author.is_bot,
            author_is_me=author.id == self.me,
            roles=author.roles,
            channel_id=where.channel_id,
            home_id=where.home_id,
            way=way,
            direct=where.direct,
        )
        refused = self.doorkeeper.knock(knock, event_id)
        if refused is not None and refused is NOT_LET_IN:
            return Refused(refused.reason, f"{refused.sentence} This server's id is {where.guild_id}.")
        return refused

    def off_in(self, cog: str, guild_id: int, channel_id: int = 0) -> Refused | None:
        """Why a cog is off in all of a guild, or in a channel; None where it is on (somewhere). Nothing is counted."""
        knock = Knock(
            cog, guild_id, self.me, author_is_bot=True, author_is_me=True, way="job", channel_id=channel_id
        )
        return gate(knock, self._guilds.rules(guild_id))

    async def learn(self, guild_id: int) -> None:
        """Know what a guild has chosen, also before it has appeared. Raises `OutsideError`, from the database."""
        await self._guilds.learn(guild_id)

    def asks_for_roles(self, cog: str, guild_id: int) -> bool:
        """Whether it depends on somebody's roles whether they may use a cog."""
        rules = self._guilds.rules(guild_id)
        return rules is not None and any(rule.kind == "role" for rule in rules.access.get(cog, ()))

    def listens_somewhere(self, guild_id: int) -> bool:
        """Whether a cog that listens to messages is on somewhere in a guild."""
        return any(cog.listeners for cog in self._guilds.enabled(guild_id))

    def listens(self, where: Where) -> bool:
        """Whether some cog listens to what is said in a place, whoever says it."""
        return any(
            cog.listeners
            and self.doorkeeper.allows(
                Knock(
                    cog.name,
                    where.guild_id,
                    NOBODY_ID,
                    author_is_bot=False,
                    channel_id=where.channel_id,
                    home_id=where.home_id,
                    way="read_back",
                )
            )
            for cog in self.cogs.values()
        )

    def context(
        self,
        cog: Cog,
        event_id: int,
        where: Where,
        author: Author,
        answers: Answers | None = None,
        locale: str = "",
    ) -> Context[Any]:
        """What a cog is given for something that was let in."""
        home = where.home_id or where.channel_id
        services = self.services if where.guild_id is None else self.services.within(where.guild_id)
        answering = answers and Answering(
            answers,
            services.database,
            f"{cog.name}:{event_id}",
            channel_id=where.channel_id,
            user_id=author.id,
        )
        server = Server(self._parts(), where.guild_id, author, where.channel_id, home, direct=where.direct)
        occasion = Occasion(services, cog, server, where, author, answering, event_id, locale)
        return Context(occasion, self._guilds.settings(where.guild_id or 0, cog.name, home))

    def own_context(self, cog: Cog, guild_id: int) -> Context[Any]:
        """What a cog is given when it acts by itself in a guild."""
        author = Author(self.me, "", is_bot=True)
        return self.context(cog, 0, Where(guild_id, 0, in_thread=False), author)
