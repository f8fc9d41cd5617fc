"""Which server a member's direct messages with the bot belong to: one that both are on, and that lets them use it so.

Where there is one such server it is that one; where there are several the member chooses, and can choose anew. Who they
are on it, and whether it still is one, is asked of Discord each time: nothing of it outlives their membership.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import structlog

from bot.agents.permit import Members
from bot.clock import Clock
from bot.discord.direct import home_table
from bot.discord.direct.home_table import DirectHome
from bot.discord.events import Author, Where
from bot.discord.lately import Lately
from bot.discord.plain import title
from bot.plugins.cog import MANAGEMENT
from bot.plugins.gate import NOT_DIRECT, Knock, Refused, gate
from bot.plugins.guilds import Guilds
from bot.storage.database import Database
from bot.work.surface import Choice, Place, Say, Select, Surface

NOWHERE = "We share no server on which you can use me in direct messages. Please write to me on a server."
NOT_THERE = "On **{name}**: {sentence}"
WHICH = "Which server are you asking from? Its agents, tools and limits apply here, and you can change it with `/server`."
BELONGS = (
    "-# This conversation belongs to **{name}**: its agents, tools and limits apply. `/server` changes that."
)
GONE = "That server cannot be chosen any more. Type `/server` to see those that can."
HERE = "v1:direct:here:"
MOST_ASKED = 100
"""Servers on which is looked for somebody."""
AT_ONCE = 5
MOST_CHOICES = 25
BELIEVED = 60.0
"""Seconds for which the list of somebody's servers is believed; what they are on the one that counts is asked again."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """A server that the bot and a member are on; ``refused`` is why they cannot use the bot directly there."""

    guild_id: int
    name: str
    roles: frozenset[int]
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class Unsettled:
    """It is not known which server counts: a sentence for the member and, where they can choose, the select."""

    text: str
    choices: tuple[Select, ...] = ()


