"""The bridge on a real database and a real bus, without Discord: what is to be said is written to the outbox and stays there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from bot.bus import context_block, request_table
from bot.bus.choosing import AbstractBus, opened_bus
from bot.bus.letters import Account
from bot.bus.mcp_line import LineSettings
from bot.bus.office import Office
from bot.bus.parts import OfficeParts, OfficeRules, OfficeSettings
from bot.bus.request_table import NewRequest
from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.storage.database import Connection, Database
from tests.bot.bus.servers import CONNECTOR, TOKEN

KEY = context_block.key_of("", TOKEN)
GUILD, CHANNEL, REVIEW = 1, 77 << 22, 99 << 22
LINE = LineSettings(start=5.0, call=5.0, longest_restart=0.2)
QUICK = OfficeSettings(fast=0.01, rest=0.02, claim=0.3, first_pause=0.01, longest_pause=0.05, alarm_after=2)


async def everywhere(_conn: Connection, _guild: int | None, _channel: int) -> bool:
    return True


@dataclass(slots=True)
class Bench:
    """One bridge's end."""

    database: Database
    rules: OfficeRules = field(default_factory=lambda: OfficeRules("a bus", CONNECTOR, KEY, REVIEW))
    settings: OfficeSettings = QUICK
    clock: Clock = field(default_factory=Clock)

    @property
    def parts(self) -> OfficeParts:
        surface = DiscordSurface(None, self.clock)  # pyright: ignore[reportArgumentType] - writing needs no API
        return OfficeParts(self.database, surface, self.clock, self.settings, self.rules, everywhere)

    def office(self, bus: AbstractBus) -> Office:
        return Office(self.parts, bus)

    async def ask(
        self, number: int, text: str = "", *, agent: str = "kasra", channel: int = CHANNEL, **more: Any
    ) -> UUID:
        """Somebody says something; a message's number is its id."""
        new = NewRequest(
            uuid4(),
            more.pop("guild", GUILD),
            channel,
            number,
            5,
            "Ada",
            agent,
            text or f"message {number}",
            **more,
        )
        async with self.database.transaction() as conn:
            assert await request_table.add(conn, new)
        return new.id

    async def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        async with self.database.connection() as conn:
            return await (await conn.execute(query, values)).fetchall()  # pyright: ignore[reportArgumentType] - of a test

    async def said(self, channel: int = CHANNEL) -> list[str]:
        """What is said in a channel, in its order."""
        found = await self.rows(
            "SELECT payload->>'content' FROM outbox WHERE kind = 'post' AND channel_id = %s ORDER BY id",
            channel,
        )
        return [str(row[0]) for row in found]

    async def states(self) -> list[str]:
        return [str(row[0]) for row in await self.rows("SELECT state FROM bus_request ORDER BY message_id")]

    def with_rules(self, **changed: Any) -> "Bench":
        return replace(self, rules=replace(self.rules, **changed))


@asynccontextmanager
async def bus_at(url: str, *, token: str = TOKEN, clock: Clock | None = None) -> AsyncGenerator[AbstractBus]:
    async with opened_bus(Account(url, token, CONNECTOR), clock or Clock(), settings=LINE) as bus:
        yield bus
