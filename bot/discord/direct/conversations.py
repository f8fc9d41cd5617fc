"""Takes what happens in direct messages to the cogs, as of the server that the conversation belongs to."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog

from bot.clock import Clock
from bot.discord.answers import Answers
from bot.discord.api import DiscordApi
from bot.discord.direct.servers import GONE, DirectServers, Unsettled
from bot.discord.events import Edit, Happening, Interaction, Message
from bot.discord.failures import DiscordRefused
from bot.discord.lanes import Lanes
from bot.discord.missed.waiting_room import Event, where_of
from bot.discord.raw_messages import message_from
from bot.errors import OutsideError
from bot.storage.database import Database
from bot.work.surface import Place, Say, Surface

DIRECT = "direct"
"""What the ids of this module's components begin with, after the version."""
ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
HOUR_MS = 3_600_000

log = structlog.get_logger(__name__)


class DirectConversations:
    """One thing after the other in each conversation.

    ``take`` hands on what has found its server; ``all_there`` waits, not for ever, until the servers have appeared.
    """

    def __init__(
        self,
        servers: DirectServers,
        take: Callable[[Event], None],
        all_there: Callable[[], Awaitable[None]],
        api: DiscordApi,
        database: Database,
        surface: Surface,
        clock: Clock,
    ) -> None:
        self._servers = servers
        self._take = take
        self._all_there = all_there
        self._api = api
        self._database = database
        self._surface = surface
        self._clock = clock
        self._lanes = Lanes[int]()

    def tell(self, event: Message | Happening) -> None:
        """Something happened in direct messages; where too much waits there already it is not heard."""
        said = event.message if isinstance(event, Edit) else event
        if isinstance(said, Message) and (said.author.is_bot or said.author.id == self._api.user_id):
            return
        channel_id = where_of(event).channel_id

        async def hear() -> None:
            await self._patiently(lambda: self._heard(event))

        if not self._lanes.put(channel_id, hear):
            log.warning("direct_messages_too_many", channel=channel_id)

    async def settled(self, interaction: Interaction) -> Interaction | Unsettled:
        """A command or button as of the server that it belongs to. Raises `OutsideError`."""
        await self._all_there()
        found = await self._servers.settle(interaction.where, interaction.author, interaction.id)
        if isinstance(found, Unsettled):
            return found
        return replace(interaction, where=found[0], author=found[1])

    async def pressed(self, interaction: Interaction, answers: Answers) -> None:
        """Let the conversation belong to the server that was chosen, and answer what waited for that."""
        await answers.acknowledge()
        _, _, waiting = str(interaction.data.get("custom_id", "")).rpartition(":")
        values: list[Any] = interaction.data.get("values") or [""]
        if not interaction.where.direct or not str(values[0]).isdecimal():
            await answers.say_safely(GONE)
            return
        message_id = int(waiting) if waiting.isdecimal() else 0
        said = await self._servers.choose(
            interaction.where, interaction.author, int(values[0]), message_id or interaction.id
        )
        await answers.say_safely(said)
        if message_id:
            await self._again(interaction, message_id)

    async def close(self) -> None:
        """End what is under way."""
        await self._lanes.close()

    async def _again(self, interaction: Interaction, message_id: int) -> None:
        """Hear a message that waited for the choice; it is answered once, however often somebody chooses."""
        where = interaction.where
        try:
            data = await self._api.request(
                "GET",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=where.channel_id,
                message_id=message_id,
            )
        except DiscordRefused as error:
            log.info("message_is_gone", message=message_id, reason=str(error))
            return
        if int(data["author"]["id"]) == interaction.author.id:
            self.tell(message_from(data, where, interaction.author, self._api.user_id, reads_all=True))

    async def _heard(self, event: Message | Happening) -> None:
        await self._all_there()
        where = where_of(event)
        if not isinstance(event, Message | Edit):
            known = await self._servers.of_channel(where)
            if known is not None:
                self._take(replace(event, where=known))
            return
        message = event if isinstance(event, Message) else event.message
        found = await self._servers.settle(
            where, message.author, message.id, waits=isinstance(event, Message)
        )
        if not isinstance(found, Unsettled):
            there = replace(message, where=found[0], author=found[1])
            self._take(there if isinstance(event, Message) else replace(event, message=there))
        elif isinstance(event, Message):
            await self._say(found, message)

    async def _say(self, unsettled: Unsettled, message: Message) -> None:
        # A refusal once an hour; a choice under each message that waits for it.
        said_for = message.id if unsettled.choices else (message.id >> 22) // HOUR_MS
        async with self._database.transaction() as conn:
            key = f"direct:{message.where.channel_id}:{said_for}"
            say = Say(unsettled.text, selects=unsettled.choices)
            await self._surface.post(conn, key, Place(channel_id=message.where.channel_id), say)

    async def _patiently(self, do: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await do()
            except OutsideError as error:
                log.warning("direct_message_not_heard", reason=str(error), attempt=attempt)
            except asyncio.CancelledError:
                raise
            except Exception:  # one conversation's trouble must not end the others
                log.exception("direct_messages_broke")
                return
            else:
                return
            await self._clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