class DirectServers:
    """Finds, keeps and changes the server of each conversation.

    ``there`` gives the servers that have appeared, with their names.
    """

    def __init__(
        self,
        guilds: Guilds,
        there: Callable[[], dict[int, str]],
        members: Members,
        database: Database,
        surface: Surface,
        clock: Clock,
    ) -> None:
        self._guilds = guilds
        self._there = there
        self._members = members
        self._database = database
        self._surface = surface
        self._servers = Lately(self._asked, clock, seconds=BELIEVED, most=2_000)

    async def settle(
        self, where: Where, author: Author, event_id: int, *, waits: bool = False
    ) -> tuple[Where, Author] | Unsettled:
        """Where it happened and who did it, as of the server it belongs to. Raises `OutsideError` where Discord does not say.

        ``event_id`` is what happened; a message ``waits`` for the member's choice.
        """
        async with self._database.connection() as conn:
            kept = await home_table.of_member(conn, author.id)
        if kept is not None and kept.chosen:
            chosen = await self._shared(kept.guild_id, author.id, where.channel_id)
            if chosen is not None and chosen.refused is None:
                return await self._settled(where, author, chosen, event_id, chosen_by_them=True)
        shared = await self._all(author.id, where.channel_id)
        usable = [one for one in shared if one.refused is None]
        if len(usable) == 1:
            # Of the list they may be off by a minute; what counts is now.
            now = await self._shared(usable[0].guild_id, author.id, where.channel_id)
            if now is not None and now.refused is None:
                return await self._settled(where, author, now, event_id, chosen_by_them=False)
        elif usable:
            return Unsettled(WHICH, (_select(usable, event_id if waits else 0),))
        return Unsettled(_why_not(shared, anywhere=bool(self._cogs)))

    async def of_channel(self, where: Where) -> Where | None:
        """A conversation with the server that it belonged to when somebody last wrote there."""
        async with self._database.connection() as conn:
            kept = await home_table.of_channel(conn, where.channel_id)
        return None if kept is None else replace(where, guild_id=kept.guild_id)

    async def offer(self, where: Where, author: Author) -> Unsettled:
        """The servers that a member can choose among."""
        shared = await self._all(author.id, where.channel_id)
        usable = [one for one in shared if one.refused is None]
        if not usable:
            return Unsettled(_why_not(shared, anywhere=bool(self._cogs)))
        return Unsettled(WHICH, (_select(usable, 0, where.guild_id),))

    async def choose(self, where: Where, author: Author, guild_id: int, event_id: int) -> str:
        """Let a conversation belong to a server from an event on; says in a sentence what comes of it."""
        shared = await self._shared(guild_id, author.id, where.channel_id)
        if shared is None:
            return GONE
        if shared.refused is not None:
            return _why_not([shared], anywhere=True)
        async with self._database.connection() as conn:
            home = DirectHome(author.id, where.channel_id, guild_id, chosen=True, since=event_id - 1)
            await home_table.put(conn, home)
        return BELONGS.format(name=title(shared.name)).removeprefix("-# ")

    @property
    def _cogs(self) -> list[str]:
        return [cog.name for cog in self._guilds.direct if cog.name != MANAGEMENT]

    async def _settled(
        self, where: Where, author: Author, server: Shared, event_id: int, *, chosen_by_them: bool
    ) -> tuple[Where, Author]:
        home = DirectHome(
            author.id, where.channel_id, server.guild_id, chosen=chosen_by_them, since=event_id - 1
        )
        async with self._database.transaction() as conn:
            if await home_table.put(conn, home):
                said = Say(BELONGS.format(name=title(server.name)))
                key = f"direct:{where.channel_id}:{event_id}"
                await self._surface.post(conn, key, Place(channel_id=where.channel_id), said)
        # In direct messages nobody acts as an admin: what they may do to others stays on the server.
        there = replace(author, roles=tuple(sorted(server.roles)), permissions=0)
        return replace(where, guild_id=server.guild_id), there

    async def _shared(self, guild_id: int, member_id: int, channel_id: int) -> Shared | None:
        name = self._there().get(guild_id)
        if name is None:
            return None
        roles = await self._members.roles(guild_id, member_id)
        if roles is None:
            return None
        return Shared(guild_id, name, roles, self._refused(guild_id, member_id, roles, channel_id))

    async def _all(self, member_id: int, channel_id: int) -> list[Shared]:
        there = self._there()
        return [
            Shared(guild, there[guild], roles, self._refused(guild, member_id, roles, channel_id))
            for guild, roles in await self._servers.answer(member_id)
            if guild in there
        ]

    async def _asked(self, member_id: int) -> list[tuple[int, frozenset[int]]]:
        there = sorted(self._there())
        if len(there) > MOST_ASKED:
            log.warning("not_all_servers_asked", servers=len(there), asked=MOST_ASKED)
        slots = asyncio.Semaphore(AT_ONCE)

        async def roles(guild_id: int) -> frozenset[int] | None:
            async with slots:
                return await self._members.roles(guild_id, member_id)

        asked = there[:MOST_ASKED]
        found = await asyncio.gather(*map(roles, asked))
        return [(guild, one) for guild, one in zip(asked, found, strict=True) if one is not None]

    def _refused(
        self, guild_id: int, member_id: int, roles: Collection[int], channel_id: int
    ) -> Refused | None:
        """Why none of the cogs that can be used directly is there for them; None where one is."""
        rules, why = self._guilds.rules(guild_id), NOT_DIRECT
        for cog in self._cogs:
            knock = Knock(
                cog, guild_id, member_id, author_is_bot=False, roles=tuple(roles), channel_id=channel_id,
                home_id=channel_id, direct=True,
            )  # fmt: skip
            refused = gate(knock, rules)
            if refused is None:
                return None
            why = refused
        return why


def _select(servers: list[Shared], message_id: int, current: int | None = None) -> Select:
    choices = [
        Choice(one.name[:100] or str(one.guild_id), str(one.guild_id), chosen=one.guild_id == current)
        for one in sorted(servers, key=lambda one: one.name.casefold())[:MOST_CHOICES]
    ]
    return Select(f"{HERE}{message_id}", "Choose a server", "choice", tuple(choices))


def _why_not(shared: list[Shared], *, anywhere: bool) -> str:
    if not anywhere:
        return NOT_DIRECT.sentence
    refused = next((one for one in shared if one.refused is not None), None)
    if refused is None or refused.refused is None:
        return NOWHERE
    return NOT_THERE.format(name=title(refused.name), sentence=refused.refused.sentence)
