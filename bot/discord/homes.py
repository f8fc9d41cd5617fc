"""What a channel is: its guild, and of a thread the channel it belongs to; Discord is asked where the mirror lacks it."""

from bot.discord.api import DiscordApi
from bot.mirror import channel_table
from bot.mirror.picture import Channel
from bot.storage.database import Database

MOST = 20_000
"""Channels that are kept in memory; what is beyond is found in the database."""


class Homes:
    """What is known of channels, wherever there is a database: also in direct messages, and before a gateway was."""

    def __init__(self, api: DiscordApi, database: Database) -> None:
        self._api = api
        self._database = database
        self._known: dict[int, Channel] = {}

    def known(self, channel_id: int) -> Channel | None:
        """What is known without asking."""
        return self._known.get(channel_id)

    async def home(self, channel_id: int) -> Channel:
        """What a channel is; what it allows is not told here. Raises `DiscordRefused` where it cannot be seen."""
        if channel_id not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[channel_id] = await self._stored(channel_id) or await self._asked(channel_id)
        return self._known[channel_id]

    async def _stored(self, channel_id: int) -> Channel | None:
        async with self._database.connection() as conn:
            return next(iter(await channel_table.find(conn, [channel_id])), None)

    async def _asked(self, channel_id: int) -> Channel:
        channel = await self._api.request("GET", "/channels/{channel_id}", channel_id=channel_id)
        guild, parent = channel.get("guild_id"), channel.get("parent_id")
        home = Channel(
            channel_id, int(guild) if guild else None, int(parent) if parent else None, int(channel["type"])
        )
        async with self._database.connection() as conn:
            await channel_table.note(conn, home)
        return home
