"""What a channel is: its guild, and of a thread the channel it belongs to; asked of Discord once and kept."""

from dataclasses import dataclass

from bot.discord.api import DiscordApi
from bot.storage.database import Database

THREADS = frozenset({10, 11, 12})
MOST = 20_000
"""Channels that are kept in memory; what is beyond is found in the database."""


@dataclass(frozen=True, slots=True)
class Home:
    """A channel, or a thread with its ``parent_id``."""

    channel_id: int
    guild_id: int | None
    parent_id: int | None
    kind: int

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread, or a post of a forum."""
        return self.kind in THREADS

    @property
    def base_id(self) -> int:
        """The channel itself, or the one that the thread belongs to: where webhooks are."""
        return self.parent_id if self.is_thread and self.parent_id else self.channel_id


class Homes:
    """What is known of channels."""

    def __init__(self, api: DiscordApi, database: Database) -> None:
        self._api = api
        self._database = database
        self._known: dict[int, Home] = {}

    def known(self, channel_id: int) -> Home | None:
        """What is known without asking."""
        return self._known.get(channel_id)

    async def home(self, channel_id: int) -> Home:
        """What a channel is. Raises `DiscordRefused` where it cannot be seen."""
        if channel_id not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[channel_id] = await self._stored(channel_id) or await self._asked(channel_id)
        return self._known[channel_id]

    async def _stored(self, channel_id: int) -> Home | None:
        async with self._database.connection() as conn:
            cursor = await conn.execute(
                "SELECT channel_id, guild_id, parent_id, kind FROM channel_home WHERE channel_id = %s",
                (channel_id,),
            )
            row = await cursor.fetchone()
        return None if row is None else Home(*row)

    async def _asked(self, channel_id: int) -> Home:
        channel = await self._api.request("GET", "/channels/{channel_id}", channel_id=channel_id)
        guild, parent = channel.get("guild_id"), channel.get("parent_id")
        home = Home(
            channel_id, int(guild) if guild else None, int(parent) if parent else None, int(channel["type"])
        )
        async with self._database.connection() as conn:
            await conn.execute(
                """
                INSERT INTO channel_home (channel_id, guild_id, parent_id, kind) VALUES (%s, %s, %s, %s)
                ON CONFLICT (channel_id) DO NOTHING
                """,
                (home.channel_id, home.guild_id, home.parent_id, home.kind),
            )
        return home
