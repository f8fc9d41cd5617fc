"""A process that dies at a chosen await: its database and its way to Discord stop there, without any goodbye."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.discord.transport import Answer, Request, Transport
from bot.storage.database import Database


class Killed(BaseException):
    """The process is dead; nothing may handle this."""


@dataclass(slots=True)
class Fate:
    """Counts the awaits that touch the database or Discord, and kills at number ``at``."""

    at: int | None = None
    points: list[str] = field(default_factory=list[str])
    dead: bool = False

    def meet(self, point: str) -> None:
        self.points.append(point)
        if self.dead or len(self.points) == self.at:
            self.dead = True
            raise Killed(point)


class FatedConnection:
    """A connection whose statements are points of no return."""

    def __init__(self, conn: Any, fate: Fate) -> None:
        self._conn = conn
        self._fate = fate

    @property
    def info(self) -> Any:
        return self._conn.info

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        async with self._conn.transaction():
            yield

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        self._fate.meet("statement")
        return await self._conn.execute(*args, **kwargs)

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        self._fate.meet("query")
        return self._conn.cursor(*args, **kwargs)


class FatedDatabase:
    """The database as a process sees it that may die between any two things it does."""

    def __init__(self, database: Database, fate: Fate) -> None:
        self._database = database
        self._fate = fate

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Any]:
        self._fate.meet("connect")
        async with self._database.connection() as conn:
            yield FatedConnection(conn, self._fate)
        self._fate.meet("disconnected")

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Any]:
        self._fate.meet("begin")
        async with self._database.transaction() as conn:
            yield FatedConnection(conn, self._fate)
            self._fate.meet("commit")
        self._fate.meet("committed")

    def within(self, guild_id: int) -> "FatedDatabase":
        return FatedDatabase(self._database.within(guild_id), self._fate)

    async def listen(self, *channels: str) -> AsyncGenerator[Any]:
        async for wake_up in self._database.listen(*channels):
            yield wake_up


def fated(transport: Transport, fate: Fate) -> Transport:
    """A way to Discord that ends before a request is sent, or after it had its effect."""

    async def carry(request: Request) -> Answer:
        fate.meet("request")
        answer = await transport(request)
        fate.meet("answer")
        return answer

    return carry
