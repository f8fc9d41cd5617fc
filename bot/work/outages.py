"""Says once, where people look, that a service is out of order, and once that it works again; across processes.

A breaker opens in each process for itself, and again after each probe that fails. What was told stands in the table
``service_outage``, so all of that is one outage: told when it begins, and over when a probe succeeds.
"""

import asyncio
from collections.abc import Sequence

import structlog

from bot.errors import OutsideError
from bot.llm.breakers import BreakerChange
from bot.storage.database import Database
from bot.work.surface import Connection, Place, Say, Surface

FORGOTTEN_AFTER = 1_800.0
"""Seconds after which an outage that nobody saw the end of (the process died) is taken for over."""
OPENED = "⚠️ {name} is out of order: it failed again and again, so it is left alone for now. I try it again by myself."
CLOSED = "{name} works again."

log = structlog.get_logger(__name__)


class Outages:
    """Hears breakers, and tells the owner's channel and those that servers' admins have chosen."""

    def __init__(self, database: Database, surface: Surface, channel_id: int | None) -> None:
        self._database = database
        self._surface = surface
        self._channel_id = channel_id
        self._changes: asyncio.Queue[BreakerChange] = asyncio.Queue()

    def changed(self, change: BreakerChange) -> None:
        """Hear a breaker; never waits."""
        log.warning("breaker_changed", name=change.name, state=change.state)
        self._changes.put_nowait(change)

    async def tell_forever(self) -> None:
        """Tell until cancelled; what cannot be told because the database is away is only in the log."""
        while True:
            change = await self._changes.get()
            try:
                await self.tell(change)
            except OutsideError as error:
                log.warning("outage_not_told", name=change.name, state=change.state, reason=str(error))

    async def tell(self, change: BreakerChange) -> None:
        """Tell one change, if it begins or ends an outage."""
        async with self._database.transaction() as conn:
            if change.state == "open" and (number := await _begins(conn, change.name, change.seconds)):
                await self._say(
                    conn, f"outage:{change.name}:{number}", OPENED.format(name=_named(change.name))
                )
            elif change.state == "closed" and (number := await _ends(conn, change.name)):
                await self._say(
                    conn, f"outage:{change.name}:{number}:over", CLOSED.format(name=_named(change.name))
                )

    async def _say(self, conn: Connection, key: str, text: str) -> None:
        own = [self._channel_id] if self._channel_id is not None else []
        for channel_id in dict.fromkeys([*own, *await _chosen(conn)]):
            await self._surface.post(conn, f"{key}:{channel_id}", Place(channel_id=channel_id), Say(text))


async def out_of_order(conn: Connection) -> frozenset[str]:
    """The services that are left alone at this moment, in any process."""
    cursor = await conn.execute("SELECT name FROM service_outage WHERE until > now()")
    return frozenset(str(row[0]) for row in await cursor.fetchall())


async def _begins(conn: Connection, name: str, seconds: float) -> str:
    """Note that it is left alone for so long; the moment it began if people have to be told, else nothing."""
    cursor = await conn.execute(
        """
        INSERT INTO service_outage AS known (name, until, told_at) VALUES (%(name)s, now() + %(open)s * interval '1 s', now())
        ON CONFLICT (name) DO UPDATE SET
            until = greatest(known.until, excluded.until),
            began_at = CASE WHEN known.told_at IS NULL OR known.until < now() - %(old)s * interval '1 s'
                            THEN now() ELSE known.began_at END,
            told_at = CASE WHEN known.told_at IS NULL OR known.until < now() - %(old)s * interval '1 s'
                           THEN now() ELSE known.told_at END
        RETURNING CASE WHEN began_at = now() THEN began_at::text ELSE '' END
        """,
        {"name": name, "open": seconds, "old": FORGOTTEN_AFTER},
    )
    row = await cursor.fetchone()
    return "" if row is None else str(row[0])


async def _ends(conn: Connection, name: str) -> str:
    cursor = await conn.execute(
        """
        UPDATE service_outage SET until = now(), told_at = NULL
        WHERE name = %s AND told_at IS NOT NULL RETURNING began_at::text
        """,
        (name,),
    )
    row = await cursor.fetchone()
    return "" if row is None else str(row[0])


async def _chosen(conn: Connection) -> Sequence[int]:
    """The channels that servers' admins have chosen for this."""
    cursor = await conn.execute(
        """
        SELECT (settings->>'alert_channel')::bigint FROM guild_cog
        WHERE cog = 'admin' AND channel_id = 0 AND settings->>'alert_channel' IS NOT NULL
        """
    )
    return [int(row[0]) for row in await cursor.fetchall()]


def _named(name: str) -> str:
    return name[:1].upper() + name[1:]
