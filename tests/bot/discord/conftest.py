"""A local Discord, the bot's API on it, and a deliverer that can be killed."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, LiteralString, cast

import httpx
import pytest

from bot.clock import Clock
from bot.discord import refused_table
from bot.discord.api import DiscordApi, open_api, pointed_at
from bot.discord.deliverer import Deliverer, DelivererSettings
from bot.discord.delivery import Delivery
from bot.discord.identities import Identities
from bot.discord.lost import Lost
from bot.discord.refused_table import RefusedChannel
from bot.discord.surface import DiscordSurface
from bot.local_discord.server import LocalDiscord, running
from bot.storage.database import Database
from bot.work.surface import Place, Say, Speaker
from tests.waiting import eventually

QUICK = DelivererSettings(
    request=1.0, lease=2.0, renew=0.3, poll=0.2, first_pause=0.02, longest_pause=0.2, patience=0.3
)


@dataclass(frozen=True, slots=True)
class Harbour:
    """A local Discord with what the tests of delivery need of it."""

    local: LocalDiscord
    api: DiscordApi
    database: Database

    @property
    def surface(self) -> DiscordSurface:
        return DiscordSurface(self.api, Clock())

    @property
    def channel(self) -> int:
        return next(one.id for one in self.local.stage.world.channels.values() if one.name == "research")

    @property
    def guild(self) -> int:
        return next(iter(self.local.stage.world.guilds))

    async def refused(self) -> list[RefusedChannel]:
        async with self.database.connection() as conn:
            return await refused_table.of_channel(conn, self.channel)

    @asynccontextmanager
    async def delivering(self, settings: DelivererSettings = QUICK) -> AsyncGenerator[asyncio.Task[None]]:
        identities = Identities(self.api, self.database)
        delivery, lost = Delivery(self.api, identities), Lost(self.api, identities.homes)
        task = asyncio.create_task(Deliverer(self.database, delivery, lost, Clock(), settings).run_forever())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task})

    @asynccontextmanager
    async def moved_to(self, local: LocalDiscord) -> AsyncGenerator["Harbour"]:
        """The same with another local Discord, at which the program has been pointed."""
        async with open_api(local.bot_token, request_seconds=QUICK.request) as api:
            yield Harbour(local, api, self.database)

    async def post(
        self,
        key: str,
        text: str,
        *,
        speaker: Speaker | None = None,
        place: Place | None = None,
        channel: int | None = None,
    ) -> int:
        where = place or Place(channel_id=channel or self.channel)
        async with self.database.transaction() as conn:
            return (await self.surface.post(conn, key, where, Say(text, speaker)))[0]

    async def settled(self, seconds: float = 20.0) -> None:
        """Wait until nothing is left to deliver."""
        await eventually(self._is_settled, seconds)

    async def said(self, text: str) -> None:
        """Wait until somebody said it in the channel."""

        async def is_said() -> bool:
            return text in await self.texts()

        await eventually(is_said)

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait until it holds."""
        await eventually(holds)

    async def _is_settled(self) -> bool:
        return await self.count("state IN ('pending', 'sending')") == 0

    async def count(self, where: str) -> int:
        async with self.database.connection() as conn:
            query = cast("LiteralString", f"SELECT count(*) FROM outbox WHERE {where}")  # noqa: S608 - of the tests
            cursor = await conn.execute(query)
            row = await cursor.fetchone()
        return 0 if row is None else int(row[0])

    async def messages(self, channel: int | None = None) -> list[dict[str, Any]]:
        query = {"limit": 100}
        found = await self.api.request(
            "GET", "/channels/{channel_id}/messages", query=query, channel_id=channel or self.channel
        )
        return found[::-1]

    async def texts(self, channel: int | None = None) -> list[str]:
        return [
            str(message["content"]) for message in await self.messages(channel) if message["type"] in {0, 19}
        ]

    async def fault(self, **fault: Any) -> None:
        async with self._control() as control:
            (await control.post("/local/faults", json=fault)).raise_for_status()

    async def no_faults(self) -> None:
        async with self._control() as control:
            (await control.delete("/local/faults")).raise_for_status()

    async def requests(self, method: str, path: str) -> list[dict[str, Any]]:
        async with self._control() as control:
            return (await control.get("/local/requests", params={"method": method, "path": path})).json()

    def _control(self) -> httpx.AsyncClient:
        no_tls = ssl.SSLContext(
            ssl.PROTOCOL_TLS_CLIENT
        )  # the usual one reads all certificates, for each client
        return httpx.AsyncClient(
            base_url=self.local.base_url, headers={"X-Local-Key": self.local.key}, verify=no_tls
        )


@pytest.fixture
async def harbour(database: Database) -> AsyncGenerator[Harbour]:
    async with running() as local:
        with pointed_at(local.api_url):
            async with open_api(local.bot_token, request_seconds=QUICK.request) as api:
                yield Harbour(local, api, database)


@pytest.fixture
def patient() -> DelivererSettings:
    """Settings under which only a wake-up, not the poll, explains a quick delivery."""
    return replace(QUICK, poll=60.0)
