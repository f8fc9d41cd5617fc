"""An application that answers interactions by hand, so that every rule can be met."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bot.local_discord.model import Interaction
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api, client
from tests.bot.local_discord.line import Line, on_line

type Json = dict[str, Any]


class Answers:
    """The application's side."""

    def __init__(self, local: LocalDiscord, http: httpx.AsyncClient, line: Line) -> None:
        self._local = local
        self._line = line
        self.api = Api(http)

    async def asked(self) -> Interaction:
        """The next interaction."""
        return (await self.received())[0]

    async def received(self) -> tuple[Interaction, Json]:
        """The next interaction, and what the gateway told of it."""
        created = await self._line.until("INTERACTION_CREATE")
        return self._local.stage.world.interactions[int(created["d"]["id"])], created["d"]

    async def back(self, asked: Interaction, kind: int, data: object = None, query: str = "") -> Any:
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        return await self.api.ok("POST", f"/interactions/{asked.id}/{asked.token}/callback{query}", body)

    def hook(self, asked: Interaction, rest: str = "") -> str:
        return f"/webhooks/{asked.application_id}/{asked.token}{rest}"


@asynccontextmanager
async def answering(local: LocalDiscord) -> AsyncGenerator[Answers]:
    async with client(local, {}) as http, on_line(local.base_url) as line:
        await line.identify(local.bot_token, 0)
        yield Answers(local, http, line)
