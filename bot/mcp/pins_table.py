"""The tables ``tool_server``, ``tool_pin`` and ``tool_acceptance``: what was accepted, what is offered, who decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Pin:
    """A tool's definition as it was accepted (None: never), and as it is offered where that differs."""

    server: str
    tool: str
    accepted: str | None
    offered: str | None
    accepted_by: str = ""
    accepted_at: datetime | None = None
    offered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServerRow:
    """A server as the bot saw it last; ``seen_at`` is None where it only knows its tools."""

    server: str
    available: bool
    reason: str
    breaker: str
    protocol: str
    tools: int
    seen_at: datetime | None


async def known_server(conn: Connection, server: str) -> tuple[str, datetime] | None:
    """How a known server is reached and since when it is known, for one transaction at a time."""
    cursor = await conn.execute(
        "SELECT origin, since FROM tool_server WHERE server = %s FOR UPDATE", (server,)
    )
    row = await cursor.fetchone()
    return None if row is None else (str(row[0]), row[1])


async def put_server(conn: Connection, server: str, origin: str, at: datetime) -> bool:
    """Note a server as new, and forget what another one of its name had; whether nobody else did so meanwhile."""
    cursor = await conn.execute(
        """
        INSERT INTO tool_server (server, origin, since) VALUES (%s, %s, %s)
        ON CONFLICT (server) DO UPDATE SET origin = excluded.origin, since = excluded.since
        WHERE tool_server.origin <> excluded.origin
        """,
        (server, origin, at),
    )
    if cursor.rowcount == 0:
        return False
    await conn.execute("DELETE FROM tool_pin WHERE server = %s", (server,))
    return True


async def pins(conn: Connection, server: str | None = None) -> list[Pin]:
    """All pins, or those of one server, by name."""
    cursor = await conn.execute(
        """
        SELECT server, tool, accepted, offered, accepted_by, accepted_at, offered_at FROM tool_pin
        WHERE %s::text IS NULL OR server = %s ORDER BY server, tool
        """,
        (server, server),
    )
    return [
        Pin(row[0], row[1], row[2], row[3], row[4] or "", row[5], row[6]) for row in await cursor.fetchall()
    ]


async def accept(
    conn: Connection, server: str, tool: str, definition: str, *, before: str | None, by: str, at: datetime
) -> None:
    """Make a definition the accepted one, and note who did."""
    await conn.execute(
        """
        INSERT INTO tool_pin (server, tool, accepted, accepted_at, accepted_by) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (server, tool) DO UPDATE
        SET accepted = excluded.accepted, accepted_at = excluded.accepted_at, accepted_by = excluded.accepted_by,
            offered = NULL, offered_at = NULL
        """,
        (server, tool, definition, at, by),
    )
    await conn.execute(
        """
        INSERT INTO tool_acceptance (server, tool, before, after, accepted_by, accepted_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (server, tool, before, definition, by, at),
    )


async def offer(conn: Connection, server: str, tool: str, definition: str | None, at: datetime) -> None:
    """Note what a tool says now where that differs from what was accepted; None where it does not differ."""
    if definition is None:
        await conn.execute(
            "UPDATE tool_pin SET offered = NULL, offered_at = NULL WHERE server = %s AND tool = %s",
            (server, tool),
        )
        return
    await conn.execute(
        """
        INSERT INTO tool_pin (server, tool, offered, offered_at) VALUES (%s, %s, %s, %s)
        ON CONFLICT (server, tool) DO UPDATE SET offered = excluded.offered, offered_at = excluded.offered_at
        WHERE tool_pin.offered IS DISTINCT FROM excluded.offered
        """,
        (server, tool, definition, at),
    )


async def offered(conn: Connection, server: str, tool: str) -> Pin | None:
    """One pin, which nobody else changes before the transaction ends."""
    cursor = await conn.execute(
        "SELECT server, tool, accepted, offered FROM tool_pin WHERE server = %s AND tool = %s FOR UPDATE",
        (server, tool),
    )
    row = await cursor.fetchone()
    return None if row is None else Pin(row[0], row[1], row[2], row[3])


async def latest_acceptance(conn: Connection) -> int:
    """The number of the latest decision; 0 where there is none."""
    cursor = await conn.execute("SELECT max(id) FROM tool_acceptance")
    row = await cursor.fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


async def show_server(conn: Connection, row: ServerRow) -> None:
    """Note how a server fares; of one whose tools nobody has seen yet the origin stays empty."""
    await conn.execute(
        """
        INSERT INTO tool_server (server, origin, since, available, reason, breaker, protocol, tools, seen_at)
        VALUES (%s, '', %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (server) DO UPDATE
        SET available = excluded.available, reason = excluded.reason, breaker = excluded.breaker,
            protocol = excluded.protocol, tools = excluded.tools, seen_at = excluded.seen_at
        """,
        (
            row.server,
            row.seen_at,
            row.available,
            row.reason,
            row.breaker,
            row.protocol,
            row.tools,
            row.seen_at,
        ),
    )


async def servers(conn: Connection) -> Sequence[ServerRow]:
    """Every server that the bot has seen."""
    cursor = await conn.execute(
        "SELECT server, available, reason, breaker, protocol, tools, seen_at FROM tool_server ORDER BY server"
    )
    return [ServerRow(*row) for row in await cursor.fetchall()]
